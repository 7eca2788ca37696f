"""SHOW, in the layout of Athena's plain-text results."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from localaws.athena.catalog.glue import Catalog, current_columns, is_iceberg, is_view
from localaws.athena.catalog.partitions import partition_keys
from localaws.athena.engine.session import Session
from localaws.athena.errors import failure
from localaws.athena.results.result_types import text_column_info
from localaws.athena.sql.clauses import partition_spec
from localaws.athena.sql.names import Name, PartitionSpec
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.sql.tokens import Kind
from localaws.athena.statements.base import TextStatement
from localaws.athena.statements.describe import VIEW_COLUMNS, WIDTH, require_described
from localaws.athena.statements.show_create import show_create_table
from localaws.athena.statements.views import view_columns, view_definition
from localaws.trino.configuration import HIVE_CATALOG

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


@dataclass(frozen=True)
class Show(TextStatement):
    """Any SHOW that the catalog answers.

    Attributes
    ----------
    what
        ``DATABASES``, ``TABLES``, ``VIEWS``, ``COLUMNS``, ``PARTITIONS``, ``CREATE TABLE``,
        ``CREATE VIEW``, ``TBLPROPERTIES``.
    name
        Table or view, where one is named.
    database
        IN or FROM a database.
    pattern
        LIKE, or the bare regular expression of SHOW TABLES.
    key
        The one property of SHOW TBLPROPERTIES.
    """

    what: str
    name: Name | None = None
    database: str | None = None
    pattern: str | None = None
    key: str | None = None
    partition: PartitionSpec | None = None
    TYPE: ClassVar[str] = "UTILITY"

    @property
    def subtype(self) -> str:
        """As in ``SHOW_TABLES``."""
        return f"SHOW_{self.what.replace(' ', '_')}"

    def table_name(self, database: str) -> Name | None:
        """Return the full name of the table that it is about; None if it is not about one."""
        if self.name is None:
            return None
        name = self.name.completed(database, HIVE_CATALOG)
        return name if self.database is None else Name(name.table, self.database, name.catalog)

    def check(self, catalog: Catalog, database: str) -> None:
        """Refuse SHOW COLUMNS of a table that does not exist."""
        name = self.table_name(database)
        if self.what == "COLUMNS" and name is not None:
            require_described(name, catalog)

    def column_info(self, session: Session) -> list[dict[str, Any]]:
        """Return the columns, which differ for the columns of a view."""
        name = self.table_name(session.database)
        if self.what == "COLUMNS" and name is not None:
            table = session.catalog.table(name)
            if table is not None and is_view(table):
                return VIEW_COLUMNS
        return [text_column_info(column) for column in _COLUMNS[self.what]]

    def lines(self, session: Session) -> list[str]:
        """List what the catalog has."""
        name = self.table_name(session.database)
        if name is not None:
            return _about_table(self, name, session)
        return (_databases if self.what == "DATABASES" else _tables)(self, session)


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
            return _create_table(name, table)
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


def _column_names(table: Mapping[str, Any]) -> list[str]:
    if is_view(table):
        return view_columns(table)
    width = 0 if is_iceberg(table) else WIDTH
    columns = current_columns(table) + (table.get("PartitionKeys") or [])
    return [f"{column['Name']:<{width}}" for column in columns]


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


def _create_table(name: Name, table: Mapping[str, Any]) -> list[str]:
    if is_view(table):
        raise failure(
            "GENERIC_USER_ERROR",
            f"line 1:1: Relation '{name.catalog}.{name.database}.{name.table}' is a view, "
            "not a table",
        )
    return show_create_table(table)


def _create_view(name: Name, table: Mapping[str, Any]) -> list[str]:
    shown = f"{name.catalog}.{name.database}.{name.table}"
    if not is_view(table):
        raise failure("GENERIC_USER_ERROR", f"line 1:1: Relation '{shown}' is a table, not a view")
    query = str(view_definition(table)["originalSql"])
    return [f"CREATE VIEW {shown} AS", *query.splitlines()]


def parse_create_view(stream: TokenStream) -> Show:
    """Read SHOW CREATE VIEW, which has Trino's quoting."""
    stream.expect("SHOW", "CREATE", "VIEW")
    name = stream.name()
    stream.end()
    return Show("CREATE VIEW", name=name)


def parse(stream: TokenStream) -> Show:
    """Read what follows SHOW in Hive's language."""
    what = stream.accept_any(
        "DATABASES",
        "SCHEMAS",
        "TABLES",
        "VIEWS",
        "COLUMNS",
        "PARTITIONS",
        "CREATE",
        "TBLPROPERTIES",
    )
    if what is None:
        raise stream.unexpected()
    if what in {"DATABASES", "SCHEMAS"}:
        return Show("DATABASES", pattern=_pattern(stream))
    if what in {"TABLES", "VIEWS"}:
        database = stream.identifier() if stream.accept_any("IN", "FROM") else None
        return Show(what, database=database, pattern=_pattern(stream))
    if what == "COLUMNS":
        stream.expect_any("IN", "FROM")
        name = stream.name()
        database = stream.identifier() if stream.accept_any("IN", "FROM") else None
        return Show(what, name=name, database=database)
    if what == "PARTITIONS":
        name = stream.name()
        partition = partition_spec(stream) if stream.accept("PARTITION") else None
        return Show(what, name=name, partition=partition)
    if what == "CREATE":
        stream.expect("TABLE")
        return Show("CREATE TABLE", name=stream.name())
    return _parse_properties(stream)


def _parse_properties(stream: TokenStream) -> Show:
    name = stream.name()
    key = None
    if stream.accept_symbol("("):
        key = stream.string()
        stream.expect_symbol(")")
    return Show("TBLPROPERTIES", name=name, key=key)


def _pattern(stream: TokenStream) -> str | None:
    if stream.accept("LIKE") or stream.peek().kind is Kind.STRING:
        return stream.string()
    return None
