"""MSCK REPAIR TABLE."""

from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import unquote

from localaws.athena.catalog.glue import hive_error
from localaws.athena.catalog.object_store import Location
from localaws.athena.catalog.partitions import partition_input
from localaws.athena.engine.session import Session
from localaws.athena.results.result_types import text_column_info
from localaws.athena.sql.names import Name
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements.base import TextStatement


@dataclass(frozen=True)
class RepairTable(TextStatement):
    """MSCK REPAIR TABLE."""

    name: Name
    SUBTYPE: ClassVar[str] = "MSCK_REPAIR_TABLE"

    def lines(self, session: Session) -> list[str]:
        """Add the partitions that the table's folder has and the catalog lacks."""
        return _repair(session.qualify(self.name), session)

    def column_info(self, session: Session) -> list[dict[str, Any]]:
        """Return the one column."""
        del session
        return [text_column_info("result")]


def parse(stream: TokenStream) -> RepairTable:
    """Read what follows MSCK."""
    stream.expect("REPAIR", "TABLE")
    return RepairTable(stream.name())


def _repair(name: Name, session: Session) -> list[str]:
    table = session.catalog.require_table(name)
    keys = [key["Name"] for key in table.get("PartitionKeys") or []]
    if not keys:
        raise hive_error(f"Table {name.table} is not partitioned")
    root = Location.parse(table["StorageDescriptor"]["Location"])
    known = {tuple(partition.values) for partition in session.catalog.partitions(name)}
    found: dict[tuple[str, ...], str] = {}
    for key in session.objects.keys(root):
        folders = key[len(root.prefix) :].split("/")[:-1]
        values = _partition_values(folders[: len(keys)], keys)
        if values is not None and values not in known:
            path = root.prefix + "/".join(folders[: len(keys)])
            found.setdefault(values, f"s3://{root.bucket}/{path}")
    fake = session.catalog.fake_table(name)
    lines: list[str] = []
    for values, location in sorted(found.items()):
        if fake is not None:
            fake.create_partition(partition_input(table, values, location))
        spec = "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
        lines.append(f"{name.table}:{spec}")
    if not lines:
        return []
    return [
        "Partitions not in metastore:\t" + "\t".join(lines),
        *(f"Repair: Added partition to metastore {line}" for line in lines),
    ]


def _partition_values(folders: list[str], keys: list[str]) -> tuple[str, ...] | None:
    """Read ``key=value`` folders; None if they are not the table's partition keys."""
    if len(folders) < len(keys):
        return None
    values: list[str] = []
    for folder, key in zip(folders, keys, strict=True):
        name, separator, value = folder.partition("=")
        if not separator or name.lower() != key.lower():
            return None
        values.append(unquote(value))
    return tuple(values)
