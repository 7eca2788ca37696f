"""EXPLAIN."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from localaws.athena.engine.queries import finish, submit
from localaws.athena.engine.session import Session
from localaws.athena.results.result_types import text_column_info
from localaws.athena.results.write import write_lines
from localaws.athena.sql.engine_only import refuse_engine_only
from localaws.athena.sql.query import Query
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements.base import Statement
from localaws.trino.client import Row, RunningQuery


@dataclass(frozen=True)
class Explain(Statement):
    """EXPLAIN [ANALYZE]: the plan as text."""

    query: Query
    TYPE: ClassVar[str] = "DML"
    SUBTYPE: ClassVar[str] = "EXPLAIN"

    def submit(self, session: Session) -> RunningQuery:
        """Refuse what Athena lacks and send the rest."""
        refuse_engine_only(self.query, session.database)
        return submit(session, self.query.text)

    def run(self, session: Session) -> None:
        """Store the plan."""
        # Athena ends the plan with one more newline, and its first row is the column's name.
        lines = ["Query Plan"]

        def write(rows: Sequence[Row]) -> None:
            for (plan,) in rows:
                lines.extend(f"{'true' if plan is True else plan}\n".split("\n"))

        finish(session, session.submitted or self.submit(session), write)
        write_lines(session, lines, [text_column_info("Query Plan", "varchar")])


def parse(stream: TokenStream) -> Explain:
    """Read EXPLAIN; the engine reads the rest."""
    return Explain(stream.whole())
