"""Lines with values that do not fit, and what the cleaner makes of them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ingestion.normalize import fields
from ingestion.normalize.cleaning import Cleaned, Cleaner
from ingestion.normalize.declared import Node
from ingestion.normalize.schemas import TABLES, Table

AS_OF = datetime(2026, 3, 2, 2, tzinfo=UTC)

# JSON texts by what they are: none of them is a person's, but all hold one's address.
OBJECT = '{"mail": "jane.roe@example.com", "of": 7}'
LIST = '[["jane.roe@example.com"]]'
WORD = '"jane.roe@example.com"'
FITTING = {
    "string": '"a word"',
    "timestamp": '"2026-03-01T10:00:00.000Z"',
    "day": '"2026-03-01"',
    "double": "0.5",
    "bigint": "12",
    "int": "12",
    "boolean": "true",
    "objects": "[]",
    "numbers": "[1, 2]",
}
MISFITS = {
    "string": (OBJECT, LIST, "NaN", "1e400"),
    "timestamp": (OBJECT, LIST, WORD, "7", "true", '"2026-02-30"', '"12:00"', '"1999-01-01"', '"2099-01-01"'),
    "day": (OBJECT, LIST, WORD, "7", "true", '"2026-02-30"', '"12:00"', '"2026-02-27T25:00:00Z"', '"2026"'),
    "double": (OBJECT, LIST, WORD, "true", "NaN", "-Infinity", "1e400", "1e16", '"NaN"'),
    "bigint": (OBJECT, LIST, WORD, "true", "1.5", "NaN", "9223372036854775808", "1" * 5000, '"1.5"'),
    "int": (OBJECT, LIST, WORD, "true", "1.5", "NaN", "2147483648"),
    "boolean": (OBJECT, LIST, WORD, "7", "NaN"),
    "objects": (OBJECT, LIST, WORD, "7", "true"),
    "numbers": (OBJECT, LIST, WORD, "7", "true", '["7"]', "[true]", "[NaN]", "[1e99]"),
}  # fmt: skip


def cleaner(stream: str) -> Cleaner:
    return Cleaner(fields.declaration(TABLES[stream], AS_OF))


def line(stream: str, content: dict[str, str]) -> bytes:
    """An envelope with a whole record, in which some paths have other JSON texts."""
    record: dict[str, Any] = {}
    for path, node in fields.leaves(stream).items():
        *outer, last = path.split(".")
        holder = record
        for name in outer:
            holder = holder.setdefault(name, {})
        if isinstance(holder, dict):
            holder[last] = f"<{content.get(path, FITTING[node.kind])}>"
    text = json.dumps(record)
    for value in {*content.values(), *FITTING.values()}:
        text = text.replace(json.dumps(f"<{value}>"), value)
    meta = {"run_id": "r", "page": 1, "position": 0, "media_id": "m",
            "ingested_at": "2026-03-02T02:00:05.000Z"}  # fmt: skip
    return f'{{"_meta": {json.dumps(meta)}, "record": {text}}}'.encode()


def with_objects(stream: str, content: dict[str, str]) -> bytes:
    """An envelope with a whole record, in which some objects or fields are other JSON texts."""
    envelope = json.loads(line(stream, {}))
    for path in content:
        holder = envelope["record"]
        *outer, last = path.split(".")
        for name in outer:
            holder = holder[name]
        holder[last] = f"<{path}>"
    text = json.dumps(envelope)
    for path, value in content.items():
        text = text.replace(json.dumps(f"<{path}>"), value)
    return text.encode()


def all_fields(*, essential: bool) -> list[tuple[Table, str, Node]]:
    found = []
    for table in TABLES.values():
        declared = fields.declaration(table, AS_OF)
        needed = {path for _, path in declared.essential} | {declared.date_path}
        found += [(table, path, node) for path, node in fields.leaves(table.name).items()
                  if (path in needed) == essential]  # fmt: skip
    return found


def named(cases: list[tuple[Table, str, Node]]) -> Any:
    return pytest.mark.parametrize(
        ("table", "path", "node"), cases, ids=[f"{table.name}.{path}" for table, path, _ in cases]
    )


def traces(cleaned: Cleaned) -> bool:
    return "jane" in (cleaned.extra or "") + (cleaned.line or "")


def lacking(table: Table, path: str, node: Node) -> tuple[set[str], set[str]]:
    """The columns that a misfit of a field certainly makes null, and those that it may."""
    nullable = {column.name for column in table.columns if not column.required}
    others = {c for other, n in fields.leaves(table.name).items() if other != path for c in n.columns}  # fmt: skip
    empty, maybe = {*node.columns} & nullable - others, {*node.columns}
    if table.name in ("media", "deleted_media") and path == "duration":
        # The type of the record is one with a playing time, so it has no pages to lose.
        return {"duration_seconds"}, {"duration_seconds"}
    if table.name in ("media", "deleted_media") and path == "type":
        # The meaning of the duration is unknown.
        return (both := empty | {"duration_seconds", "page_count"}), both
    return empty, maybe
