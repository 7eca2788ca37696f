"""DESCRIBE, in the layout of Athena's plain-text results."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from localaws.athena.catalog.glue import Catalog, current_columns, is_iceberg, is_view
from localaws.athena.catalog.iceberg_metadata import IcebergMetadata
from localaws.athena.engine.session import Session
from localaws.athena.errors import InvalidRequestError, ddl_failure
from localaws.athena.results.result_types import text_column_info
from localaws.athena.sql.clauses import partition_spec
from localaws.athena.sql.names import Name, PartitionSpec
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.sql.tokens import Kind
from localaws.athena.statements.base import TextStatement
from localaws.athena.statements.describe_iceberg import describe_iceberg
from localaws.athena.statements.views import view_columns
from localaws.trino.configuration import HIVE_CATALOG

WIDTH = 20
"""Characters to which Athena pads a cell."""
VIEW_COLUMNS = [text_column_info(name, "varchar") for name in ("column", "type")]
"""ColumnInfo of a result that lists a view's columns."""


@dataclass(frozen=True)
class Describe(TextStatement):
    """DESCRIBE [EXTENDED | FORMATTED] table [PARTITION …] [column]."""

    name: Name
    mode: str | None
    partition: PartitionSpec | None
    column: str | None
    TYPE: ClassVar[str] = "UTILITY"
    SUBTYPE: ClassVar[str] = "DESCRIBE_TABLE"

    def check(self, catalog: Catalog, database: str) -> None:
        """Refuse a table that does not exist."""
        require_described(self.name.completed(database, HIVE_CATALOG), catalog)

    def column_info(self, session: Session) -> list[dict[str, Any]]:
        """Return the columns, which differ for a view."""
        table = session.catalog.table(session.qualify(self.name))
        if table is not None and is_view(table):
            return VIEW_COLUMNS
        return [text_column_info(name) for name in ("col_name", "data_type", "comment")]

    def lines(self, session: Session) -> list[str]:
        """Return the lines of the description, cells separated by tabs and padded."""
        table = session.catalog.require_table(session.qualify(self.name))
        if is_view(table):
            return view_columns(table)
        if is_iceberg(table):
            metadata = IcebergMetadata(table, session.objects)
            return describe_iceberg(
                table, metadata, column=self.column, with_details=self.mode is not None
            )
        return _describe_hive(self, table)


def require_described(name: Name, catalog: Catalog) -> None:
    """Refuse, as StartQueryExecution does, to describe a table that does not exist.

    Raises
    ------
    InvalidRequestError
        There is no such table.
    """
    if catalog.table(name) is None:
        raise InvalidRequestError(
            "Entity Not Found (Service: AmazonDataCatalog; Status Code: 400; Error Code: "
            f"EntityNotFoundException; Request ID: {uuid.uuid4()}; Proxy: null)"
        )


def _describe_hive(statement: Describe, table: Mapping[str, Any]) -> list[str]:
    keys: list[dict[str, Any]] = table.get("PartitionKeys") or []
    columns = current_columns(table) + keys
    if statement.column is not None:
        columns = [column for column in columns if column["Name"] == statement.column]
        if not columns:
            raise ddl_failure(
                f"SemanticException [Error 10002]: Invalid column reference {statement.column}"
            )
    lines = [_described(column) for column in columns]
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
    return "\t".join(f"{cell:<{WIDTH}}" for cell in cells)


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


def parse(stream: TokenStream) -> Describe:
    """Read what follows DESCRIBE."""
    mode = stream.accept_any("EXTENDED", "FORMATTED")
    name = stream.name()
    partition = partition_spec(stream) if stream.accept("PARTITION") else None
    token = stream.peek()
    column = stream.identifier() if token.kind in {Kind.WORD, Kind.IDENTIFIER} else None
    return Describe(name, mode, partition, column)
