"""Athena's DDL, OPTIMIZE and VACUUM on Iceberg tables, done by the engine."""

from collections.abc import Mapping
from typing import Any

from localaws.athena.catalog import is_iceberg
from localaws.athena.engine import literal, quoted, run, string_array, string_map
from localaws.athena.errors import NOT_SUPPORTED, USER, QueryFailedError, ddl_failure, failure
from localaws.athena.hive_types import to_trino
from localaws.athena.iceberg_metadata import IcebergMetadata
from localaws.athena.session import Session
from localaws.athena.statements import (
    AddColumns,
    AlterTable,
    ChangeColumn,
    Column,
    CreateTable,
    DropColumn,
    Name,
    Optimize,
    PropertyValue,
    RenameTable,
    SetProperties,
    Vacuum,
)
from localaws.athena.token_stream import TokenStream
from localaws.athena.tokens import Kind, Language
from localaws.trino.configuration import ICEBERG_CATALOG

# Athena's own properties of an Iceberg table; the engine only keeps them.
KEPT_PROPERTIES = frozenset(
    {
        "compression_level",
        "optimize_rewrite_data_file_threshold",
        "optimize_rewrite_delete_file_threshold",
        "optimize_rewrite_max_data_file_size_bytes",
        "optimize_rewrite_min_data_file_size_bytes",
        "vacuum_max_metadata_files_to_keep",
        "vacuum_max_snapshot_age_seconds",
        "vacuum_min_snapshots_to_keep",
        "write_target_data_file_size_bytes",
    }
)
_DEFAULT_MAX_SNAPSHOT_AGE_SECONDS = 432_000
_FORMATS = {"PARQUET", "ORC", "AVRO"}
_CODECS = {"ZSTD", "SNAPPY", "GZIP", "LZ4", "NONE"}


def not_supported() -> QueryFailedError:
    """Make the failure of a statement that Athena has for Hive tables only."""
    return QueryFailedError(
        "Query type not supported by Athena Iceberg at this time", USER, NOT_SUPPORTED
    )


def engine_name(name: Name) -> str:
    """Write an Iceberg table's name for the engine."""
    return quoted(ICEBERG_CATALOG, name.database, name.table)


def engine_properties(
    properties: Mapping[str, PropertyValue], location: str
) -> tuple[list[str], dict[str, str]]:
    """Translate Athena's properties of a new Iceberg table.

    Returns
    -------
    tuple
        Terms of the engine's WITH clause, and session properties.
    """
    given = {key.lower(): value for key, value in properties.items()}
    file_format = str(given.get("format", "PARQUET")).upper()
    if file_format not in _FORMATS:
        raise failure("INVALID_TABLE_PROPERTY", f"Unsupported Iceberg file format: {file_format}")
    codec = str(given.get("write_compression", "ZSTD")).upper()
    if codec == "UNCOMPRESSED":
        codec = "NONE"
    if codec not in _CODECS:
        raise failure("INVALID_TABLE_PROPERTY", f"Unsupported compression codec: {codec}")
    terms = [f"format = '{file_format}'", f"location = {literal(location.rstrip('/'))}"]
    partitioning = given.get("partitioning")
    if isinstance(partitioning, list) and partitioning:
        terms.append(f"partitioning = {string_array([_transform(t) for t in partitioning])}")
    kept = {key: str(value) for key, value in given.items() if key in KEPT_PROPERTIES}
    if "write_compression" in given:
        kept["write_compression"] = codec.lower()
    if kept:
        terms.append(f"extra_properties = {string_map(kept)}")
    return terms, {f"{ICEBERG_CATALOG}.compression_codec": codec}


def _transform(transform: str) -> str:
    """Give a partition transform with the column first: Athena's DDL has it last."""
    stream = TokenStream(transform, Language.TRINO)
    name = stream.identifier()
    if not stream.accept_symbol("("):
        return transform
    if stream.peek().kind is not Kind.NUMBER:
        return transform
    number = stream.integer()
    stream.expect_symbol(",")
    column = stream.identifier()
    return f"{name}({column}, {number})"


def create_table(statement: CreateTable, name: Name, session: Session) -> None:
    """Make an empty Iceberg table."""
    known = KEPT_PROPERTIES | {"table_type", "format", "write_compression"}
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
    terms, codec = engine_properties(properties, str(statement.location))
    columns = ", ".join(_column(column) for column in statement.columns)
    comment = f" COMMENT {literal(statement.comment)}" if statement.comment else ""
    run(
        session,
        f"CREATE TABLE {engine_name(name)} ({columns}){comment} WITH ({', '.join(terms)})",
        properties=codec,
    )


def _column(column: Column) -> str:
    comment = f" COMMENT {literal(column.comment)}" if column.comment else ""
    return f"{quoted(column.name)} {to_trino(column.type, iceberg=True)}{comment}"


def drop_table(name: Name, session: Session) -> None:
    """Remove an Iceberg table with its objects."""
    run(session, f"DROP TABLE {engine_name(name)}")


def alter_table(
    statement: AlterTable, name: Name, table: Mapping[str, Any], session: Session
) -> None:
    """Run an ALTER TABLE on an Iceberg table."""
    prefix = f"ALTER TABLE {engine_name(name)}"
    for action in _actions(statement, table, session):
        run(session, f"{prefix} {action}")


def _actions(statement: AlterTable, table: Mapping[str, Any], session: Session) -> list[str]:
    match statement:
        case AddColumns(columns=columns):
            return [f"ADD COLUMN {_column(column)}" for column in columns]
        case DropColumn(column=column):
            return [f"DROP COLUMN {quoted(column)}"]
        case ChangeColumn():
            return _change(statement, table)
        case SetProperties(properties=properties):
            return [f"SET PROPERTIES extra_properties = {string_map(properties)}"]
        case RenameTable(new_name=new_name):
            target = session.qualify(new_name)
            return [f"RENAME TO {engine_name(target)}"]
        case _:
            raise not_supported()


def _types(table: Mapping[str, Any]) -> dict[str, str]:
    return {
        column["Name"]: column["Type"]
        for column in table["StorageDescriptor"]["Columns"]
        if (column.get("Parameters") or {}).get("iceberg.field.current") != "false"
    }


def _change(statement: ChangeColumn, table: Mapping[str, Any]) -> list[str]:
    types, new = _types(table), statement.column
    if statement.old_name not in types:
        raise ddl_failure(f"SemanticException [Error 10002]: Invalid column {statement.old_name}")
    actions: list[str] = []
    if new.name != statement.old_name:
        actions.append(f"RENAME COLUMN {quoted(statement.old_name)} TO {quoted(new.name)}")
    if new.type != types[statement.old_name]:
        kind = to_trino(new.type, iceberg=True)
        actions.append(f"ALTER COLUMN {quoted(new.name)} SET DATA TYPE {kind}")
    return actions


def _require_iceberg(name: Name, session: Session, verb: str) -> Mapping[str, Any]:
    table = session.catalog.table(name)
    shown = f"{name.catalog}.{name.database}.{name.table}"
    if table is None:
        raise failure("TABLE_NOT_FOUND", f"line 1:1: Table '{shown}' does not exist")
    if not is_iceberg(table):
        raise failure("NOT_SUPPORTED", f"{verb} is only supported for Iceberg tables: {shown}")
    return table


def optimize(statement: Optimize, session: Session) -> list[str]:
    """Rewrite small files into large ones."""
    name = session.qualify(statement.name)
    _require_iceberg(name, session, "OPTIMIZE")
    where = f" WHERE {statement.where}" if statement.where else ""
    run(session, f"ALTER TABLE {engine_name(name)} EXECUTE optimize{where}")
    return []


def vacuum(statement: Vacuum, session: Session) -> list[str]:
    """Expire snapshots older than the table allows and remove the files that nothing names."""
    name = session.qualify(statement.name)
    table = _require_iceberg(name, session, "VACUUM")
    kept = IcebergMetadata(table, session.objects).properties
    age = int(kept.get("vacuum_max_snapshot_age_seconds", _DEFAULT_MAX_SNAPSHOT_AGE_SECONDS))
    retention = f"(retention_threshold => '{age}s')"
    for procedure in ("expire_snapshots", "remove_orphan_files"):
        run(session, f"ALTER TABLE {engine_name(name)} EXECUTE {procedure}{retention}")
    return []
