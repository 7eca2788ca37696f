"""What every kind of statement can be asked."""

from dataclasses import dataclass
from typing import Any, ClassVar

from localaws.athena.catalog.glue import Catalog
from localaws.athena.engine.session import Session
from localaws.athena.results.write import write_lines
from localaws.trino.client import RunningQuery


@dataclass(frozen=True)
class Statement:
    """One parsed statement: its names in the API, its refusals, and what it does.

    Each subclass is in the module of its kind, together with the function that reads it.
    """

    TYPE: ClassVar[str] = "DDL"
    SUBTYPE: ClassVar[str] = ""

    @property
    def type(self) -> str:
        """StatementType of its executions."""
        return self.TYPE

    @property
    def subtype(self) -> str:
        """SubstatementType of its executions."""
        return self.SUBTYPE

    @property
    def is_reusable(self) -> bool:
        """Whether a recent result may be shown again instead of running it."""
        return False

    def result_object(self, execution_id: str) -> str:
        """Return the name of the result's object below the folder of results."""
        return f"{execution_id}.txt"

    def check(self, catalog: Catalog, database: str) -> None:
        """Refuse what StartQueryExecution itself refuses of a statement that was parsed.

        Raises
        ------
        InvalidRequestError
            Athena refuses the request; most statements fail later, in their execution.
        """

    def submit(self, session: Session) -> RunningQuery | None:
        """Send the statement to the engine; return None if it is not sent as it was typed.

        Raises
        ------
        QueryFailedError
            Athena or the engine refuses the statement.
        """
        del session
        return None

    def run(self, session: Session) -> None:
        """Do what the statement asks for and leave its result.

        Raises
        ------
        QueryFailedError
            Athena refuses the statement, or it fails.
        QueryCancelledError
            The user stopped it.
        """
        raise NotImplementedError

    def hint_after_failure(self, location: str) -> str | None:
        """Return where data may be left if the engine had begun to write; None if nowhere.

        Parameters
        ----------
        location
            Where the result would have been.
        """
        del location
        return None


@dataclass(frozen=True)
class TextStatement(Statement):
    """A statement whose result is lines of text."""

    def lines(self, session: Session) -> list[str]:
        """Do what the statement asks for and return the lines of its result."""
        raise NotImplementedError

    def column_info(self, session: Session) -> list[dict[str, Any]]:
        """Return the ColumnInfo of the result."""
        del session
        return []

    def run(self, session: Session) -> None:
        """Do it and store the lines."""
        lines = self.lines(session)
        write_lines(session, lines, self.column_info(session))
