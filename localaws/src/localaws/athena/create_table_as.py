"""CREATE TABLE … AS, CREATE VIEW and UNLOAD: Athena's properties in the engine's words."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from localaws.athena import iceberg
from localaws.athena.catalog import is_view, table_input
from localaws.athena.compression import codec_of_new_table
from localaws.athena.engine import literal, quoted, run, string_array
from localaws.athena.errors import failure
from localaws.athena.hive_types import from_trino
from localaws.athena.object_store import Location
from localaws.athena.session import Session
from localaws.athena.statements import CreateTableAs, CreateView, Name, PropertyValue, Unload
from localaws.trino.configuration import HIVE_CATALOG

_FORMATS = {"PARQUET", "ORC", "AVRO", "JSON", "TEXTFILE"}
_HIVE_PROPERTIES = frozenset(
    {
        "bucket_count",
        "bucketed_by",
        "compression_level",
        "external_location",
        "field_delimiter",
        "format",
        "is_external",
        "orc_compression",
        "parquet_compression",
        "partitioned_by",
        "table_type",
        "write_compression",
    }
)
_ICEBERG_PROPERTIES = iceberg.KEPT_PROPERTIES | {
    "format",
    "is_external",
    "location",
    "partitioning",
    "table_type",
    "write_compression",
}


def create_table_as(statement: CreateTableAs, session: Session) -> int:
    """Create a table from a query; give the number of rows written."""
    name = session.qualify(statement.name)
    existing = session.catalog.table(name)
    if existing is not None:
        if statement.if_not_exists:
            return 0
        shown = f"{name.catalog}.{name.database}.{name.table}"
        raise failure(
            "TABLE_ALREADY_EXISTS", f"line 1:1: Destination table '{shown}' already exists"
        )
    if session.catalog.database(str(name.database)) is None:
        raise failure("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{name.database}' does not exist")
    kind = str(statement.properties.get("table_type", "HIVE")).upper()
    if kind == "ICEBERG":
        return _iceberg(statement, name, session)
    if kind != "HIVE":
        raise failure("INVALID_TABLE_PROPERTY", f"Unsupported table type: {kind}")
    return _hive(statement, name, session)


def _known(properties: Mapping[str, PropertyValue], known: frozenset[str]) -> None:
    for key in properties:
        if key not in known:
            raise failure("INVALID_TABLE_PROPERTY", f"Unsupported table property key: {key}")


def _location(statement: CreateTableAs, key: str, session: Session) -> str:
    given = statement.properties.get(key)
    if given is None:
        if session.results_folder is None:
            raise failure("INVALID_TABLE_PROPERTY", f"Table property '{key}' is required")
        return f"{session.results_folder}tables/{session.execution.id}"
    if not isinstance(given, str):
        raise failure("INVALID_TABLE_PROPERTY", f"Table property '{key}' must be a string")
    return given


def _refuse_full_location(location: str, name: Name, session: Session) -> None:
    if not session.objects.is_empty(Location.parse(location)):
        raise failure(
            "HIVE_PATH_ALREADY_EXISTS",
            f"Target directory for table '{name.catalog}.{name.database}.{name.table}' already "
            f"exists: {location}. You may need to manually clean the data at location "
            f"'{location}' before retrying. Athena will not delete data in your account.",
        )


def _header_then_query(header: str, statement: CreateTableAs, session: Session) -> str:
    """Put the engine's header before the query so that the query stays where it was typed.

    The engine's error positions are then those of the user's text.
    """
    typed = session.execution.query
    at = typed.find(statement.query)
    lines = typed.count("\n", 0, max(at, 0))
    column = at - (typed.rfind("\n", 0, max(at, 0)) + 1)
    padding = "\n" * lines + " " * column if lines else " "
    return f"{header}{padding}{statement.query}"


def _statement(name: str, statement: CreateTableAs, terms: list[str], session: Session) -> str:
    exists = "IF NOT EXISTS " if statement.if_not_exists else ""
    columns = (
        f" ({', '.join(quoted(c) for c in statement.column_names)})"
        if statement.column_names
        else ""
    )
    comment = f" COMMENT {literal(statement.comment)}" if statement.comment else ""
    header = f"CREATE TABLE {exists}{name}{columns}{comment} WITH ({', '.join(terms)}) AS"
    return _header_then_query(header, statement, session)


def _iceberg(statement: CreateTableAs, name: Name, session: Session) -> int:
    _known(statement.properties, _ICEBERG_PROPERTIES)
    if statement.properties.get("is_external") is True:
        raise failure(
            "INVALID_TABLE_PROPERTY", "External tables are not supported for table type ICEBERG"
        )
    location = _location(statement, "location", session)
    _refuse_full_location(location, name, session)
    terms, codec = iceberg.engine_properties(statement.properties, location)
    sql = _statement(iceberg.engine_name(name), statement, terms, session)
    return run(session, sql, properties=codec).update_count or 0


def _hive(statement: CreateTableAs, name: Name, session: Session) -> int:
    _known(statement.properties, _HIVE_PROPERTIES)
    if statement.properties.get("is_external") is False:
        raise failure(
            "INVALID_TABLE_PROPERTY", "Managed tables are not supported for table type HIVE"
        )
    location = _location(statement, "external_location", session)
    if not location.endswith("/"):
        location += "/"
    _refuse_full_location(location, name, session)
    terms, codec = _hive_terms(statement.properties, location)
    sql = _statement(quoted(HIVE_CATALOG, name.database, name.table), statement, terms, session)
    count = run(session, sql, properties=codec).update_count or 0
    _keep_codec(statement, name, session)
    return count


def _keep_codec(statement: CreateTableAs, name: Name, session: Session) -> None:
    """Note the codec in the table's properties, as Athena does: later INSERTs write with it."""
    fake = session.catalog.fake_table(name)
    if fake is None:
        return
    is_parquet = str(statement.properties.get("format", "PARQUET")).upper() == "PARQUET"
    key = "parquet.compression" if is_parquet else "write.compression"
    entry = table_input(fake.as_dict())
    entry["Parameters"] = (entry.get("Parameters") or {}) | {
        key: codec_of_new_table(statement.properties)
    }
    # The table was made this moment: a second version would be ours alone.
    fake.versions[str(fake._current_version)] = entry


def _hive_terms(
    properties: Mapping[str, PropertyValue], location: str
) -> tuple[list[str], dict[str, str]]:
    file_format = str(properties.get("format", "PARQUET")).upper()
    if file_format not in _FORMATS:
        raise failure("INVALID_TABLE_PROPERTY", f"Unsupported Hive file format: {file_format}")
    terms = [f"format = '{file_format}'", f"external_location = {literal(location)}"]
    for key in ("partitioned_by", "bucketed_by"):
        value = properties.get(key)
        if isinstance(value, list) and value:
            terms.append(f"{key} = {string_array([item.lower() for item in value])}")
    if "bucket_count" in properties:
        terms.append(f"bucket_count = {int(str(properties['bucket_count']))}")
    if "field_delimiter" in properties:
        if file_format != "TEXTFILE":
            raise failure(
                "INVALID_TABLE_PROPERTY",
                f"Cannot specify field_delimiter table property for storage format: {file_format}",
            )
        terms.append(f"textfile_field_separator = {literal(str(properties['field_delimiter']))}")
    return terms, {f"{HIVE_CATALOG}.compression_codec": codec_of_new_table(properties)}


def create_view(statement: CreateView, session: Session) -> list[str]:
    """Create a view and give it the columns that its query has."""
    name = session.qualify(statement.name)
    existing = session.catalog.table(name)
    shown = f"{name.catalog}.{name.database}.{name.table}"
    if existing is not None and not is_view(existing):
        raise failure("TABLE_ALREADY_EXISTS", f"line 1:1: Table '{shown}' already exists")
    if existing is not None and not statement.or_replace:
        raise failure("TABLE_ALREADY_EXISTS", f"line 1:1: View already exists: '{shown}'")
    replace = "OR REPLACE " if statement.or_replace else ""
    view = quoted(HIVE_CATALOG, name.database, name.table)
    run(session, f"CREATE {replace}VIEW {view} AS {statement.query}")
    _describe_view(name, session)
    return []


def _describe_view(name: Name, session: Session) -> None:
    """Fill in the columns, which Athena puts into the catalog and the engine does not."""
    entry = session.catalog.table(name)
    if entry is None:
        return
    definition = view_definition(entry)
    view = table_input(entry)
    view["StorageDescriptor"] = (view.get("StorageDescriptor") or {}) | {
        "Columns": [
            {"Name": column["name"].lower(), "Type": from_trino(column["type"])}
            for column in definition["columns"]
        ],
        "Location": "",
    }
    fake = session.catalog.fake_table(name)
    if fake is not None:
        # Athena writes the view once; a second version would be ours alone.
        fake.versions[str(fake._current_version)] = view


def view_definition(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Read the definition that a view's catalog entry carries."""
    text = str(entry.get("ViewOriginalText") or "")
    encoded = text.removeprefix("/* Presto View: ").removesuffix(" */")
    try:
        definition: dict[str, Any] = json.loads(base64.b64decode(encoded))
    except ValueError as error:
        raise failure("INVALID_VIEW", f"{entry.get('Name')} is not a view of Athena") from error
    return definition


def unload(statement: Unload, session: Session) -> int:
    """Write a query's rows into files at a location; give the number of rows."""
    properties = {key.lower(): value for key, value in statement.properties.items()}
    if "format" not in properties:
        raise failure("INVALID_TABLE_PROPERTY", "UNLOAD needs the property 'format'")
    compression = properties.pop("compression", None)
    if compression is not None:
        properties["write_compression"] = compression
    known = {
        "format",
        "write_compression",
        "partitioned_by",
        "field_delimiter",
        "compression_level",
    }
    for key in properties:
        if key not in known:
            raise failure("INVALID_TABLE_PROPERTY", f"Unsupported UNLOAD property: {key}")
    location = Location.parse(statement.location)
    if not session.objects.is_empty(location):
        raise failure(
            "HIVE_PATH_ALREADY_EXISTS",
            f"Target directory {statement.location} already exists: UNLOAD needs an empty one",
        )
    terms, codec = _hive_terms(properties, f"s3://{location.bucket}/{location.prefix}")
    # UNLOAD leaves no table: one is made for the engine to write into, and taken away again.
    name = Name(f"unload_{session.execution.id.replace('-', '_')}", session.database, HIVE_CATALOG)
    try:
        running = run(
            session,
            f"CREATE TABLE {quoted(HIVE_CATALOG, name.database, name.table)} "
            f"WITH ({', '.join(terms)}) AS {statement.query}",
            properties=codec,
        )
    finally:
        if session.catalog.table(name) is not None:
            session.catalog.delete_table(name)
    return running.update_count or 0
