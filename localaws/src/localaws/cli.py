"""The command ``localaws``: an AWS account on this machine."""

import json
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from localaws import lifecycle
from localaws.authorization.cli import app as iam_app
from localaws.connections.control_client import call_control
from localaws.connections.endpoints import aws_environment, read_endpoints
from localaws.ecs_tasks.cli import app as image_app
from localaws.errors import LocalAwsError, NotRunningError
from localaws.faults.cli import app as fault_app
from localaws.scheduler.cli import app as scheduler_app
from localaws.settings import Settings

app = typer.Typer(
    help="An AWS account on this machine: S3, Glue, Athena, Lambda, Step Functions and more.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(iam_app, name="iam")
app.add_typer(image_app, name="image")
app.add_typer(scheduler_app, name="scheduler")
app.add_typer(fault_app, name="fault")
# No markup: paths and messages may hold brackets.
errors_console = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)
SETTLED_VARIABLES = ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ACCOUNT_ID")
TAIL_SECONDS = 0.3


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Print what went wrong in one line and end with exit code 1."""
    try:
        yield
    except LocalAwsError as error:
        errors_console.print(Text("localaws:", "red"), str(error))
        raise typer.Exit(1) from error


@app.command()
def up(
    wait: Annotated[bool, typer.Option(help="Wait until Trino takes queries, too.")] = False,
) -> None:
    """Start the account of this home, or find the one that runs."""
    settings = Settings()
    with one_line_errors():
        began = time.monotonic()
        started = lifecycle.up(settings)
        if wait:
            call_control(settings, "wait-for-trino", timeout=settings.start_timeout_seconds + 10)
        took = time.monotonic() - began
    for note in started.notes:
        errors_console.print(Text("localaws:", "yellow"), note)
    state = "already runs" if started.already else f"started in {took:.1f} s"
    errors_console.print(f"localaws {state}: {started.endpoints.endpoint_url} ({settings.home})")
    _print_exports(settings)


@app.command()
def down() -> None:
    """Save the state and stop everything."""
    settings = Settings()
    with one_line_errors():
        stopped = lifecycle.down(settings)
    errors_console.print("localaws stopped." if stopped else "localaws did not run.")


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show what runs; exit code 3 if nothing does."""
    settings = Settings()
    try:
        report = call_control(settings, "status", timeout=10)
        endpoints = read_endpoints(settings)
    except NotRunningError as error:
        errors_console.print(str(error))
        raise typer.Exit(3) from error
    report["pids"] = endpoints.pids
    report["started_at"] = endpoints.started_at
    if as_json:
        print(json.dumps(report, indent=2))
        return
    table = Table(show_header=False, box=None)
    table.add_row("AWS endpoint", report["endpoint_url"])
    table.add_row(
        "Trino", f"{report['trino_url']} ({'ready' if report['trino_ready'] else 'starting'})"
    )
    table.add_row("running since", report["started_at"])
    table.add_row("state saved", str(report["last_saved_at"] or "not yet"))
    if report["save_error"]:
        table.add_row("last save failed", report["save_error"])
    table.add_row("home", str(settings.home))
    for name, pid in {"server": endpoints.pids["server"], **report["processes"]}.items():
        table.add_row(f"  {name}", f"pid {pid}")
    Console(markup=False, emoji=False).print(table)


@app.command()
def env() -> None:
    """Print the exports with which the aws command and SDKs reach this account.

    Use it as: eval "$(localaws env)"
    """
    settings = Settings()
    with one_line_errors():
        _print_exports(settings)


@app.command()
def logs(
    part: Annotated[str, typer.Argument(help="server, trino, …; none lists them.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it grows.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many of the last lines.")] = 50,
) -> None:
    """Show the log of a part."""
    settings = Settings()
    paths = {path.stem: path for path in sorted(settings.logs_dir.glob("*.log"))}
    if not part:
        for name, path in paths.items():
            print(f"{name:<24} {path}")
        return
    if part not in paths:
        known = ", ".join(paths) or "none yet"
        errors_console.print(f"There is no log of {part!r} in {settings.logs_dir}; logs: {known}.")
        raise typer.Exit(1)
    with paths[part].open(errors="replace") as stream:
        sys.stdout.writelines(stream.readlines()[-lines:])
        while follow:
            sys.stdout.write(stream.read())
            sys.stdout.flush()
            time.sleep(TAIL_SECONDS)


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Empty the account: buckets, catalog, stacks, secrets, everything."""
    settings = Settings()
    if not yes:
        typer.confirm(f"Delete everything in {settings.home}?", abort=True)
    with one_line_errors():
        lifecycle.reset(settings)
    errors_console.print("The account is empty.")


def _print_exports(settings: Settings) -> None:
    environment = aws_environment(read_endpoints(settings).endpoint_url, settings)
    for name, value in environment.items():
        if name not in SETTLED_VARIABLES:
            # No quotes for an empty value: GITHUB_ENV would take them as they are.
            print(f"export {name}={shlex.quote(value) if value else ''}")
