"""ALTER TABLE SET and UNSET TBLPROPERTIES, SET LOCATION and RENAME TO."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from localaws.athena.catalog.glue import hive_error
from localaws.athena.catalog.object_store import Location
from localaws.athena.catalog.partitions import change_partition, partition_input, spec_values
from localaws.athena.engine.session import Session
from localaws.athena.engine.words import string_map
from localaws.athena.errors import ddl_failure
from localaws.athena.sql.clauses import properties
from localaws.athena.sql.names import Name, PartitionSpec
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements import iceberg
from localaws.athena.statements.alter_base import AlterTable


@dataclass(frozen=True)
class SetProperties(AlterTable):
    """SET TBLPROPERTIES."""

    properties: Mapping[str, str]
    IS_FOR_VIEWS: ClassVar[bool] = True

    def change_definition(self, definition: dict[str, Any], name: Name) -> None:
        """Add or replace properties."""
        del name
        definition["Parameters"] = (definition.get("Parameters") or {}) | dict(self.properties)
        if "comment" in self.properties:
            definition["Description"] = self.properties["comment"]

    def iceberg_actions(self, table: Mapping[str, Any], session: Session) -> list[str]:
        """Add or replace properties."""
        del table, session
        return [f"SET PROPERTIES extra_properties = {string_map(self.properties)}"]


@dataclass(frozen=True)
class UnsetProperties(AlterTable):
    """UNSET TBLPROPERTIES."""

    keys: tuple[str, ...]
    if_exists: bool
    IS_FOR_VIEWS: ClassVar[bool] = True

    def change_definition(self, definition: dict[str, Any], name: Name) -> None:
        """Remove properties."""
        del name
        parameters = definition.get("Parameters") or {}
        for key in self.keys:
            if key not in parameters and not self.if_exists:
                raise ddl_failure(f"SemanticException [Error 10215]: Property {key} does not exist")
            parameters.pop(key, None)
        definition["Parameters"] = parameters


@dataclass(frozen=True)
class SetLocation(AlterTable):
    """[PARTITION …] SET LOCATION."""

    location: str
    partition: PartitionSpec | None

    def change_hive(self, name: Name, table: Mapping[str, Any], session: Session) -> None:
        """Move the table or one partition to another folder; no object is moved."""
        Location.parse(self.location)
        if self.partition is None:
            super().change_hive(name, table, session)
            return
        values = spec_values(table, name, self.partition)
        moved = partition_input(table, values, self.location)
        descriptor = {"StorageDescriptor": moved["StorageDescriptor"]}
        change_partition(name, values, descriptor, session.catalog)

    def change_definition(self, definition: dict[str, Any], name: Name) -> None:
        """Replace the table's location."""
        del name
        definition["StorageDescriptor"]["Location"] = self.location


@dataclass(frozen=True)
class RenameTable(AlterTable):
    """RENAME TO."""

    new_name: Name

    def change_definition(self, definition: dict[str, Any], name: Name) -> None:
        """Refuse: Athena renames Iceberg tables only."""
        del definition, name
        raise hive_error("Table cannot be renamed")

    def iceberg_actions(self, table: Mapping[str, Any], session: Session) -> list[str]:
        """Rename the table."""
        del table
        return [f"RENAME TO {iceberg.engine_name(session.qualify(self.new_name))}"]


def parse_set(stream: TokenStream, name: Name) -> SetLocation | SetProperties:
    """Read what follows SET."""
    if stream.accept("LOCATION"):
        return SetLocation(name, stream.string(), None)
    if not stream.accept("TBLPROPERTIES"):
        raise stream.unexpected()
    return SetProperties(name, properties(stream))


def parse_unset(stream: TokenStream, name: Name) -> UnsetProperties:
    """Read what follows UNSET."""
    stream.expect("TBLPROPERTIES")
    if_exists = stream.accept("IF", "EXISTS")
    keys = stream.in_parentheses(TokenStream.string)
    return UnsetProperties(name, tuple(keys), if_exists)


def parse_rename(stream: TokenStream, name: Name) -> RenameTable:
    """Read what follows RENAME."""
    stream.expect("TO")
    return RenameTable(name, stream.name())
