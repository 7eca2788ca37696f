"""SHOW CREATE TABLE."""

from collections.abc import Mapping, Sequence
from typing import Any

from localaws.athena.catalog.glue import current_columns, is_iceberg
from localaws.athena.statements.storage_formats import LAZY_SIMPLE

_DELIMITED = {
    "field.delim": "FIELDS TERMINATED BY",
    "escape.delim": "ESCAPED BY",
    "collection.delim": "COLLECTION ITEMS TERMINATED BY",
    "mapkey.delim": "MAP KEYS TERMINATED BY",
    "line.delim": "LINES TERMINATED BY",
    "serialization.null.format": "NULL DEFINED AS",
}
_OWN_ICEBERG_PARAMETERS = frozenset({"metadata_location", "previous_metadata_location", "EXTERNAL"})


def show_create_table(table: Mapping[str, Any]) -> list[str]:
    """Return the lines of the statement that creates a table, as Athena writes them."""
    storage = table["StorageDescriptor"]
    iceberg = is_iceberg(table)
    verb = "CREATE TABLE" if iceberg else "CREATE EXTERNAL TABLE"
    name = f"{table['DatabaseName']}.{table['Name']}" if iceberg else f"`{table['Name']}`"
    lines = [f"{verb} {name}(", *_columns(current_columns(table))]
    parameters: dict[str, str] = dict(table.get("Parameters") or {})
    comment = parameters.pop("comment", None)
    if comment and not iceberg:
        lines.append(f"COMMENT {_text(comment)}")
    if iceberg:
        lines += ["LOCATION", f"  {_text(storage['Location'])}"]
        shown = {k: v for k, v in parameters.items() if k not in _OWN_ICEBERG_PARAMETERS}
        return lines + _properties("TBLPROPERTIES", shown)
    keys = table.get("PartitionKeys") or []
    if keys:
        lines += ["PARTITIONED BY ( ", *_columns(keys)]
    buckets = storage.get("BucketColumns") or []
    if buckets:
        lines += ["CLUSTERED BY ( ", *(f"  {column}, " for column in buckets[:-1])]
        lines += [f"  {buckets[-1]}) ", f"INTO {storage['NumberOfBuckets']} BUCKETS"]
    lines += _row_format(storage.get("SerdeInfo") or {})
    lines += ["STORED AS INPUTFORMAT ", f"  {_text(storage.get('InputFormat') or '')} "]
    lines += ["OUTPUTFORMAT ", f"  {_text(storage.get('OutputFormat') or '')}"]
    lines += ["LOCATION", f"  {_text(storage.get('Location') or '')}"]
    parameters.pop("EXTERNAL", None)
    return lines + _properties("TBLPROPERTIES", parameters)


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'").replace("\t", "\\t")
    return "'" + escaped.replace("\n", "\\n") + "'"


def _columns(columns: Sequence[Mapping[str, Any]]) -> list[str]:
    lines: list[str] = []
    for index, column in enumerate(columns):
        comment = f" COMMENT {_text(column['Comment'])}" if column.get("Comment") else ""
        end = ")" if index == len(columns) - 1 else ", "
        lines.append(f"  `{column['Name']}` {column['Type']}{comment}{end}")
    return lines


def _row_format(serde: Mapping[str, Any]) -> list[str]:
    library = serde.get("SerializationLibrary") or ""
    parameters: dict[str, str] = dict(serde.get("Parameters") or {})
    if library == LAZY_SIMPLE and "field.delim" in parameters:
        clauses = [
            f"  {words} {_text(parameters[key])} "
            for key, words in _DELIMITED.items()
            if key in parameters
        ]
        return ["ROW FORMAT DELIMITED ", *clauses]
    lines = ["ROW FORMAT SERDE ", f"  {_text(library)} "]
    if parameters and parameters != {"serialization.format": "1"}:
        lines += [*_properties("WITH SERDEPROPERTIES", parameters)]
    return lines


def _properties(word: str, properties: Mapping[str, str]) -> list[str]:
    if not properties:
        return []
    items = sorted(properties.items())
    lines = [f"{word} ("]
    for index, (key, value) in enumerate(items):
        end = ")" if index == len(items) - 1 else ", "
        lines.append(f"  {_text(key)}={_text(value)}{end}")
    return lines
