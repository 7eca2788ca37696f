"""What statements about Iceberg tables share: Athena's words in the engine's."""

from collections.abc import Mapping
from typing import Any

from localaws.athena.catalog.glue import is_iceberg
from localaws.athena.engine.session import Session
from localaws.athena.engine.words import literal, quoted, string_array, string_map
from localaws.athena.errors import NOT_SUPPORTED, USER, QueryFailedError, failure
from localaws.athena.sql.hive_types import to_trino
from localaws.athena.sql.names import Column, Name, PropertyValue
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.sql.tokens import Kind, Language
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
_FORMATS = {"PARQUET", "ORC", "AVRO"}
_CODECS = {"ZSTD", "SNAPPY", "GZIP", "LZ4", "NONE"}


def not_supported() -> QueryFailedError:
    """Return the failure of a statement that Athena has for Hive tables only."""
    return QueryFailedError(
        "Query type not supported by Athena Iceberg at this time", USER, NOT_SUPPORTED
    )


def engine_name(name: Name) -> str:
    """Return an Iceberg table's name in the engine's SQL."""
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
    """Return a partition transform with the column first: Athena's DDL has it last."""
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


def column_words(column: Column) -> str:
    """Return a column of DDL as the engine's SQL declares it."""
    comment = f" COMMENT {literal(column.comment)}" if column.comment else ""
    return f"{quoted(column.name)} {to_trino(column.type, iceberg=True)}{comment}"


def require_iceberg(name: Name, session: Session, verb: str) -> Mapping[str, Any]:
    """Return an Iceberg table of the catalog; fail for any other, naming the statement's verb."""
    table = session.catalog.table(name)
    shown = f"{name.catalog}.{name.database}.{name.table}"
    if table is None:
        raise failure("TABLE_NOT_FOUND", f"line 1:1: Table '{shown}' does not exist")
    if not is_iceberg(table):
        raise failure("NOT_SUPPORTED", f"{verb} is only supported for Iceberg tables: {shown}")
    return table
