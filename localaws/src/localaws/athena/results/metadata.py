"""The ``.metadata`` object beside a result: protobuf, as Athena's drivers read it."""

from collections.abc import Sequence
from typing import Any

from localaws.athena.catalog.object_store import Location, ObjectStore

_NULLABLE = {"NOT_NULL": 1, "NULLABLE": 2, "UNKNOWN": 3}


def store_metadata(
    objects: ObjectStore, location: Location, columns: Sequence[dict[str, Any]]
) -> None:
    """Store the ``.metadata`` object beside a result: protobuf, as Athena's drivers read it."""
    content = _field(1, location.key.rsplit("/", 1)[-1])
    for column in columns:
        content += _field(4, _column_message(column))
    target = Location(location.bucket, f"{location.key}.metadata")
    objects.put(target, content, "application/octet-stream")


def _varint(number: int) -> bytes:
    parts = bytearray()
    while number > 0x7F:
        parts.append(number & 0x7F | 0x80)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def _field(number: int, value: str | bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _column_message(column: dict[str, Any]) -> bytes:
    return b"".join(
        (
            _field(1, column["CatalogName"]),
            _field(4, column["Name"]),
            _field(5, column["Label"]),
            _field(6, column["Type"]),
            _field(7, column["Precision"]),
            _field(8, column["Scale"]),
            _field(9, _NULLABLE[column["Nullable"]]),
            _field(10, int(column["CaseSensitive"])),
        )
    )
