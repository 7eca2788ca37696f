"""What every ALTER TABLE has in common."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from localaws.athena.catalog.glue import is_iceberg, is_view, table_input
from localaws.athena.engine.queries import run
from localaws.athena.engine.session import Session
from localaws.athena.errors import ddl_failure
from localaws.athena.sql.names import Name
from localaws.athena.statements import iceberg
from localaws.athena.statements.base import TextStatement


@dataclass(frozen=True)
class AlterTable(TextStatement):
    """Any ALTER TABLE: a change of a Hive table's definition, or actions on an Iceberg table."""

    name: Name
    SUBTYPE: ClassVar[str] = "ALTER_TABLE"
    IS_FOR_VIEWS: ClassVar[bool] = False
    """Whether it may name a view."""

    def lines(self, session: Session) -> list[str]:
        """Change the table."""
        name = session.qualify(self.name)
        table = session.catalog.require_table(name)
        if is_view(table) and not self.IS_FOR_VIEWS:
            raise ddl_failure("SemanticException Cannot alter a view with ALTER TABLE")
        if is_iceberg(table):
            for action in self.iceberg_actions(table, session):
                run(session, f"ALTER TABLE {iceberg.engine_name(name)} {action}")
        else:
            self.change_hive(name, table, session)
        return []

    def change_hive(self, name: Name, table: Mapping[str, Any], session: Session) -> None:
        """Change a Hive table or a view in the catalog."""
        changed = table_input(table)
        self.change_definition(changed, name)
        session.catalog.update_table(name, changed)

    def change_definition(self, definition: dict[str, Any], name: Name) -> None:
        """Change a Hive table's definition in place."""
        raise NotImplementedError

    def iceberg_actions(self, table: Mapping[str, Any], session: Session) -> list[str]:
        """Return what the engine's ALTER TABLE does, one action for each statement."""
        del table, session
        raise iceberg.not_supported()
