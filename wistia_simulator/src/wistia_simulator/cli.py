"""``wistia-simulator serve``."""

import json
import signal
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from wistia_simulator.account import DEFAULT_RATE_LIMIT_PER_MINUTE, DEFAULT_TOKEN, Account
from wistia_simulator.errors import SimulatorInputError
from wistia_simulator.faults import Faults
from wistia_simulator.server import HOST, SimulatorServer
from wistia_simulator.world import DEFAULT_CLOCK, World

app = typer.Typer(add_completion=False, no_args_is_help=True, help="A simulated Wistia API.")


@app.callback()
def main() -> None:
    """Keep `serve` a separate command."""


@app.command()
def serve(  # noqa: PLR0917 - typer reads the options from the parameters
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 for any free one.")] = 0,
    port_file: Annotated[
        Path | None,
        typer.Option(help="File that gets the port once the server answers."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Everything generated depends on it.")] = 7,
    clock: Annotated[str, typer.Option(help="Initial time of the clock.")] = DEFAULT_CLOCK,
    events: Annotated[int, typer.Option(help="Events visible at the initial time.")] = 10_000,
    history_days: Annotated[
        int, typer.Option(help="Days before it over which they are spread.")
    ] = 90,
    medias: Annotated[int, typer.Option(help="Medias at the initial time.")] = 40,
    token: Annotated[str, typer.Option(help="The bearer token that is accepted.")] = DEFAULT_TOKEN,
    rate_limit: Annotated[
        int, typer.Option(help="Requests per minute; 0 for no limit.")
    ] = DEFAULT_RATE_LIMIT_PER_MINUTE,
    cache_mib: Annotated[
        int, typer.Option(help="Cache of rows in MiB; 1 holds about 1,000.")
    ] = 256,
    faults: Annotated[
        str,
        typer.Option(help="observed, clean, JSON text, or a JSON file: see the README's table."),
    ] = "observed",
) -> None:
    """Serve until interrupted."""
    try:
        account = Account(
            World(seed=seed, clock=clock, events=events, history_days=history_days, medias=medias),
            faults=_read_faults(faults),
            token=token,
            rate_limit_per_minute=rate_limit,
            cache_bytes=cache_mib << 20,
        )
    except SimulatorInputError as error:
        typer.echo(f"wistia-simulator: {error}", err=True)
        raise typer.Exit(2) from error
    server = SimulatorServer(account, port)
    try:
        bound = server.prepare()
    except OSError as error:
        typer.echo(
            f"wistia-simulator: cannot listen on {HOST}:{port}: {error}; try --port 0", err=True
        )
        raise typer.Exit(1) from error
    signal.signal(signal.SIGTERM, _interrupt)
    if port_file is not None:
        # Written elsewhere and renamed: a reader that waits for the file never reads half a number.
        aside = port_file.with_name(f"{port_file.name}.part")
        aside.write_text(f"{bound}\n")
        aside.replace(port_file)
    typer.echo(f"Wistia simulator on http://{HOST}:{bound} · {events} events · clock {clock}")
    try:
        server.serve()
    except KeyboardInterrupt:
        server.stop()


def _interrupt(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001
    raise KeyboardInterrupt


def _read_faults(text: str) -> Faults:
    if text == "observed":
        return Faults.observed()
    if text == "clean":
        return Faults()
    path = Path(text)
    try:
        return Faults.from_json(
            json.loads(text if text.lstrip().startswith("{") else path.read_text())
        )
    except (OSError, ValueError) as error:
        raise SimulatorInputError(
            f"--faults {text!r}: {error}; use observed, clean, JSON text or a JSON file"
        ) from error


if __name__ == "__main__":
    app()
