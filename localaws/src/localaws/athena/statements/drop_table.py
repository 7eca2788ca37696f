"""DROP TABLE."""

from dataclasses import dataclass
from typing import ClassVar

from localaws.athena.catalog.glue import is_iceberg, is_view
from localaws.athena.engine.queries import run
from localaws.athena.engine.session import Session
from localaws.athena.errors import ddl_failure
from localaws.athena.sql.names import Name
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements.base import TextStatement
from localaws.athena.statements.iceberg import engine_name


@dataclass(frozen=True)
class DropTable(TextStatement):
    """DROP TABLE."""

    name: Name
    if_exists: bool
    SUBTYPE: ClassVar[str] = "DROP_TABLE"

    def lines(self, session: Session) -> list[str]:
        """Remove a table: a Hive table's objects stay, an Iceberg table's objects are deleted."""
        name = session.qualify(self.name)
        table = session.catalog.table(name)
        if table is None:
            if self.if_exists:
                return []
            raise ddl_failure(f"SemanticException [Error 10001]: Table not found {name.table}")
        if is_view(table):
            raise ddl_failure("SemanticException Cannot drop a view with DROP TABLE")
        if is_iceberg(table):
            run(session, f"DROP TABLE {engine_name(name)}")
        else:
            session.catalog.delete_table(name)
        return []


def parse(stream: TokenStream) -> DropTable:
    """Read what follows DROP TABLE."""
    if_exists = stream.accept("IF", "EXISTS")
    return DropTable(stream.name(), if_exists)
