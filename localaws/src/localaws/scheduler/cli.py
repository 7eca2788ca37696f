"""``localaws scheduler …``: what a schedule would do, done now."""

import json
from typing import Annotated

import typer

from localaws.connections.control_client import call_control
from localaws.errors import LocalAwsError
from localaws.settings import Settings

app = typer.Typer(help="EventBridge schedules, fired by hand.", no_args_is_help=True)


@app.callback()
def scheduler() -> None:
    """EventBridge schedules, fired by hand."""


@app.command()
def fire(
    name: Annotated[str, typer.Argument(help="Name of the schedule.")],
    group: Annotated[str, typer.Option(help="Group of the schedule.")] = "default",
    scheduled_time: Annotated[
        str, typer.Option(help="What <aws.scheduler.scheduled-time> becomes; now if not given.")
    ] = "",
) -> None:
    """Call a schedule's target now, as if its time had come."""
    payload = {"name": name, "group": group, "scheduled_time": scheduled_time or None}
    try:
        answer = call_control(Settings(), "scheduler-fire", payload)
    except LocalAwsError as error:
        typer.echo(f"localaws: {error}", err=True)
        raise typer.Exit(1) from error
    typer.echo(json.dumps(answer, indent=2))
