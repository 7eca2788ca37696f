"""Ingestion reads a field of a record as the normalize job does, although the parsers differ."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ingestion import spelling
from ingestion.client.body import parse_body
from ingestion.declarations import STREAMS
from ingestion.normalize import fields
from ingestion.normalize.cleaning import Cleaner
from ingestion.normalize.schemas import TABLES
from ingestion.timestamps import parse_timestamp

AS_OF = datetime(2026, 3, 2, 2, tzinfo=UTC)
VALUES = (
    '"abcdefghij"', '" padded "', r'"\ttab"', '""', '"  "', r'"\u00a0"', "null", "true", "false",
    "1234567890", "0", "-0", "12345678901234567890123", "1.50", "1e3", "1e400", "NaN",
    "[]", "{}", '["a"]', r'"\ud83d"', r'"S\u00e3o"',
)  # fmt: skip
META: dict[str, Any] = {
    "run_id": "run", "page": 1, "position": 0, "ingested_at": "2026-03-02T02:00:00Z", "media_id": "m",
}  # fmt: skip
READ = [
    (name, field)
    for name, stream in STREAMS.items()
    for field in stream.looked_at
    if field in fields.leaves(name)
]
TEXTS = [(name, field) for name, field in READ if fields.leaves(name)[field].kind == "string"]
MOMENTS = [(name, field) for name, field in READ if (name, field) not in TEXTS]


def record_with(stream: str, spelling: str, field: str, value: str) -> str:
    """A record with all essential fields, in which one field has this JSON text."""
    whole = {"hashed_id": "h", "event_key": "k", "media_id": "m", "visitor_key": "v"}
    whole |= {"received_at": "2026-03-01T10:00:00Z"}
    known = fields.leaves(stream)
    others = {key: text for key, text in whole.items() if key in known and key != field}
    return f"{json.dumps(others)[:-1]}{', ' if others else ''}{json.dumps(spelling)}: {value}}}"


def normalized(stream: str, field: str, record: str) -> str | None:
    """What the normalize job reads of it; None for a record that goes into quarantine."""
    line = f'{{"_meta": {json.dumps(META)}, "record": {record}}}'
    cleaned = Cleaner(fields.declaration(TABLES[stream], AS_OF)).clean(line.encode())
    if cleaned.line is None:
        return None
    kept = json.loads(cleaned.line, parse_int=str, parse_float=str)["record"].get(field)
    if isinstance(kept, bool):
        return json.dumps(kept)
    # Spark removes the blanks, and replaces half of a surrogate pair by a question mark.
    return None if kept is None else str(kept).encode(errors="replace").decode().strip(" ")


def test_there_are_fields_to_compare() -> None:
    assert ("media", "hashed_id") in TEXTS
    assert {field for name, field in READ if name == "events"} == {
        "event_key", "received_at", "media_id",
    }  # fmt: skip


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("camel", [False, True])
@pytest.mark.parametrize(("name", "field"), TEXTS)
def test_a_text_is_read_as_the_normalize_job_reads_it(
    name: str, field: str, value: str, *, camel: bool
) -> None:
    record = record_with(name, spelling.camel(field) if camel else field, field, value)
    [row] = parse_body(f"[{record}]".encode(), STREAMS[name].looked_at).rows
    assert row.text(field) == normalized(name, field, record)


@pytest.mark.parametrize("camel", [False, True])
@pytest.mark.parametrize(("name", "field"), MOMENTS)
def test_a_time_is_read_in_both_spellings(name: str, field: str, *, camel: bool) -> None:
    spelled = spelling.camel(field) if camel else field
    record = record_with(name, spelled, field, '"2026-03-01T12:00:00+02:00"')
    [row] = parse_body(f"[{record}]".encode(), STREAMS[name].looked_at).rows
    assert parse_timestamp(str(row.text(field))) == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert normalized(name, field, record) == "2026-03-01T10:00:00.000000Z"


@pytest.mark.parametrize(("name", "field"), [pair for pair in READ if "_" in pair[1]])
@pytest.mark.parametrize("nothing", ["null", '""', '" "', "[]", "{}", "NaN"])
def test_nothing_in_one_spelling_does_not_hide_the_other(
    name: str, field: str, nothing: str
) -> None:
    camel = spelling.camel(field)
    for record in (
        f'{{"{field}": {nothing}, "{camel}": "good"}}',
        f'{{"{camel}": {nothing}, "{field}": "good"}}',
    ):
        [row] = parse_body(f"[{record}]".encode(), STREAMS[name].looked_at).rows
        assert row.text(field) == "good"
    [row] = parse_body(f'[{{"{camel}": "b", "{field}": "a"}}]'.encode(), (field,)).rows
    assert row.text(field) == "a"


@pytest.mark.parametrize(
    "served", [b'"Z\xfcrich"', b'"a\x01b\tc"', b'"\xed\xa0\x80"', b"[" * 1500 + b"]" * 1500]
)
def test_a_record_with_an_odd_text_is_one_for_the_normalize_job_too(served: bytes) -> None:
    [row] = parse_body(b'[{"hashed_id": "h", "name": %b}]' % served, ("hashed_id",)).rows
    assert normalized("media", "hashed_id", row.line.decode()) == "h" == row.text("hashed_id")
