"""Shows a running night: a live table in a terminal, plain lines elsewhere."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from rich.table import Table

from orchestration.cli.night import Night, Step
from orchestration.cli.screen import Part, Screen, grid

_MARKS: dict[str, Part] = {
    "waiting": ("·", "dim"),
    "running": ("▶", "yellow"),
    "done": ("✓", "green"),
    "failed": ("✗", "red"),
    "skipped": ("-", "dim"),
}


def show(screen: Screen, nights: Iterable[Night]) -> Night:
    """Show each state as it starts and ends, and return the ended night.

    Raises
    ------
    RuntimeError
        ``nights`` was empty, which never happens with ``night.follow``.
    """
    last = None
    if screen.can_redraw:
        with screen.live() as update:
            for last in nights:
                update(steps_table(last))
    else:
        last = _show_lines(screen, nights)
    if last is None:
        raise RuntimeError("there was no night to show")
    return last


def steps_table(night: Night, rows: dict[str, str] | None = None) -> Table:
    """Return the table of the steps, with the rows of each where they are given."""
    return grid(
        ["", "step", "seconds", "rows" if rows is not None else ""],
        _step_rows(night, rows),
        right=[2],
    )


def _step_rows(night: Night, rows: dict[str, str] | None) -> Iterator[list[Part]]:
    now = datetime.now(UTC)
    for step in night.steps.values():
        seconds = step.seconds(now)
        shown = _tasks(step) if rows is None else rows.get(step.name, "")
        took = "" if seconds is None else f"{seconds:.1f}"
        yield [_MARKS[step.status], step.name, took, shown]


def _tasks(step: Step) -> str:
    return f"{step.tasks_done}/{step.tasks} tasks" if step.tasks else ""


def _show_lines(screen: Screen, nights: Iterable[Night]) -> Night | None:
    last, told = None, dict[str, str]()
    for last in nights:
        for step in last.steps.values():
            if step.status not in {"waiting", told.get(step.name, "waiting")}:
                told[step.name] = step.status
                screen.line(f"  {step.name}: {_status(step)}")
    return last


def _status(step: Step) -> str:
    seconds = step.seconds(datetime.now(UTC))
    if seconds is None or step.status == "running":
        return step.status
    before = " before the redrive" if step.is_from_before else ""
    return f"{step.status} {seconds:.1f} s{before}"
