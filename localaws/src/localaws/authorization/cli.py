"""``localaws iam …``: what policies grant and nobody used, and what they denied."""

import json
from collections import defaultdict
from typing import Annotated, Any

import typer

from localaws.connections.control_client import call_control
from localaws.settings import Settings

_SECONDS = 300.0
"""Each granted action is judged against each kept request."""

app = typer.Typer(help="Policies: what is granted and not used, what was denied.")


@app.command()
def report(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the whole report as JSON.")
    ] = False,
) -> None:
    """Print the least-privilege report: unused grants and denials since the server started."""
    found = call_control(Settings(), "iam-report")
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    typer.echo(f"Policies are in mode {found['mode']}.")
    _print_unused(found["unused"])
    _print_denied(found["denied"])


@app.command("grants")
def show_grants(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print for each granted action a request that only this action allowed."""
    found = call_control(Settings(), "iam-grants", timeout=_SECONDS)["grants"]
    if as_json:
        typer.echo(json.dumps(found, indent=2))
        return
    for each in found:
        role = each["role"].rsplit("/", 1)[-1]
        carried = each["denied"] or "nothing that no other action allows"
        typer.echo(f"{role}  {each['statement']}  {each['action']}: {carried}")


def _print_unused(unused: list[dict[str, Any]]) -> None:
    if not unused:
        typer.echo("Every action that a policy grants was used.")
        return
    typer.echo("Granted and not used since the server started:")
    actions: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for each in unused:
        actions[each["role"].rsplit("/", 1)[-1], each["statement"]].append(each["action"])
    for (role, statement), names in sorted(actions.items()):
        typer.echo(f"  {role}  {statement}: {', '.join(names)}")


def _print_denied(denied: list[dict[str, Any]]) -> None:
    if not denied:
        typer.echo("Nothing was denied.")
        return
    typer.echo("Denied:")
    for each in denied:
        times = "once" if each["times"] == 1 else f"{each['times']} times"
        typer.echo(f"  {each['reason']} ({times})")
