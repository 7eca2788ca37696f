"""Column parameters of Iceberg tables, as Athena and the Iceberg libraries leave them in Glue.

Trino writes names and types only. Readers of the catalog (dbt-athena among them) tell current
columns from dropped ones by these parameters.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from moto.s3.models import s3_backends

_ID = "iceberg.field.id"


def complete(table_input: dict[str, Any], account_id: str) -> None:
    """Add what is missing to a table that is about to be stored.

    Parameters
    ----------
    table_input
        TableInput of CreateTable or UpdateTable; changed in place.
    account_id
        The account whose S3 holds the table's metadata.
    """
    parameters: Mapping[str, str] = table_input.get("Parameters") or {}
    location = parameters.get("metadata_location")
    columns = (table_input.get("StorageDescriptor") or {}).get("Columns") or []
    if parameters.get("table_type", "").upper() != "ICEBERG" or not location or not columns:
        return
    if all(_ID in (column.get("Parameters") or {}) for column in columns):
        return
    fields = _fields(location, account_id)
    for column in columns:
        field = fields.get(column["Name"])
        if field is not None:
            column["Parameters"] = (column.get("Parameters") or {}) | {
                "iceberg.field.current": "true",
                _ID: str(field["id"]),
                "iceberg.field.optional": str(not field["required"]).lower(),
            }


def _fields(location: str, account_id: str) -> dict[str, dict[str, Any]]:
    """Read the current schema's fields by name; nothing if the metadata cannot be read."""
    parts = urlsplit(location)
    backend = s3_backends[account_id]["aws"]
    if parts.netloc not in backend.buckets:
        return {}
    found = backend.get_object(parts.netloc, parts.path.lstrip("/"))
    if found is None:
        return {}
    try:
        metadata = json.loads(found.value)
        wanted = metadata["current-schema-id"]
        schema = next(s for s in metadata["schemas"] if s["schema-id"] == wanted)
    except (ValueError, KeyError, StopIteration):
        # Compressed or foreign metadata: the table is stored as it was sent.
        return {}
    return {field["name"].lower(): field for field in schema["fields"]}
