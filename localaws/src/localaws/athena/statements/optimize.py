"""OPTIMIZE."""

from dataclasses import dataclass
from typing import ClassVar

from localaws.athena.engine.queries import run
from localaws.athena.engine.session import Session
from localaws.athena.sql.names import Name
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements import rounds
from localaws.athena.statements.base import TextStatement
from localaws.athena.statements.iceberg import engine_name, require_iceberg


@dataclass(frozen=True)
class Optimize(TextStatement):
    """OPTIMIZE table REWRITE DATA USING BIN_PACK [WHERE predicate]."""

    name: Name
    where: str | None
    TYPE: ClassVar[str] = "DML"
    SUBTYPE: ClassVar[str] = "OPTIMIZE"

    def result_object(self, execution_id: str) -> str:
        """Return the name of the result's object."""
        return execution_id

    def lines(self, session: Session) -> list[str]:
        """Rewrite small files into large ones, in so many partitions as a round has."""
        name = session.qualify(self.name)
        table = require_iceberg(name, session, "OPTIMIZE")
        location = str(table["StorageDescriptor"]["Location"])
        files = rounds.files_of_one_round(name, self.where, location, session)
        condition = self.where if files is None else rounds.restricted(self.where, files)
        where = f" WHERE {condition}" if condition else ""
        run(session, f"ALTER TABLE {engine_name(name)} EXECUTE optimize{where}")
        if files is not None:
            raise rounds.more_optimizes(session.rounds.optimize_partitions)
        return []


def parse(stream: TokenStream) -> Optimize:
    """Read OPTIMIZE."""
    stream.expect("OPTIMIZE")
    name = rounds.name_of_table(stream)
    stream.expect("REWRITE", "DATA", "USING", "BIN_PACK")
    where = stream.rest().text if stream.accept("WHERE") else None
    stream.end()
    return Optimize(name, where)
