"""CREATE TABLE without AS: a Hive table in the catalog, or an empty Iceberg table."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from localaws.athena.catalog.glue import hive_error
from localaws.athena.catalog.object_store import Location
from localaws.athena.engine.queries import run
from localaws.athena.engine.session import Session
from localaws.athena.engine.words import literal
from localaws.athena.errors import (
    MALFORMED_QUERY,
    InvalidRequestError,
    QueryFailedError,
    ddl_failure,
    failure,
)
from localaws.athena.sql.clauses import properties
from localaws.athena.sql.hive_types import column_list
from localaws.athena.sql.names import Column, Name, PropertyValue
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.sql.tokens import Kind
from localaws.athena.statements import iceberg
from localaws.athena.statements.base import TextStatement
from localaws.athena.statements.storage_formats import (
    Storage,
    glue_columns,
    read_storage,
    storage_descriptor,
)


@dataclass(frozen=True)
class CreateTable(TextStatement):
    """CREATE [EXTERNAL] TABLE without AS."""

    name: Name
    external: bool
    if_not_exists: bool
    columns: tuple[Column, ...]
    comment: str | None
    partitioned_by: tuple[Column, ...]
    transforms: tuple[str, ...]
    """PARTITIONED BY without types: Iceberg's transforms."""
    bucketed_by: tuple[str, ...]
    bucket_count: int | None
    storage: Storage
    location: str | None
    properties: Mapping[str, str]
    SUBTYPE: ClassVar[str] = "CREATE_TABLE"

    @property
    def is_iceberg(self) -> bool:
        """Whether the properties ask for an Iceberg table."""
        return self.properties.get("table_type", "").lower() == "iceberg"

    def lines(self, session: Session) -> list[str]:
        """Create the table."""
        name = session.qualify(self.name)
        session.catalog.require_database(str(name.database))
        if session.catalog.table(name) is not None:
            if self.if_not_exists:
                return []
            raise hive_error(f"AlreadyExistsException(message:Table {name.table} already exists.)")
        _refuse_duplicate_columns(self)
        Location.parse(str(self.location))
        if self.is_iceberg:
            _create_iceberg(self, name, session)
        else:
            session.catalog.create_table(name, _hive_table(self, name))
        return []


def parse(stream: TokenStream, *, external: bool) -> CreateTable:
    """Read what follows CREATE [EXTERNAL] TABLE in Hive's language."""
    if_not_exists = stream.accept("IF", "NOT", "EXISTS")
    name = stream.name()
    columns: tuple[Column, ...] = ()
    if stream.peek().is_symbol("("):
        columns = column_list(stream)
    comment = stream.string() if stream.accept("COMMENT") else None
    partitioned_by: tuple[Column, ...] = ()
    transforms: tuple[str, ...] = ()
    if stream.accept("PARTITIONED", "BY"):
        partitioned_by, transforms = _partitioned_by(stream)
    bucketed_by, bucket_count = _clustered_by(stream)
    storage = read_storage(stream)
    location = stream.string() if stream.accept("LOCATION") else None
    parameters = properties(stream) if stream.accept("TBLPROPERTIES") else {}
    statement = CreateTable(
        name=name,
        external=external,
        if_not_exists=if_not_exists,
        columns=columns,
        comment=comment,
        partitioned_by=partitioned_by,
        transforms=transforms,
        bucketed_by=bucketed_by,
        bucket_count=bucket_count,
        storage=storage,
        location=location,
        properties=parameters,
    )
    stream.end()
    _refuse_unplaced(statement)
    return statement


def _refuse_unplaced(statement: CreateTable) -> None:
    """Refuse, as StartQueryExecution does, a table that Athena would not know where to put."""
    if not statement.location:
        raise InvalidRequestError(
            "No location was specified for table. An S3 location must be specified",
            MALFORMED_QUERY,
        )
    if not statement.external and not statement.is_iceberg:
        raise InvalidRequestError("External keyword required for table type HIVE", MALFORMED_QUERY)


def _partitioned_by(stream: TokenStream) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Read Hive's ``(name type, …)`` or Iceberg's ``(name, bucket(16, name), …)``."""
    has_types = stream.peek(2).kind is Kind.WORD and not stream.peek(2).is_word("COMMENT")
    if has_types:
        return column_list(stream), ()
    return (), tuple(stream.in_parentheses(_transform))


def _transform(stream: TokenStream) -> str:
    term = stream.identifier()
    if stream.peek().is_symbol("("):
        term += f"({stream.balanced().text.replace('`', '').strip()})"
    return term


def _clustered_by(stream: TokenStream) -> tuple[tuple[str, ...], int | None]:
    if not stream.accept("CLUSTERED", "BY"):
        return (), None
    columns = stream.in_parentheses(TokenStream.identifier)
    stream.expect("INTO")
    count = stream.integer()
    stream.expect("BUCKETS")
    return tuple(columns), count


def _refuse_duplicate_columns(statement: CreateTable) -> None:
    seen: set[str] = set()
    for column in (*statement.columns, *statement.partitioned_by):
        if column.name in seen:
            raise ddl_failure(
                f"SemanticException [Error 10036]: Duplicate column name: {column.name}"
            )
        seen.add(column.name)


def _hive_table(statement: CreateTable, name: Name) -> dict[str, Any]:
    parameters = {
        "EXTERNAL": "TRUE",
        "transient_lastDdlTime": str(int(time.time())),
        **statement.properties,
    }
    if statement.comment is not None:
        parameters["comment"] = statement.comment
    return {
        "Name": name.table,
        "Owner": "hadoop",
        "Retention": 0,
        "StorageDescriptor": storage_descriptor(
            statement.storage,
            statement.columns,
            statement.location,
            (statement.bucketed_by, statement.bucket_count),
        ),
        "PartitionKeys": glue_columns(statement.partitioned_by),
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
    }


def _create_iceberg(statement: CreateTable, name: Name, session: Session) -> None:
    """Create an empty Iceberg table."""
    known = iceberg.KEPT_PROPERTIES | {"table_type", "format", "write_compression"}
    for key in statement.properties:
        if key.lower() not in known and "." not in key:
            raise failure("INVALID_TABLE_PROPERTY", f"Unsupported table property key: {key}")
    if statement.storage.stored_as or statement.storage.serde:
        raise QueryFailedError("Iceberg create table statement does not allow STORED AS/BY")
    if statement.partitioned_by:
        raise ddl_failure(
            "SemanticException: an Iceberg table is partitioned by columns of its own: "
            "PARTITIONED BY takes names and transforms without types"
        )
    properties: dict[str, PropertyValue] = dict(statement.properties)
    properties["partitioning"] = list(statement.transforms)
    terms, codec = iceberg.engine_properties(properties, str(statement.location))
    columns = ", ".join(iceberg.column_words(column) for column in statement.columns)
    comment = f" COMMENT {literal(statement.comment)}" if statement.comment else ""
    run(
        session,
        f"CREATE TABLE {iceberg.engine_name(name)} ({columns}){comment} WITH ({', '.join(terms)})",
        properties=codec,
    )
