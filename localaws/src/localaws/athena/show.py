"""SHOW and DESCRIBE, in the layout of Athena's plain-text results."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from localaws.athena.catalog import is_iceberg, is_view
from localaws.athena.create_table_as import view_definition
from localaws.athena.errors import ddl_failure, failure
from localaws.athena.iceberg_metadata import IcebergMetadata
from localaws.athena.partitions import partition_keys
from localaws.athena.result_types import text_column_info
from localaws.athena.session import Session, qualified
from localaws.athena.show_create import show_create_table
from localaws.athena.show_iceberg import describe_iceberg
from localaws.athena.statements import Describe, Name, Show

_COLUMNS: Mapping[str, Sequence[str]] = {
    "DATABASES": ("database_name",),
    "TABLES": ("tab_name",),
    "VIEWS": ("views",),
    "COLUMNS": ("field",),
    "PARTITIONS": ("partition",),
    "CREATE TABLE": ("createtab_stmt",),
    "CREATE VIEW": ("Create View",),
    "TBLPROPERTIES": ("prpt_name", "prpt_value"),
}
_WIDTH = 20


def columns_of(statement: Show | Describe, session: Session) -> list[dict[str, Any]]:
    """Describe the columns of the result."""
    if _is_about_view(statement, session):
        return [text_column_info(name, "varchar") for name in ("column", "type")]
    if isinstance(statement, Describe):
        names: Sequence[str] = ("col_name", "data_type", "comment")
    else:
        names = _COLUMNS[statement.what]
    return [text_column_info(name) for name in names]


def _is_about_view(statement: Show | Describe, session: Session) -> bool:
    if isinstance(statement, Show) and statement.what != "COLUMNS":
        return False
    name = described_name(statement, session.database)
    table = None if name is None else session.catalog.table(name)
    return table is not None and is_view(table)


def described_name(statement: Show | Describe, database: str) -> Name | None:
    """Give the full name of the table that a SHOW or DESCRIBE is about, if it is about one."""
    if statement.name is None:
        return None
    name = qualified(statement.name, database)
    if isinstance(statement, Show) and statement.database is not None:
        return Name(name.table, statement.database, name.catalog)
    return name


def show(statement: Show, session: Session) -> list[str]:
    """Run a SHOW; give the lines of its result."""
    name = described_name(statement, session.database)
    if name is None:
        listed = _databases if statement.what == "DATABASES" else _tables
        return listed(statement, session)
    return _about_table(statement, name, session)


def _about_table(statement: Show, name: Name, session: Session) -> list[str]:
    table = session.catalog.require_table(name)
    match statement.what:
        case "TBLPROPERTIES":
            return _properties(statement, table)
        case "COLUMNS":
            return _column_names(table)
        case "PARTITIONS":
            return _partitions(statement, name, table, session)
        case "CREATE TABLE":
            if is_view(table):
                raise failure(
                    "GENERIC_USER_ERROR",
                    f"line 1:1: Relation '{name.catalog}.{name.database}.{name.table}' is a view, "
                    "not a table",
                )
            return show_create_table(table)
        case _:
            return _create_view(name, table)


def _matches(name: str, pattern: str | None) -> bool:
    """Match Hive's patterns: ``*`` for anything, ``|`` for a choice."""
    if pattern is None:
        return True
    choices = (re.escape(part).replace(r"\*", ".*") for part in pattern.split("|"))
    return any(re.fullmatch(choice, name, re.IGNORECASE) for choice in choices)


def _databases(statement: Show, session: Session) -> list[str]:
    names = [database["Name"] for database in session.catalog.databases()]
    return [name for name in names if _matches(name, statement.pattern)]


def _tables(statement: Show, session: Session) -> list[str]:
    tables = session.catalog.tables(statement.database or session.database)
    pattern = statement.pattern
    return [
        table["Name"]
        for table in tables
        if _matches(table["Name"], pattern) and (statement.what == "TABLES" or is_view(table))
    ]


def _columns(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    columns = [
        column
        for column in (table.get("StorageDescriptor") or {}).get("Columns") or []
        if (column.get("Parameters") or {}).get("iceberg.field.current") != "false"
    ]
    return columns + (table.get("PartitionKeys") or [])


def _column_names(table: Mapping[str, Any]) -> list[str]:
    if is_view(table):
        return _view_columns(table)
    width = 0 if is_iceberg(table) else _WIDTH
    return [f"{column['Name']:<{width}}" for column in _columns(table)]


def _view_columns(view: Mapping[str, Any]) -> list[str]:
    """Give a view's columns with their types in the engine's words, as Athena does."""
    return [f"{column['name']}\t{column['type']}" for column in view_definition(view)["columns"]]


def _properties(statement: Show, table: Mapping[str, Any]) -> list[str]:
    parameters: dict[str, str] = table.get("Parameters") or {}
    if statement.key is None:
        return [f"{key}\t{value}" for key, value in sorted(parameters.items())]
    if statement.key in parameters:
        return [parameters[statement.key]]
    return [
        f"Table {table['DatabaseName']}.{table['Name']} does not have property: {statement.key}"
    ]


def _partitions(
    statement: Show, name: Name, table: Mapping[str, Any], session: Session
) -> list[str]:
    if is_iceberg(table):
        raise failure("NOT_SUPPORTED", "SHOW PARTITIONS is not supported for Iceberg tables")
    keys = [key["Name"] for key in partition_keys(table, name)]
    wanted = statement.partition.values if statement.partition else {}
    lines: list[str] = []
    for partition in session.catalog.partitions(name):
        values = dict(zip(keys, partition.values, strict=True))
        if all(values.get(key) == value for key, value in wanted.items()):
            lines.append("/".join(f"{key}={value}" for key, value in values.items()))
    return lines


def _create_view(name: Name, table: Mapping[str, Any]) -> list[str]:
    shown = f"{name.catalog}.{name.database}.{name.table}"
    if not is_view(table):
        raise failure("GENERIC_USER_ERROR", f"line 1:1: Relation '{shown}' is a table, not a view")
    query = str(view_definition(table)["originalSql"])
    return [f"CREATE VIEW {shown} AS", *query.splitlines()]


def describe(statement: Describe, session: Session) -> list[str]:
    """Run a DESCRIBE; give the lines of its result, columns parted by tabs and padded."""
    name = session.qualify(statement.name)
    table = session.catalog.require_table(name)
    if is_view(table):
        return _view_columns(table)
    if is_iceberg(table):
        return describe_iceberg(statement, table, IcebergMetadata(table, session.objects))
    columns = _columns(table)
    if statement.column is not None:
        columns = [column for column in columns if column["Name"] == statement.column]
        if not columns:
            raise ddl_failure(
                f"SemanticException [Error 10002]: Invalid column reference {statement.column}"
            )
    lines = [_described(column) for column in columns]
    keys: list[dict[str, Any]] = table.get("PartitionKeys") or []
    if keys and statement.column is None:
        lines += [
            "\t \t ",
            "# Partition Information\t \t ",
            _cells("# col_name", "data_type", "comment"),
            "\t \t ",
            *(_described(key) for key in keys),
        ]
    if statement.mode is not None and statement.column is None:
        lines += _details(table)
    return lines


def _described(column: Mapping[str, Any]) -> str:
    return _cells(column["Name"], column["Type"], column.get("Comment") or "")


def _cells(*cells: str) -> str:
    return "\t".join(f"{cell:<{_WIDTH}}" for cell in cells)


def _details(table: Mapping[str, Any]) -> list[str]:
    storage = table.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    lines = [
        _cells("", "", ""),
        _cells("# Detailed Table Information", "", ""),
        _cells("Database:", table["DatabaseName"], ""),
        _cells("Owner:", table.get("Owner") or "", ""),
        _cells("Location:", storage.get("Location") or "", ""),
        _cells("Table Type:", table.get("TableType") or "", ""),
        _cells("Table Parameters:", "", ""),
    ]
    parameters: dict[str, str] = table.get("Parameters") or {}
    lines += [_cells("", key, value) for key, value in sorted(parameters.items())]
    lines += [
        _cells("", "", ""),
        _cells("# Storage Information", "", ""),
        _cells("SerDe Library:", serde.get("SerializationLibrary") or "", ""),
        _cells("InputFormat:", storage.get("InputFormat") or "", ""),
        _cells("OutputFormat:", storage.get("OutputFormat") or "", ""),
    ]
    return lines
