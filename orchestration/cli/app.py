"""The commands behind the Makefile's targets: ``wistia-pipeline up | nightly | query | …``."""

import os
import shutil
import sys
import webbrowser
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any

import typer

from orchestration.cli import (
    athena,
    checks,
    command_errors,
    local_stack,
    logs,
    night,
    progress,
    query_output,
    slim_build,
    summary,
)
from orchestration.cli.screen import Screen
from orchestration.cli.switches import is_on
from orchestration.cloud import Cloud
from orchestration.errors import NightFailedError, PipelineError
from orchestration.infrastructure import deploy, stack
from orchestration.memory import Memory
from orchestration.settings import Settings

# No markup in help and usage errors: they repeat what was typed.
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
screen = Screen()
errors = Screen(stderr=True)
say = screen.say


def command(name: str | None = None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command whose expected failures end in one message and a non-zero exit code.

    Parameters
    ----------
    name
        Name of the command. None: the name of the function.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @app.command(name)
        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                _refuse_broken_text(kwargs)
                function(*args, **kwargs)
                sys.stdout.flush()  # here, where a closed pipe is handled
            except NightFailedError:
                raise typer.Exit(1) from None
            except BrokenPipeError:
                # The reader has seen enough (`make query … | head`). Without this, Python would
                # complain about the rest when it exits.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise typer.Exit(0) from None
            except command_errors.EXPECTED as error:
                is_local = os.environ.get("TARGET", "") != "aws"
                text, code = command_errors.explain(error, is_local=is_local)
                errors.error(text)
                raise typer.Exit(code) from None
            except KeyboardInterrupt:
                errors.line("Stopped. A running night continues on its own: see `make status`.")
                raise typer.Exit(130) from None

        return run

    return register


checks.register(command)


def _refuse_broken_text(given: dict[str, Any]) -> None:
    """Refuse bytes that are not UTF-8: Python keeps them as lone surrogates."""
    for value in given.values():
        if isinstance(value, str) and value.encode(errors="replace").decode() != value:
            shown = value.encode("utf-8", "backslashreplace").decode()
            raise PipelineError(
                f"'{shown}' is not UTF-8 text. Nothing was done: type it again, or set the "
                "terminal to UTF-8."
            )


@command()
def up() -> None:
    """Start localaws and the simulator, and deploy what changed."""
    settings = Settings()
    cloud, _ = _prepared(settings)
    for name, value in logs.exports(settings).items():
        screen.line(f"export {name}={value}")
    screen.line(
        (f"# bucket {cloud.data_bucket}, state machine {settings.state_machine_name}", "dim")
    )


@command()
def down() -> None:
    """Stop the simulator and localaws; their state stays."""
    settings = Settings()
    local_stack.stop_simulator(settings)
    local_stack.stop_localaws(settings)


@command()
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
    media_ids: Annotated[str | None, typer.Option(help="Hashed media ids, comma-separated")] = None,
    full_refresh: Annotated[
        str, typer.Option(help="1 rebuilds the marts from all of staging")
    ] = "",
) -> None:
    """Run one night and show it."""
    settings = Settings()
    given = night.execution_input(
        as_of=as_of,
        start=start,
        end=end,
        media_ids=media_ids,
        full_refresh=is_on("FULL_REFRESH", full_refresh),
    )
    now = datetime.now(UTC)
    if settings.uses_simulator and "as_of" not in given:
        last = Memory.read(settings.memory_file).last_as_of
        repeats = "start_date" in given and last
        given["as_of"] = last if repeats else night.next_simulated_as_of(last, now)
    night.refuse_impossible(given, now)
    cloud, simulator = _prepared(settings)
    if simulator:
        local_stack.set_simulator_clock(simulator, str(given["as_of"]))
    arn = night.start(cloud, given)
    screen.line("Night ", (str(given.get("as_of", "as of now")), "bold"), f" started: {arn}")
    _watch(cloud, arn)


@command()
def redrive(
    execution: Annotated[str | None, typer.Argument(help="ARN; default: the last night")] = None,
    put_token: Annotated[
        bool,
        typer.Option(
            "--put-token", help="Put WISTIA_API_TOKEN into the secret even for a simulated night"
        ),
    ] = False,
) -> None:
    """Resume a failed night where it failed.

    WISTIA_API_TOKEN, if set, replaces the token first.
    """
    settings = Settings()
    if execution is not None and not execution.strip():
        raise PipelineError(
            "EXECUTION is blank: give the ARN of a failed night, or leave EXECUTION out to resume "
            "the last one."
        )
    cloud = Cloud(settings)
    last = night.last_execution(cloud)
    arn = execution or (str(last["executionArn"]) if last else None)
    if arn is None:
        raise PipelineError("No night has run yet: start one with `make nightly`.")
    deploy.put_given_token(cloud, say, always=put_token)
    redrives = night.redrive(cloud, arn)
    screen.line(f"Resumed {arn}")
    _watch(cloud, arn, redrives=redrives)


@command()
def watch() -> None:
    """Follow the last night to its end, whoever started it."""
    cloud = Cloud(Settings())
    last = night.last_execution(cloud)
    if last is None:
        raise PipelineError("No night has run yet: start one with `make nightly`.")
    _watch(cloud, str(last["executionArn"]))


@command()
def upkeep() -> None:
    """Compact the Iceberg tables and expire their snapshots.

    The weekly schedule does the same.
    """
    cloud = Cloud(Settings())
    arn = night.start(cloud, {}, kind="upkeep")
    ended = list(night.follow(cloud, arn))[-1]
    if ended.status != "SUCCEEDED":
        summary.show_failed_upkeep(screen, cloud, ended)
        raise NightFailedError(ended.error)
    screen.line(f"The upkeep succeeded: {arn}")


@command()
def query(
    sql: Annotated[str, typer.Argument(help="One SQL statement")],
    output_format: Annotated[
        str | None,
        typer.Option("--format", help="table, csv or json; default: table on a terminal, else csv"),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=0, help="Most rows, 0 for all; default: 1000 in a table, all otherwise"),
    ] = None,
) -> None:
    """Send a statement to Athena and print its rows."""
    if not sql.strip():
        raise PipelineError(
            "SQL= is missing: there is no statement to send. Write it as "
            'make query SQL="select * from dim_media limit 10".'
        )
    form = query_output.chosen_format(output_format, screen)
    statement = athena.execute(Cloud(Settings()), sql)
    query_output.show(statement, form, screen, errors, limit=limit)


@command()
def status() -> None:
    """Show services, stack, last night and watermarks."""
    logs.show_status(screen, Settings())


@command()
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
            "There is no docs page yet: the first successful night creates it (make nightly)."
        )
    screen.line(f"{page}\n{summary.docs_link(cloud)}")
    if open_page and sys.stdout.isatty() and shutil.which("xdg-open"):
        webbrowser.open(f"file://{page}")


@command("logs")
def show_logs(
    state: Annotated[
        str | None, typer.Option(help="Only the log of this state, such as DbtBuild")
    ] = None,
    lines: Annotated[
        int, typer.Option(min=1, max=logs.MOST_LINES, help="Number of lines of each log")
    ] = 40,
) -> None:
    """Print the newest log lines."""
    logs.show(screen, Settings(), state=state or None, lines=lines)


@command("deploy")
def deploy_stack() -> None:
    """Package and deploy everything, and store the token."""
    settings = Settings()
    if settings.is_local:
        _prepared(settings)
        return
    cloud = Cloud(settings)
    changed = deploy.deploy(cloud, say)
    screen.line(f"The stack {settings.stack_name} is {'deployed' if changed else 'up to date'}.")
    for name, value in stack.outputs(cloud).items():
        screen.line(f"  {name}: {value}")


@command()
def slim(
    dbt_target: Annotated[str | None, typer.Option(help="Target of profiles.yml")] = None,
) -> None:
    """Build only the models that changed since the last night.

    The others are read from its tables.
    """
    settings = Settings()
    code = slim_build.build(
        Cloud(settings), dbt_target or ("local" if settings.is_local else "dev")
    )
    if code:
        raise PipelineError(f"dbt ended with exit code {code}; see its messages above.")


@command()
def erase(
    visitor: Annotated[
        str, typer.Argument(help="Wistia's visitor_key, or the visitor_id of the tables")
    ],
) -> None:
    """Remove one viewer from all data, and prove it.

    That is raw, quarantine, staging and marts.
    """
    if not visitor.strip():
        raise PipelineError(
            "VISITOR is blank, so nothing was erased. Give Wistia's visitor_key or the visitor_id "
            "of the tables: make erase VISITOR=…"
        )
    from orchestration.cli.erase import erase as erase_viewer  # noqa: PLC0415 - loads pyarrow

    removed = erase_viewer(Cloud(Settings()), visitor, say)
    for place, rows in removed.items():
        screen.line(f"  {place}: {rows} removed, 0 left")
    if not any(removed.values()):
        screen.line(
            "No record of this viewer was found, so nothing was erased. Unless an earlier erasure "
            "removed them all, check VISITOR: it must be Wistia's visitor_key or the tables' "
            "visitor_id."
        )
        return
    screen.line(
        "The viewer is erased. Delete them at Wistia too, or a later night brings them back."
    )


@command()
def undeploy(
    delete_data: Annotated[
        str, typer.Option(help="1 also deletes the data bucket: it cannot be restored")
    ] = "",
    yes: Annotated[str, typer.Option(help="1 skips the question")] = "",
) -> None:
    """Delete the stack; the data stays unless --delete-data is on."""
    settings = Settings()
    deletes_data, asks = is_on("DELETE_DATA", delete_data), not is_on("YES", yes)
    what = f"the stack {settings.stack_name}" + (
        " AND ALL ITS DATA" if deletes_data else " (the data stays)"
    )
    if asks and not typer.confirm(f"Delete {what} on {settings.target}?"):
        raise PipelineError("Nothing was deleted.")
    deploy.undeploy(Cloud(settings), say, delete_data=deletes_data)


def _prepared(settings: Settings) -> tuple[Cloud, str | None]:
    """Start and deploy what is needed; return the AWS, and the simulator's URL if there is one."""
    simulator = None
    if settings.is_local:
        local_stack.start_localaws(settings)
    if settings.uses_simulator:
        simulator = local_stack.start_simulator(settings, say)
    cloud = Cloud(settings)
    if settings.is_local:
        deploy.deploy(cloud, say, simulator_url=simulator)
    else:
        stack.outputs(cloud)
    return cloud, simulator


def _watch(cloud: Cloud, arn: str, *, redrives: int = 0) -> None:
    ended = progress.show(screen, night.follow(cloud, arn, redrives=redrives))
    if ended.status != "SUCCEEDED":
        summary.show_failure(screen, cloud, ended)
        raise NightFailedError(ended.error)
    if cloud.settings.uses_simulator:
        # After a repeated night, the next one must not repeat the nights in between.
        last = Memory.read(cloud.settings.memory_file).last_as_of or ""
        _remember(cloud.settings, last_as_of=max(last, str(ended.output["as_of"])))
    summary.show_success(screen, cloud, ended)


def _remember(settings: Settings, **update: str) -> None:
    memory = Memory.read(settings.memory_file)
    memory.model_copy(update=update).write(settings.memory_file)


if __name__ == "__main__":
    app()
