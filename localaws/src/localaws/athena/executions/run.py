"""Runs a statement to the end of its execution."""

import logging
from dataclasses import replace

from localaws.athena.engine.session import Session
from localaws.athena.errors import (
    SYSTEM,
    QueryCancelledError,
    QueryFailedError,
    disk_failure,
    failure,
)
from localaws.athena.statements.base import Statement

logger = logging.getLogger(__name__)


def run_statement(statement: Statement, session: Session) -> None:
    """Run a statement; its execution is in a final state afterwards.

    Parameters
    ----------
    statement
        The parsed statement.
    session
        Its execution, and the catalog, objects and engine that it works on.
    """
    execution = session.execution
    execution.start()
    try:
        session.stop.check()
        statement.run(session)
        session.stop.check()
    except QueryCancelledError:
        execution.cancel()
    except QueryFailedError as error:
        execution.fail(_with_hint(error, statement, session))
    except OSError as error:
        logger.exception("Query %s could not be stored", execution.id)
        execution.fail(disk_failure(error))
    except Exception as error:
        # The server must live, and the user must see that the fault is here.
        logger.exception("Query %s failed inside localaws", execution.id)
        execution.fail(failure("GENERIC_INTERNAL_ERROR", f"localaws: {error!r}", SYSTEM))
    else:
        execution.succeed()


def _with_hint(error: QueryFailedError, statement: Statement, session: Session) -> QueryFailedError:
    """Add, as Athena does, where a write that the engine had begun may have left data."""
    location = session.execution.output_location
    if not error.from_engine or location is None:
        return error
    hint = statement.hint_after_failure(location)
    if hint is None:
        return error
    end = "" if error.message.endswith(".") else "."
    message = f"{error.message}{end} {hint} Athena will not delete data in your account."
    return replace(error, message=message)
