"""The commands behind the Makefile: ``wistia-pipeline up | nightly | query | …``."""

import shutil
import sys
import webbrowser
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from orchestration import athena, deferred, deploy, local_stack, logs, night, progress, summary
from orchestration.cloud import Cloud
from orchestration.errors import NightFailedError, PipelineError
from orchestration.memory import Memory
from orchestration.settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
console = Console()
errors = Console(stderr=True)


def say(text: str) -> None:
    """Tell what is going on."""
    console.print(f"[dim]{text} …[/]", highlight=False)


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Register a command whose expected failures are one line and a non-zero exit code."""

    @app.command()
    @wraps(function)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            function(*args, **kwargs)
        except NightFailedError:
            raise typer.Exit(1) from None
        except PipelineError as error:
            errors.print(f"[bold red]Error:[/] {error}", highlight=False, soft_wrap=True)
            raise typer.Exit(1) from None
        except ValidationError as error:
            first = error.errors()[0]
            errors.print(
                f"[bold red]Error:[/] the variable {'.'.join(map(str, first['loc'])).upper()} "
                f"cannot be used: {first['msg']} (given: {first['input']!r}).",
                highlight=False,
            )
            raise typer.Exit(2) from None
        except (BotoCoreError, ClientError) as error:
            errors.print(
                f"[bold red]Error:[/] AWS answered: {error}", highlight=False, soft_wrap=True
            )
            raise typer.Exit(1) from None
        except OSError as error:
            errors.print(
                f"[bold red]Error:[/] {error.strerror or error} ({error.filename or 'no file'}). "
                "Mend that, then repeat the command.",
                highlight=False,
                soft_wrap=True,
            )
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            errors.print("Stopped. A running night goes on by itself: see `make status`.")
            raise typer.Exit(130) from None

    return run


@command
def up() -> None:
    """Start localaws and the simulator, and deploy what has changed."""
    settings = Settings()
    cloud, _ = _prepared(settings)
    for name, value in logs.exports(settings).items():
        console.print(f"export {name}={value}", highlight=False, soft_wrap=True)
    console.print(
        f"[dim]# bucket {cloud.data_bucket}, state machine {settings.state_machine_name}[/]",
        soft_wrap=True,
    )


@command
def down() -> None:
    """Stop the simulator and localaws; their state stays."""
    settings = Settings()
    local_stack.stop_simulator(settings)
    local_stack.stop_localaws(settings)


@command
def nightly(
    as_of: Annotated[
        str | None, typer.Option(help="Logical time, such as 2026-03-02T02:00:00Z")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="First day (UTC) of a backfill")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="Last day (UTC) of a backfill, inclusive")
    ] = None,
    media_ids: Annotated[str | None, typer.Option(help="Comma list of hashed media ids")] = None,
    full_refresh: Annotated[
        bool, typer.Option(help="Rebuild the marts from all of staging")
    ] = False,
) -> None:
    """Run one night and show it."""
    settings = Settings()
    given = night.execution_input(
        as_of=as_of or None,
        start=start or None,
        end=end or None,
        media_ids=media_ids or None,
        full_refresh=full_refresh,
    )
    cloud, simulator = _prepared(settings)
    if simulator:
        memory = Memory.read(settings.memory_file)
        repeats = "start_date" in given and memory.last_as_of
        given.setdefault(
            "as_of", memory.last_as_of if repeats else night.next_simulated_as_of(memory.last_as_of)
        )
        local_stack.set_simulator_clock(simulator, str(given["as_of"]))
    arn = night.start(cloud, given)
    _remember(settings, last_execution=arn)
    console.print(
        f"Night [bold]{given.get('as_of', 'as of now')}[/] started: {arn}",
        highlight=False,
        soft_wrap=True,
    )
    _watch(cloud, arn)


@command
def redrive(
    execution: Annotated[str | None, typer.Argument(help="ARN; the last one if left out")] = None,
) -> None:
    """Let a failed night go on where it had failed."""
    settings = Settings()
    cloud = Cloud(settings)
    last = night.last_execution(cloud)
    arn = execution or (str(last["executionArn"]) if last else None)
    if arn is None:
        raise PipelineError("No night has run yet: start one with `make nightly`.")
    night.redrive(cloud, arn)
    console.print(f"Resumed {arn}", highlight=False, soft_wrap=True)
    _watch(cloud, arn)


@command
def watch() -> None:
    """Show the last night, whoever started it, to its end."""
    cloud = Cloud(Settings())
    last = night.last_execution(cloud)
    if last is None:
        raise PipelineError("No night has run yet: start one with `make nightly`.")
    _watch(cloud, str(last["executionArn"]))


@command
def upkeep() -> None:
    """Compact the Iceberg tables and expire their snapshots, as the weekly schedule does."""
    cloud = Cloud(Settings())
    arn = night.start(cloud, {}, kind="upkeep")
    ended = list(night.follow(cloud, arn))[-1]
    console.print(
        f"Upkeep {ended.status} ({arn}) {ended.error} {ended.cause}",
        highlight=False,
        soft_wrap=True,
    )
    if ended.status != "SUCCEEDED":
        raise NightFailedError(ended.error)


@command
def query(sql: Annotated[str, typer.Argument(help="One SQL statement")]) -> None:
    """Send a statement to Athena and print its rows."""
    result = athena.query(Cloud(Settings()), sql)
    table = Table(*result.columns)
    for row in result.rows:
        table.add_row(*("" if cell is None else cell for cell in row))
    console.print(table)
    console.print(
        f"[dim]{len(result.rows)} rows, {result.scanned_bytes:,} bytes scanned, "
        f"{result.seconds:.2f} s[/]"
    )


@command
def status() -> None:
    """Show what runs, the stack, the last night and the watermarks."""
    logs.show_status(console, Settings())


@command
def docs(
    open_page: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in a browser")
    ] = True,
) -> None:
    """Fetch the dbt docs page, and open it where there is a browser."""
    cloud = Cloud(Settings())
    page = summary.fetch_docs(cloud)
    if page is None:
        raise PipelineError(
            "There is no docs page yet: the first successful night makes it (make nightly)."
        )
    console.print(f"{page}\n{summary.docs_link(cloud)}", highlight=False, soft_wrap=True)
    if open_page and sys.stdout.isatty() and shutil.which("xdg-open"):
        webbrowser.open(f"file://{page}")


@command
def show_logs(
    state: Annotated[
        str | None, typer.Option(help="Only the log of this state, such as DbtBuild")
    ] = None,
    lines: Annotated[int, typer.Option(help="How many lines of each log")] = 40,
) -> None:
    """Print the newest log lines."""
    logs.show(console, Settings(), state=state or None, lines=lines)


@command
def deploy_stack() -> None:
    """Package, build the image, deploy, and put the token into the secret."""
    settings = Settings()
    if settings.is_local:
        _prepared(settings)
        return
    cloud = Cloud(settings)
    changed = deploy.deploy(cloud, say)
    console.print(f"The stack {settings.stack_name} is {'deployed' if changed else 'up to date'}.")
    for name, value in deploy.outputs(cloud).items():
        console.print(f"  {name}: {value}", highlight=False, soft_wrap=True)


@command
def slim(
    dbt_target: Annotated[str | None, typer.Option(help="Target of profiles.yml")] = None,
) -> None:
    """Build the models that changed since the last night, reading the others from its tables."""
    settings = Settings()
    code = deferred.build(Cloud(settings), dbt_target or ("local" if settings.is_local else "dev"))
    if code:
        raise PipelineError(f"dbt ended with exit code {code}; its reason stands above.")


@command
def erase(visitor: Annotated[str, typer.Argument(help="Wistia's visitor_key")]) -> None:
    """Remove one viewer from raw, quarantine, staging and marts, and prove it."""
    from orchestration.erase import erase as erase_viewer  # noqa: PLC0415 - loads pyarrow

    removed = erase_viewer(Cloud(Settings()), visitor, say)
    for place, rows in removed.items():
        console.print(f"  {place}: {rows} removed, 0 left", highlight=False)
    console.print(
        "The viewer is erased. Delete them at Wistia too, or a later night brings them back."
    )


@command
def undeploy(
    delete_data: Annotated[
        bool, typer.Option(help="Delete the data bucket too: it cannot be brought back")
    ] = False,
    yes: Annotated[bool, typer.Option(help="Do not ask")] = False,
) -> None:
    """Delete the stack; the data stays unless --delete-data."""
    settings = Settings()
    what = f"the stack {settings.stack_name}" + (
        " AND ALL ITS DATA" if delete_data else " (the data stays)"
    )
    if not yes and not typer.confirm(f"Delete {what} on {settings.target}?"):
        raise PipelineError("Nothing was deleted.")
    deploy.undeploy(Cloud(settings), say, delete_data=delete_data)


def _prepared(settings: Settings) -> tuple[Cloud, str | None]:
    """Return an AWS with everything deployed, and the simulator's URL if there is one."""
    simulator = None
    if settings.is_local:
        local_stack.start_localaws(settings)
    if settings.uses_simulator:
        simulator = local_stack.start_simulator(settings, say)
    cloud = Cloud(settings)
    if settings.is_local:
        deploy.deploy(cloud, say, simulator_url=simulator)
    else:
        deploy.outputs(cloud)
    return cloud, simulator


def _watch(cloud: Cloud, arn: str) -> None:
    ended = progress.show(console, night.follow(cloud, arn))
    if ended.status != "SUCCEEDED":
        summary.show_failure(console, cloud, ended)
        raise NightFailedError(ended.error)
    if cloud.settings.uses_simulator:
        _remember(cloud.settings, last_as_of=str(ended.output["as_of"]))
    summary.show_success(console, cloud, ended)


def _remember(settings: Settings, **update: str) -> None:
    memory = Memory.read(settings.memory_file)
    memory.model_copy(update=update).write(settings.memory_file)


if __name__ == "__main__":
    app()
