"""The metadata file of an Iceberg table, read in moto's process: what Glue does not repeat."""

import gzip
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from localaws.athena.catalog.object_store import Location, ObjectStore
from localaws.athena.errors import SYSTEM, failure


class PartitionField(NamedTuple):
    """One field of a partition spec, such as ``id_bucket``, ``bucket[4]``, ``id``."""

    name: str
    transform: str
    column: str


class IcebergMetadata:
    """The current metadata of one table.

    Parameters
    ----------
    table
        The table as Glue's GetTable returns it.
    objects
        Where its metadata file is.

    Raises
    ------
    QueryFailedError
        The file that the catalog names is gone.
    """

    def __init__(self, table: Mapping[str, Any], objects: ObjectStore) -> None:
        location = str((table.get("Parameters") or {}).get("metadata_location") or "")
        content = objects.get(Location.parse(location)) if location else None
        if content is None:
            raise failure(
                "ICEBERG_MISSING_METADATA",
                f"Metadata not found in metadata location for table "
                f"{table['DatabaseName']}.{table['Name']}",
                SYSTEM,
            )
        is_compressed = ".gz." in location.rsplit("/", 1)[-1]
        self._content = json.loads(gzip.decompress(content) if is_compressed else content)

    @property
    def properties(self) -> dict[str, str]:
        """The table's properties, Iceberg's own and Athena's."""
        found: dict[str, str] = self._content.get("properties") or {}
        return found

    @property
    def location(self) -> str:
        """The table's folder."""
        return str(self._content["location"])

    @property
    def snapshot_times(self) -> list[float]:
        """When each snapshot was committed, in seconds since 1970, the oldest first."""
        return sorted(item["timestamp-ms"] / 1000 for item in self._content.get("snapshots") or [])

    @property
    def file_format(self) -> str:
        """PARQUET, ORC or AVRO."""
        return self.properties.get("write.format.default", "PARQUET").upper()

    @property
    def codec(self) -> str | None:
        """The compression that new files get, in the engine's words; None if the table has none."""
        key = f"write.{self.file_format.lower()}.compression-codec"
        codec = self.properties.get("write_compression") or self.properties.get(key)
        if codec is None:
            return None
        return "NONE" if codec.upper() == "UNCOMPRESSED" else codec.upper()

    @property
    def partition_fields(self) -> list[PartitionField]:
        """The fields by which new data is partitioned."""
        schema = _by_id(self._content["schemas"], "schema-id", self._content["current-schema-id"])
        spec = _by_id(self._content["partition-specs"], "spec-id", self._content["default-spec-id"])
        columns = {field["id"]: field["name"] for field in schema["fields"]}
        return [
            PartitionField(
                field["name"], field["transform"], columns.get(field["source-id"], field["name"])
            )
            for field in spec["fields"]
            if field["transform"] != "void"
        ]


def _by_id(items: list[dict[str, Any]], key: str, identity: int) -> dict[str, Any]:
    return next(item for item in items if item[key] == identity)
