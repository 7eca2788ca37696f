"""Queries, INSERT, UPDATE, DELETE, MERGE and SHOW FUNCTIONS: run by the engine as typed."""

from dataclasses import dataclass
from typing import ClassVar

from localaws.athena.catalog.glue import is_iceberg, is_view
from localaws.athena.engine.queries import finish, submit
from localaws.athena.engine.session import Session
from localaws.athena.errors import failure
from localaws.athena.results.write import write_count, write_rows
from localaws.athena.sql.engine_only import refuse_engine_only
from localaws.athena.sql.names import Name
from localaws.athena.sql.query import Query
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements.base import Statement
from localaws.athena.statements.compression import codec_of_target
from localaws.trino.client import RunningQuery

QUERY_WORDS = ("SELECT", "WITH", "VALUES", "TABLE")
_TARGET_WORDS = {"INSERT": "INTO", "DELETE": "FROM", "MERGE": "INTO", "UPDATE": None}
WRITE_WORDS = tuple(_TARGET_WORDS)
_ROW_CHANGES = frozenset({"UPDATE", "DELETE", "MERGE"})


@dataclass(frozen=True)
class EngineStatement(Statement):
    """Run by Trino as it was typed.

    Attributes
    ----------
    kind
        Its SubstatementType: ``SELECT``, ``INSERT``, ``SHOW_FUNCTIONS`` and so on.
    target
        What INSERT, UPDATE, DELETE and MERGE write.
    """

    query: Query
    kind: str
    target: Name | None = None
    TYPE: ClassVar[str] = "DML"

    @property
    def type(self) -> str:
        """UTILITY for SHOW FUNCTIONS, which Athena counts with SHOW and DESCRIBE."""
        return "UTILITY" if self.kind == "SHOW_FUNCTIONS" else self.TYPE

    @property
    def subtype(self) -> str:
        """The kind."""
        return self.kind

    @property
    def is_reusable(self) -> bool:
        """Whether it is a query."""
        return self.kind == "SELECT"

    def result_object(self, execution_id: str) -> str:
        """Return the name of a CSV; INSERT writes a manifest of that name instead."""
        return execution_id if self.kind == "INSERT" else f"{execution_id}.csv"

    def submit(self, session: Session) -> RunningQuery:
        """Refuse what Athena lacks and send the rest."""
        refuse_engine_only(self.query, session.database)
        self._refuse_row_changes(session)
        properties = {} if self.target is None else codec_of_target(self.target, session)
        return submit(session, self.query.text, properties=properties)

    def _refuse_row_changes(self, session: Session) -> None:
        if self.target is None or self.kind not in _ROW_CHANGES:
            return
        table = session.catalog.table(session.qualify(self.target))
        if table is None or is_view(table) or is_iceberg(table):
            return
        # Trino takes a DELETE of whole partitions as a change of the catalog.
        raise failure(
            "NOT_SUPPORTED", "Modifying Hive table rows is only supported for transactional tables"
        )

    def run(self, session: Session) -> None:
        """Follow the engine's query to its end."""
        running = session.submitted or self.submit(session)
        if self.target is None:
            write_rows(session, running)
        else:
            finish(session, running)
            write_count(session, running.update_count or 0)

    def hint_after_failure(self, location: str) -> str | None:
        """Return where an INSERT lists the files that it wrote."""
        if self.kind != "INSERT":
            return None
        return (
            f"If a data manifest file was generated at '{location}-manifest.csv', you may need to "
            "manually clean the data from locations specified in the manifest."
        )


def parse_query(stream: TokenStream) -> EngineStatement:
    """Read a query; the engine reads the rest."""
    _refuse_newer_with(stream)
    return EngineStatement(stream.whole(), "SELECT")


def _refuse_newer_with(stream: TokenStream) -> None:
    """Refuse WITH SESSION and WITH FUNCTION, which the engine has and Athena does not.

    Both words may also name a common table expression.
    """
    if not stream.peek().is_word("WITH") or not stream.peek(1).is_word("SESSION", "FUNCTION"):
        return
    after = stream.peek(2)
    if not after.is_word("AS") and not after.is_symbol("("):
        stream.take()
        stream.take()
        raise stream.unexpected("(", "AS")


def parse_write(stream: TokenStream) -> EngineStatement:
    """Read which table is written; the engine reads the rest."""
    kind = stream.expect_any(*WRITE_WORDS)
    word = _TARGET_WORDS[kind]
    if word is not None:
        stream.expect(word)
    target = stream.name()
    return EngineStatement(stream.whole(), kind, target)


def parse_show_functions(stream: TokenStream) -> EngineStatement:
    """Read SHOW FUNCTIONS, the only SHOW that the engine answers."""
    return EngineStatement(stream.whole(), "SHOW_FUNCTIONS")
