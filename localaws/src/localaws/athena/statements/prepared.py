"""PREPARE, EXECUTE and DEALLOCATE."""

from dataclasses import dataclass
from typing import ClassVar

from localaws.athena.engine.session import Session
from localaws.athena.errors import failure
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.sql.tokens import Kind
from localaws.athena.statements.base import Statement


@dataclass(frozen=True)
class Prepare(Statement):
    """PREPARE name FROM statement."""

    name: str
    sql: str
    SUBTYPE: ClassVar[str] = "PREPARE"

    def run(self, session: Session) -> None:
        """Keep the statement."""
        session.execution.is_text = True
        session.prepared.put(session.execution.workgroup, self.name, self.sql, None)


@dataclass(frozen=True)
class Execute(Statement):
    """EXECUTE name [USING parameters]; the service parses the prepared statement and runs that."""

    name: str
    parameters: tuple[str, ...]
    TYPE: ClassVar[str] = "DML"
    SUBTYPE: ClassVar[str] = "EXECUTE"


@dataclass(frozen=True)
class Deallocate(Statement):
    """DEALLOCATE PREPARE name."""

    name: str
    SUBTYPE: ClassVar[str] = "DEALLOCATE"

    def run(self, session: Session) -> None:
        """Remove the statement."""
        session.execution.is_text = True
        workgroup = session.execution.workgroup
        if session.prepared.find(workgroup, self.name) is None:
            raise failure("NOT_FOUND", f"Prepared statement not found: {self.name}")
        session.prepared.delete(workgroup, self.name)


def parse_prepare(stream: TokenStream) -> Prepare:
    """Read PREPARE."""
    stream.expect("PREPARE")
    name = stream.identifier()
    stream.expect("FROM")
    return Prepare(name, stream.rest().text)


def parse_execute(stream: TokenStream) -> Execute:
    """Read EXECUTE with its parameters as they were typed."""
    stream.expect("EXECUTE")
    name = stream.identifier()
    if not stream.accept("USING"):
        stream.end()
        return Execute(name, ())
    parameters: list[str] = []
    start, depth = stream.peek().start, 0
    while True:
        token = stream.peek()
        ends = token.kind is Kind.END or token.is_symbol(";")
        if ends or (depth == 0 and token.is_symbol(",")):
            parameters.append(stream.sql[start : token.start].strip())
            if ends:
                break
            stream.take()
            start = stream.peek().start
            continue
        depth += (token.text in "([{") - (token.text in ")]}") if token.kind is Kind.SYMBOL else 0
        stream.take()
    stream.end()
    return Execute(name, tuple(parameters))


def parse_deallocate(stream: TokenStream) -> Deallocate:
    """Read DEALLOCATE."""
    stream.expect("DEALLOCATE", "PREPARE")
    name = stream.identifier()
    stream.end()
    return Deallocate(name)
