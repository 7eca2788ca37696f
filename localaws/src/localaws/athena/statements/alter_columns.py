"""ALTER TABLE ADD COLUMNS, REPLACE COLUMNS, CHANGE COLUMN and DROP COLUMN."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localaws.athena.catalog.glue import current_columns
from localaws.athena.engine.session import Session
from localaws.athena.engine.words import quoted
from localaws.athena.errors import ddl_failure, failure
from localaws.athena.sql.hive_types import column, column_list, to_trino
from localaws.athena.sql.names import Column, Name
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements.alter_base import AlterTable
from localaws.athena.statements.iceberg import column_words
from localaws.athena.statements.storage_formats import glue_columns


@dataclass(frozen=True)
class AddColumns(AlterTable):
    """ADD COLUMNS."""

    columns: tuple[Column, ...]

    def change_definition(self, definition: dict[str, Any], name: Name) -> None:
        """Add columns before the partition keys."""
        columns = definition["StorageDescriptor"]["Columns"]
        known = {c["Name"] for c in (*columns, *(definition.get("PartitionKeys") or []))}
        for added in self.columns:
            if added.name in known:
                raise ddl_failure(
                    f"SemanticException [Error 10036]: Duplicate column name: {added.name} "
                    f"({name.table})"
                )
        columns.extend(glue_columns(self.columns))

    def iceberg_actions(self, table: Mapping[str, Any], session: Session) -> list[str]:
        """Add one column after the other."""
        del table, session
        return [f"ADD COLUMN {column_words(added)}" for added in self.columns]


@dataclass(frozen=True)
class ReplaceColumns(AlterTable):
    """REPLACE COLUMNS."""

    columns: tuple[Column, ...]

    def change_definition(self, definition: dict[str, Any], name: Name) -> None:
        """Replace all columns but the partition keys."""
        del name
        definition["StorageDescriptor"]["Columns"] = glue_columns(self.columns)


@dataclass(frozen=True)
class ChangeColumn(AlterTable):
    """CHANGE COLUMN old new type [COMMENT] [FIRST | AFTER column]."""

    old_name: str
    column: Column
    first: bool = False
    after: str | None = None

    def change_definition(self, definition: dict[str, Any], name: Name) -> None:
        """Replace a column, at its place or at another."""
        del name
        columns: list[dict[str, Any]] = definition["StorageDescriptor"]["Columns"]
        index = next((i for i, c in enumerate(columns) if c["Name"] == self.old_name), None)
        if index is None:
            raise _invalid_column(self.old_name)
        (changed,) = glue_columns((self.column,))
        columns.pop(index)
        if self.first:
            index = 0
        elif self.after is not None:
            names = [each["Name"] for each in columns]
            if self.after not in names:
                raise _invalid_column(self.after)
            index = names.index(self.after) + 1
        columns.insert(index, changed)

    def iceberg_actions(self, table: Mapping[str, Any], session: Session) -> list[str]:
        """Rename the column and change its type, where they differ."""
        del session
        types = {each["Name"]: each["Type"] for each in current_columns(table)}
        if self.old_name not in types:
            raise _invalid_column(self.old_name)
        actions: list[str] = []
        new = quoted(self.column.name)
        if self.column.name != self.old_name:
            actions.append(f"RENAME COLUMN {quoted(self.old_name)} TO {new}")
        if self.column.type != types[self.old_name]:
            kind = to_trino(self.column.type, iceberg=True)
            actions.append(f"ALTER COLUMN {new} SET DATA TYPE {kind}")
        return actions


@dataclass(frozen=True)
class DropColumn(AlterTable):
    """DROP COLUMN."""

    column: str

    def change_definition(self, definition: dict[str, Any], name: Name) -> None:
        """Refuse: a Hive table's columns are replaced, not dropped."""
        del definition, name
        raise failure(
            "NOT_SUPPORTED", "ALTER TABLE DROP COLUMN is only supported for Iceberg tables"
        )

    def iceberg_actions(self, table: Mapping[str, Any], session: Session) -> list[str]:
        """Drop the column."""
        del table, session
        return [f"DROP COLUMN {quoted(self.column)}"]


def _invalid_column(name: str) -> Exception:
    return ddl_failure(f"SemanticException [Error 10002]: Invalid column {name}")


def parse_add(stream: TokenStream, name: Name) -> AddColumns:
    """Read what follows ADD COLUMNS."""
    return AddColumns(name, column_list(stream))


def parse_replace(stream: TokenStream, name: Name) -> ReplaceColumns:
    """Read what follows REPLACE."""
    stream.expect("COLUMNS")
    return ReplaceColumns(name, column_list(stream))


def parse_change(stream: TokenStream, name: Name) -> ChangeColumn:
    """Read what follows CHANGE."""
    stream.accept("COLUMN")
    old_name = stream.identifier()
    new = column(stream)
    first = stream.accept("FIRST")
    after = stream.identifier() if not first and stream.accept("AFTER") else None
    return ChangeColumn(name, old_name, new, first, after)


def parse_drop(stream: TokenStream, name: Name) -> DropColumn:
    """Read what follows DROP COLUMN."""
    return DropColumn(name, stream.identifier())
