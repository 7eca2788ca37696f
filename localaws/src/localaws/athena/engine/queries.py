"""Runs statements on Trino for one execution."""

from collections.abc import Callable, Mapping, Sequence

from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from localaws.athena.engine.session import Session
from localaws.athena.errors import SYSTEM, QueryCancelledError, engine_failure, failure
from localaws.errors import TrinoUnavailableError
from localaws.trino.client import (
    ConnectionBrokenError,
    EngineError,
    EngineLostError,
    Row,
    RunningQuery,
)
from localaws.trino.configuration import HIVE_CATALOG, ICEBERG_CATALOG

# Users know one catalog: Trino's second one is an inner matter.
_HIDE = {
    f"'{ICEBERG_CATALOG}.": f"'{HIVE_CATALOG}.",
    f"{ICEBERG_CATALOG}.": f"{HIVE_CATALOG}.",
}

# A killed process closes its sockets before its parent learns of its death: in between, the engine
# counts as ready and takes nothing. From then on it is waited for as at its start.
_UNTIL_DEATH_IS_SEEN = Retrying(
    retry=retry_if_exception_type(ConnectionBrokenError),
    wait=wait_fixed(0.05),
    stop=stop_after_delay(10),
    reraise=True,
)


def submit(
    session: Session,
    sql: str,
    *,
    properties: Mapping[str, str] | None = None,
) -> RunningQuery:
    """Send a statement to the engine and have StopQueryExecution cancel it.

    Raises
    ------
    QueryFailedError
        The engine refuses the statement or is gone.
    """

    def send() -> RunningQuery:
        session.stop.check()
        session.wait_for_engine()
        return session.engine.start(
            sql,
            catalog=session.engine_catalog,
            schema=session.database,
            session=properties,
            source=session.execution.id,
            acts_as=session.acts_as,
        )

    try:
        running = _UNTIL_DEATH_IS_SEEN.copy()(send)
    except EngineError as error:
        raise engine_failure(error.error, _HIDE) from error
    except TrinoUnavailableError as error:
        raise failure("GENERIC_INTERNAL_ERROR", str(error), SYSTEM) from error
    except EngineLostError as error:
        raise _lost(error) from error
    session.stop.watch(running)
    return running


def finish(
    session: Session, running: RunningQuery, on_rows: Callable[[Sequence[Row]], None] | None = None
) -> None:
    """Follow a statement to its end.

    Parameters
    ----------
    session
        The execution's surroundings; its statistics are added to.
    running
        What ``submit`` gave.
    on_rows
        Called with every page of rows; ``running.columns`` is known by then.

    Raises
    ------
    QueryFailedError
        The statement fails, or scans more than the workgroup allows.
    QueryCancelledError
        The user stops it.
    """
    try:
        for rows in running.pages():
            _enforce_cutoff(session, running)
            session.stop.check()
            if on_rows is not None:
                on_rows(rows)
        _enforce_cutoff(session, running)
    except EngineError as error:
        session.stop.check()
        if error.error.get("errorName") == "USER_CANCELED":
            raise QueryCancelledError from error
        raise engine_failure(error.error, _HIDE) from error
    except EngineLostError as error:
        session.stop.check()
        raise _lost(error) from error
    finally:
        _count(session, running)


def run(
    session: Session,
    sql: str,
    *,
    properties: Mapping[str, str] | None = None,
    on_rows: Callable[[Sequence[Row]], None] | None = None,
) -> RunningQuery:
    """Run a statement from beginning to end."""
    running = submit(session, sql, properties=properties)
    finish(session, running, on_rows)
    return running


def rows_of(session: Session, sql: str) -> list[Row]:
    """Run a statement and return its rows; for small results."""
    rows: list[Row] = []
    run(session, sql, on_rows=rows.extend)
    return rows


def _lost(error: EngineLostError) -> Exception:
    return failure(
        "GENERIC_INTERNAL_ERROR",
        f"The query engine stopped while it ran the query; it is started again. Send the query "
        f"once more ({error})",
        SYSTEM,
    )


def _enforce_cutoff(session: Session, running: RunningQuery) -> None:
    limit = session.bytes_cutoff
    scanned = int(running.stats.get("physicalInputBytes") or 0)
    if limit is None or scanned <= limit:
        return
    running.cancel()
    raise failure("BYTES_SCANNED_LIMIT", f"Bytes scanned limit was exceeded ({limit} bytes)")


def _count(session: Session, running: RunningQuery) -> None:
    spent, stats = session.execution.statistics, running.stats
    spent.engine_ms += int(stats.get("elapsedTimeMillis") or 0)
    spent.planning_ms += int(stats.get("planningTimeMillis") or 0)
    spent.bytes_scanned += int(stats.get("physicalInputBytes") or 0)
    spent.bytes_written += int(stats.get("physicalWrittenBytes") or 0)
    spent.rows_in += int(stats.get("processedRows") or 0)
