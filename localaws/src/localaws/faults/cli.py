"""``localaws fault …``: let an operation fail, be slow or be denied."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from localaws.errors import LocalAwsError
from localaws.faults.client import FaultClient
from localaws.settings import Settings

app = typer.Typer(help="Faults on demand, for tests of what happens then.", no_args_is_help=True)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Print what went wrong in one line and end with exit code 1."""
    try:
        yield
    except LocalAwsError as error:
        typer.echo(f"localaws: {error}", err=True)
        raise typer.Exit(1) from error


@app.command()
def add(
    operation: Annotated[str, typer.Argument(help="Such as s3:PutObject or 'glue:*'.")],
    *,
    error: Annotated[str, typer.Option(help="Code of an error: ThrottlingException.")] = "",
    message: Annotated[str, typer.Option(help="Message of the error.")] = "",
    status: Annotated[int, typer.Option(help="HTTP status; alone, the error for it: 503.")] = 0,
    latency: Annotated[float, typer.Option(help="Seconds to wait before the answer.")] = 0.0,
    deny: Annotated[bool, typer.Option("--deny", help="Answer as without permission.")] = False,
    failures: Annotated[str, typer.Option(help="Reason of RunTask: RESOURCE:MEMORY.")] = "",
    resource: Annotated[str, typer.Option(help="Only requests that name this; may have *.")] = "",
    after: Annotated[int, typer.Option(help="How many matching requests pass first.")] = 0,
    times: Annotated[int, typer.Option(help="How many requests it strikes; all if 0.")] = 0,
) -> None:
    """Add a fault."""
    typed: dict[str, Any] = {
        "error": error,
        "message": message,
        "status": status,
        "latency": latency,
        "deny": deny,
        "failures": failures,
        "resource": resource,
        "after": after,
        "times": times,
    }
    given = {name: value for name, value in typed.items() if value}
    with _one_line_errors():
        typer.echo(FaultClient(Settings()).add(operation, **given))


@app.command("list")
def list_faults() -> None:
    """Show all faults, and how many requests each has struck."""
    with _one_line_errors():
        for fault in FaultClient(Settings()).listed():
            name, operation, hits = (fault.pop(key) for key in ("id", "operation", "hits"))
            rest = " ".join(f"{key}={value}" for key, value in fault.items())
            typer.echo(f"{name}\t{operation}\t{rest}\t{hits} hits")


@app.command()
def remove(name: Annotated[str, typer.Argument(help="Id of a fault.", metavar="ID")]) -> None:
    """Remove a fault."""
    with _one_line_errors():
        FaultClient(Settings()).remove(name)


@app.command()
def reset() -> None:
    """Remove all faults."""
    with _one_line_errors():
        FaultClient(Settings()).reset()
