"""Shows a running night: a live table in a terminal, plain lines elsewhere."""

from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.table import Table

from orchestration.night import Night, Step

_MARKS = {
    "waiting": "[dim]·[/]",
    "running": "[yellow]▶[/]",
    "done": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "skipped": "[dim]-[/]",
}


def show(console: Console, nights: Iterable[Night]) -> Night:
    """Show each state as it comes, and return the ended night.

    Raises
    ------
    RuntimeError
        ``nights`` was empty, which ``night.follow`` never is.
    """
    if console.is_terminal:
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            last = None
            for last in nights:
                live.update(steps_table(last))
    else:
        last = _show_lines(console, nights)
    if last is None:
        raise RuntimeError("a night was followed that never was")
    return last


def steps_table(night: Night, rows: dict[str, str] | None = None) -> Table:
    """Return the table of the steps, with what each counted where that is known."""
    now = datetime.now(UTC)
    table = Table(box=None, pad_edge=False)
    table.add_column("")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    table.add_column("rows" if rows is not None else "")
    for step in night.steps.values():
        seconds = step.seconds(now)
        shown = (rows or {}).get(step.name, "") if rows is not None else _tasks(step)
        table.add_row(
            _MARKS[step.status], step.name, "" if seconds is None else f"{seconds:.1f}", shown
        )
    return table


def _tasks(step: Step) -> str:
    return f"{step.tasks_done}/{step.tasks} tasks" if step.tasks else ""


def _show_lines(console: Console, nights: Iterable[Night]) -> Night | None:
    last, told = None, dict[str, str]()
    for last in nights:
        for step in last.steps.values():
            if step.status not in {"waiting", told.get(step.name, "waiting")}:
                told[step.name] = step.status
                seconds = step.seconds(datetime.now(UTC))
                took = (
                    f" {seconds:.1f} s" if seconds is not None and step.status != "running" else ""
                )
                console.print(f"  {step.name}: {step.status}{took}", highlight=False)
    return last
