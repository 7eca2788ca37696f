"""ALTER TABLE on the catalog: columns, properties, location."""

from typing import Any

from localaws.athena import iceberg
from localaws.athena.catalog import hive_error, is_iceberg, is_view, table_input
from localaws.athena.errors import ddl_failure, failure
from localaws.athena.object_store import Location
from localaws.athena.partitions import change_partition, partition_input, spec_values
from localaws.athena.session import Session
from localaws.athena.statements import (
    AddColumns,
    AlterTable,
    ChangeColumn,
    Name,
    RenameTable,
    ReplaceColumns,
    SetLocation,
    SetProperties,
    UnsetProperties,
)
from localaws.athena.storage_formats import glue_columns


def alter_table(statement: AlterTable, session: Session) -> list[str]:
    """Run an ALTER TABLE that is not about partitions."""
    name = session.qualify(statement.name)
    table = session.catalog.require_table(name)
    if is_view(table) and not isinstance(statement, SetProperties | UnsetProperties):
        raise ddl_failure("SemanticException Cannot alter a view with ALTER TABLE")
    if is_iceberg(table):
        iceberg.alter_table(statement, name, table, session)
        return []
    if isinstance(statement, SetLocation):
        _set_location(statement, name, table, session)
        return []
    session.catalog.update_table(name, _changed(table_input(table), statement, name))
    return []


def _changed(changed: dict[str, Any], statement: AlterTable, name: Name) -> dict[str, Any]:
    """Give a Hive table's definition after a statement."""
    match statement:
        case AddColumns():
            _add_columns(changed, statement, name)
        case ReplaceColumns(columns=columns):
            changed["StorageDescriptor"]["Columns"] = glue_columns(columns)
        case ChangeColumn():
            _change_column(changed, statement)
        case SetProperties(properties=properties):
            changed["Parameters"] = (changed.get("Parameters") or {}) | dict(properties)
            if "comment" in properties:
                changed["Description"] = properties["comment"]
        case UnsetProperties():
            _unset(changed, statement)
        case RenameTable():
            raise hive_error("Table cannot be renamed")
        case _:
            raise failure(
                "NOT_SUPPORTED", "ALTER TABLE DROP COLUMN is only supported for Iceberg tables"
            )
    return changed


def _add_columns(table: dict[str, Any], statement: AddColumns, name: Name) -> None:
    columns = table["StorageDescriptor"]["Columns"]
    known = {c["Name"] for c in (*columns, *(table.get("PartitionKeys") or []))}
    for column in statement.columns:
        if column.name in known:
            raise ddl_failure(
                f"SemanticException [Error 10036]: Duplicate column name: {column.name} "
                f"({name.table})"
            )
    columns.extend(glue_columns(statement.columns))


def _change_column(table: dict[str, Any], statement: ChangeColumn) -> None:
    columns: list[dict[str, Any]] = table["StorageDescriptor"]["Columns"]
    index = next((i for i, c in enumerate(columns) if c["Name"] == statement.old_name), None)
    if index is None:
        raise ddl_failure(f"SemanticException [Error 10002]: Invalid column {statement.old_name}")
    (changed,) = glue_columns((statement.column,))
    columns.pop(index)
    if statement.first:
        index = 0
    elif statement.after is not None:
        names = [column["Name"] for column in columns]
        if statement.after not in names:
            raise ddl_failure(f"SemanticException [Error 10002]: Invalid column {statement.after}")
        index = names.index(statement.after) + 1
    columns.insert(index, changed)


def _unset(table: dict[str, Any], statement: UnsetProperties) -> None:
    parameters = table.get("Parameters") or {}
    for key in statement.keys:
        if key not in parameters and not statement.if_exists:
            raise ddl_failure(f"SemanticException [Error 10215]: Property {key} does not exist")
        parameters.pop(key, None)
    table["Parameters"] = parameters


def _set_location(
    statement: SetLocation, name: Name, table: dict[str, Any], session: Session
) -> None:
    Location.parse(statement.location)
    if statement.partition is not None:
        values = spec_values(table, name, statement.partition)
        current = partition_input(table, values, statement.location)
        change_partition(name, values, {"StorageDescriptor": current["StorageDescriptor"]}, session)
        return
    changed = table_input(table)
    changed["StorageDescriptor"]["Location"] = statement.location
    session.catalog.update_table(name, changed)
