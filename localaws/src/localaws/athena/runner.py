"""Carries out a parsed statement and leaves its result."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from localaws.athena import create_table_as, databases, iceberg, partitions, tables
from localaws.athena.alter import alter_table
from localaws.athena.compression import engine_properties
from localaws.athena.engine import finish, submit
from localaws.athena.errors import (
    SYSTEM,
    QueryCancelledError,
    QueryFailedError,
    disk_failure,
    failure,
)
from localaws.athena.object_store import Location
from localaws.athena.refusals import refuse
from localaws.athena.result_types import ROWS_COLUMN, text_column_info
from localaws.athena.results import CsvResult, store_metadata, store_text
from localaws.athena.session import Session
from localaws.athena.show import columns_of, describe, show
from localaws.athena.statements import (
    AddPartitions,
    AlterDatabase,
    AlterTable,
    CreateDatabase,
    CreateTable,
    CreateTableAs,
    CreateView,
    Describe,
    DropDatabase,
    DropPartitions,
    DropTable,
    DropView,
    EngineStatement,
    Explain,
    Optimize,
    RenamePartition,
    RepairTable,
    Show,
    Statement,
    Unload,
    Vacuum,
)
from localaws.trino.client import Row, RunningQuery

logger = logging.getLogger(__name__)

_DDL: dict[type[Statement], Callable[[Any, Session], list[str]]] = {
    AddPartitions: partitions.add_partitions,
    AlterDatabase: databases.alter_database,
    CreateDatabase: databases.create_database,
    CreateTable: tables.create_table,
    CreateView: create_table_as.create_view,
    DropDatabase: databases.drop_database,
    DropPartitions: partitions.drop_partitions,
    DropTable: tables.drop_table,
    DropView: tables.drop_view,
    Optimize: iceberg.optimize,
    RenamePartition: partitions.rename_partition,
    RepairTable: tables.repair_table,
    Vacuum: iceberg.vacuum,
}


def run_statement(
    statement: Statement, session: Session, running: RunningQuery | None = None
) -> None:
    """Carry out a statement; its execution is in a final state afterwards.

    Parameters
    ----------
    statement
        What to do.
    session
        Its surroundings.
    running
        The engine's query, if the statement was already sent to it.
    """
    execution = session.execution
    execution.start()
    try:
        session.stop.check()
        _dispatch(statement, session, running)
        session.stop.check()
    except QueryCancelledError:
        execution.cancel()
    except QueryFailedError as error:
        execution.fail(_with_what_may_be_left(error, statement, session))
    except OSError as error:
        logger.exception("Query %s could not be stored", execution.id)
        execution.fail(disk_failure(error))
    except Exception as error:
        # The server must live, and the user must see that the fault is here.
        logger.exception("Query %s failed inside localaws", execution.id)
        execution.fail(failure("GENERIC_INTERNAL_ERROR", f"localaws: {error!r}", SYSTEM))
    else:
        execution.succeed()


def _with_what_may_be_left(
    error: QueryFailedError, statement: Statement, session: Session
) -> QueryFailedError:
    """Say, as Athena does, where a write that the engine had begun may have left data."""
    location = session.execution.output_location
    if isinstance(statement, CreateTableAs):
        hint = f"You may need to manually clean the data at location '{location}' before retrying."
    elif isinstance(statement, EngineStatement) and statement.kind == "INSERT":
        hint = (
            f"If a data manifest file was generated at '{location}-manifest.csv', you may need to "
            "manually clean the data from locations specified in the manifest."
        )
    else:
        return error
    if not error.from_engine or location is None:
        return error
    end = "" if error.message.endswith(".") else "."
    message = f"{error.message}{end} {hint} Athena will not delete data in your account."
    return replace(error, message=message)


def _dispatch(statement: Statement, session: Session, running: RunningQuery | None) -> None:
    match statement:
        case EngineStatement():
            running = running or submit_as_typed(statement, session)
            if statement.returns_rows:
                _rows(session, running)
            else:
                finish(session, running)
                _written(session, running.update_count or 0)
        case Explain():
            _explain(session, running or submit_as_typed(statement, session))
        case CreateTableAs():
            refuse(statement, session)
            _written(session, create_table_as.create_table_as(statement, session))
        case Unload():
            refuse(statement, session)
            _written(session, create_table_as.unload(statement, session))
        case Show():
            _text(session, show(statement, session), columns_of(statement, session))
        case Describe():
            _text(session, describe(statement, session), columns_of(statement, session))
        case _:
            refuse(statement, session)
            _ddl(statement, session)


def submit_as_typed(statement: EngineStatement | Explain, session: Session) -> RunningQuery:
    """Send a statement to the engine as it was typed.

    Raises
    ------
    QueryFailedError
        Athena refuses it, or the engine does.
    """
    refuse(statement, session)
    return submit(session, statement.sql, properties=engine_properties(statement, session))


def _ddl(statement: Statement, session: Session) -> None:
    handler = _DDL.get(type(statement))
    if handler is None and isinstance(statement, AlterTable):
        handler = alter_table
    if handler is None:
        raise failure("NOT_SUPPORTED", f"{type(statement).__name__} cannot be run here")
    lines = handler(statement, session)
    columns = [text_column_info("result")] if isinstance(statement, RepairTable) else []
    _text(session, lines, columns)


def _text(session: Session, lines: Sequence[str], columns: Sequence[dict[str, Any]] = ()) -> None:
    session.execution.is_text = True
    session.execution.columns = list(columns)
    store_text(session.objects, session.execution, lines)


def _rows(session: Session, running: RunningQuery) -> None:
    result: CsvResult | None = None

    def write(rows: Sequence[Row]) -> None:
        nonlocal result
        if result is None:
            result = CsvResult(running.columns or [])
        result.write(rows)

    try:
        finish(session, running, write)
        result = result or CsvResult(running.columns or [])
    except BaseException:
        if result is not None:
            result.discard()
        raise
    execution = session.execution
    execution.columns = result.columns
    execution.statistics.rows_out = result.row_count
    result.store(session.objects, Location.parse(execution.output_location or ""))


def _explain(session: Session, running: RunningQuery) -> None:
    # Athena ends the plan with one more newline, and its first row is the column's name.
    lines = ["Query Plan"]

    def write(rows: Sequence[Row]) -> None:
        for (plan,) in rows:
            lines.extend(f"{'true' if plan is True else plan}\n".split("\n"))

    finish(session, running, write)
    _text(session, lines, [text_column_info("Query Plan", "varchar")])


def _written(session: Session, count: int) -> None:
    """Leave the result of a statement that writes: a count, and no object but the metadata."""
    execution = session.execution
    execution.columns = [ROWS_COLUMN]
    execution.update_count = count
    execution.statistics.rows_out = count
    if execution.output_location is not None:
        location = Location.parse(execution.output_location)
        store_metadata(session.objects, location, execution.columns)
