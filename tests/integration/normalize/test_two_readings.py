"""Spark reads lines as declared, others are cleaned first: the results are the same."""

import gzip
import json
import os
import random
from pathlib import PurePath
from typing import Any

import pytest

from ingestion.normalize.fields import must_be_cleaned, plain_names
from ingestion.normalize.schemas import TABLES
from ingestion.normalize.values import parse
from tests.support.wistia_records import envelope, event, media

# JSON texts that replace each field in turn.
ODD_VALUES = (
    'null', '""', '" "', '" Padded "', '"text"', '"é😀"', '"{}"', '"[1]"', '"true"', '"0.5"', '"12"', '"NaN"',
    '0', '-0', '-1', '1', '1.0', '0.25', '1.7', '-0.0', '1e-7', '1e400', '3.0', '2147483648', '9223372036854775808', '1' * 400,
    'NaN', '-Infinity', 'true', 'false', '[]', '[1, 2]', '[null]', '[{"name": "a"}]', '{}', '{"a": {"b": [1]}}',
    '{"browser": 7, "mobile": "true", "email": {"a": 1}, "is_new_lead": -0, "id": 1.0, "name": null, "url": "", "width": "12"}',
    '"2026-02-28T23:59:59.999Z"', '"2026-03-03T02:00:05.001Z"', '"2026-03-04"', '"2026-02-27T00:00:00+09:00"',
    '"2026-02-27T25:00:00Z"', '"9999-12-31T23:59:59.999999Z"', '"0001-01-01T00:00:00+18:00"', '"-0"', '"2026-02-30"', '"2026"', '"12:00"', '"2099-01-01T00:00:00Z"',
    '"\\ud83d"', '01', '.5', 'nul', "'text'", '{"a":', '[1,',
)  # fmt: skip

RECORDS: dict[str, dict[str, Any]] = {
    "events": event(),
    "media": media() | {"hashedId": "old", "project": {"id": 5, "name": "Old", "hashed_id": "old"}},
    "deleted_media": {"hashed_id": "gone", "hashedId": "old", "name": "Old", "type": "Video", "duration": 7.5,
                      "deleted_at": "2026-02-20T10:00:00+00:00", "folder": {"hashed_id": "folder", "name": "Marketing"}},
    "media_daily_stats": {"date": "2026-02-27", "load_count": 5, "play_count": 2, "hours_watched": 0.3},
    "media_analytics": {"timestamp": "2026-02-27 05:00:00.000Z", "plays": 5, "unique_plays": 4, "unique_loads": 9,
                        "play_rate": 0.44, "played_time": 77, "unique_visitors": 8, "engagement_rate": 0.5},
    "media_stats": {"load_count": 9, "play_count": 5, "play_rate": 0.43, "hours_watched": 12.5, "engagement": 0.6, "visitors": 9},
    "media_engagement": {"engagement": 0.6, "engagement_data": [3, 2, 1], "rewatch_data": [0, 1, 0]},
    "folders": {"id": 77, "hashed_id": "folder", "hashedId": "old", "name": "Marketing", "description": None, "media_count": 3,
                "public": False, "created": "2025-01-01T00:00:00+00:00", "updated": "2025-01-02T00:00:00+00:00"},
    "visitors": {"visitor_key": "v1_5f2c6f0e", "created_at": "2026-01-01T00:00:00Z", "last_active_at": "2026-03-01T00:00:00Z",
                 "load_count": 2, "play_count": 1, "visitor_identity": {"name": "Jane Roe", "email": None, "org": {"name": None}},
                 "user_agent_details": {"browser": "Chrome", "browser_version": "1", "platform": "Mac", "mobile": True}},
}  # fmt: skip


def odd_lines(stream: str, record: dict[str, Any]) -> list[str]:
    """A record as it should be, without each field, and with each odd value in each field."""
    kinds = [json.dumps({name: "HERE" if name == field else value for name, value in record.items()})
             for field in record]  # fmt: skip
    kinds += [
        json.dumps(record | {parent: inner | {child: "HERE"}})
        for parent, inner in record.items() if isinstance(inner, dict) for child in inner
    ]  # fmt: skip
    texts = [json.dumps(record), "null", '"text"', "[]", "{}"]
    texts += [json.dumps({k: v for k, v in record.items() if k != field}) for field in record]
    texts += [kind.replace('"HERE"', odd) for kind in kinds for odd in ODD_VALUES]
    # Each is a separate record, with its own media, folder, event or visitor.
    keys = ("event_key", "hashed_id", "visitor_key")
    lines = []
    for number, text in enumerate(texts):
        meta = json.dumps(envelope(None, stream=stream, media_id=f"m{number}", position=number))
        line = meta.replace('"record": null', f'"record": {text}')
        for key in keys:
            if key in record:
                line = line.replace(json.dumps(record[key]), f'"key-{number}"', 1)
        lines.append(line)
    return lines


@pytest.fixture(scope="module")
def readings(make_lake):
    """The same lines of all streams in two lakes: once with the names of fields, once without."""
    lakes = {}
    for name in ("typed", "texts"):
        lake = make_lake(threshold=1.0)
        for stream, whole in RECORDS.items():
            record = whole if must_be_cleaned(stream) else only_plain_names(whole, stream)
            text = "\n".join([*odd_lines(stream, record), ""])
            content = text.encode("utf-8", "surrogatepass")
            fields = list(plain_names(stream)) if name == "typed" else None
            lake.land_lines(stream, [gzip.compress(content)], fields=[fields])
        lake.summary = lake.normalize(*RECORDS)
        lakes[name] = lake
    return lakes


@pytest.mark.parametrize("stream", RECORDS)
def test_both_readings_give_the_same_account(readings, stream) -> None:
    typed, texts = (lake.summary["streams"][stream] for lake in readings.values())
    assert typed | {"seconds": 0} == texts | {"seconds": 0}
    assert typed["rows_in"] > len(ODD_VALUES)
    assert typed["rows_out"] > 10
    assert typed["quarantined"] > 4
    assert typed["nulled"]


@pytest.mark.parametrize("stream", RECORDS)
def test_both_readings_give_the_same_rows(readings, stream) -> None:
    typed, texts = (lake.staging(stream) for lake in readings.values())
    assert typed == texts
    assert set(TABLES) == set(RECORDS)


@pytest.mark.parametrize("stream", RECORDS)
def test_both_readings_quarantine_the_same_lines_for_the_same_reasons(readings, stream) -> None:
    typed, texts = (
        [(note["line"], note["reason"], note["record"]) for note in lake.quarantined(stream)]
        for lake in readings.values()
    )
    assert typed == texts


# What two parsers of JSON are known to read differently.
TOKENS = (
    *ODD_VALUES, "\ufeff", "\u00a0", "\u2028", "\0", "\r", "\t", "\x0c", "\x01", "{", "}", "[", "]", ",", ":", '"', "'", "\\",
    "\\u0000", "\\udc00", "\\x", "//", "/**/", "#", "-", "+", ".", "e9", "e999", "00", " ", "   ", "null,", '"city":', '"record":{},',
    '"_meta":', '"end":1', '],"end":1', "INF", "+Infinity", "1" * 1200, "[" * 60, '{"a":' * 60, '"newPart":1,', '"hashedId":"x",', '"browser":"x",',
)  # fmt: skip
LINES = int(os.environ.get("NORMALIZE_LINES", "40"))
EXAMPLES = int(os.environ.get("NORMALIZE_EXAMPLES", "1"))
SEED = int(os.environ.get("NORMALIZE_SEED", "7"))


def mutated(line: str, chance: random.Random) -> str:
    """A line with something odd put in, doubled or cut out, one to three times."""
    for _ in range(chance.randrange(1, 4)):
        start = chance.randrange(len(line) + 1)
        end = min(len(line), start + chance.choice((0, 0, 1, 1, 5, 40)))
        middle = chance.choice((chance.choice(TOKENS), "", line[start:end] * 2))
        line = line[:start] + middle + line[end:]
    return line.replace("\n", " ")


def has_plain_names(line: str, stream: str) -> bool:
    """Whether the manifest of a file with this line may say that Spark alone can read it."""
    try:
        envelope = parse(line.encode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return True
    record = envelope.get("record") if isinstance(envelope, dict) else None
    return not isinstance(record, dict) or set(record) <= plain_names(stream)


def only_plain_names(record: dict[str, Any], stream: str) -> dict[str, Any]:
    """A record without Wistia's older names, with which Spark alone cannot read a line."""
    return {name: value for name, value in record.items() if name in plain_names(stream)}


def quarantined(lake, stream: str) -> list[dict[str, Any]]:
    """The notes in quarantine; the lines' files by their names, as each lake has its own bucket."""
    return [note | {"source_file": PurePath(note["source_file"]).name}
            for note in lake.quarantined(stream)]  # fmt: skip


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(SEED, SEED + EXAMPLES))
def test_random_lines_give_the_same_rows_in_both_readings(make_lake, seed) -> None:
    # GIVEN lines of every stream that has both readings, with odd things in them
    chance = random.Random(seed)
    streams = [stream for stream in RECORDS if not must_be_cleaned(stream)]
    landed = {
        stream: [mutated(chance.choice(known), chance) for _ in range(LINES)]
        for stream in streams
        for known in [odd_lines(stream, only_plain_names(RECORDS[stream], stream))]
    }
    results = []
    for is_plain in (True, False):
        lake = make_lake(threshold=1.0)
        for stream, lines in landed.items():
            kept = [line for line in lines if line.strip(" \t\r") and has_plain_names(line, stream)]
            content = "\n".join([*kept, ""]).encode("utf-8", "surrogatepass")
            fields = list(plain_names(stream)) if is_plain else None
            lake.land_lines(stream, [gzip.compress(content)], rows=[len(kept)], fields=[fields])
        # WHEN they are read by Spark where that is possible, and when all of them are cleaned
        summary = lake.normalize(*streams)["streams"]
        results.append(
            {stream: (lake.staging(stream), quarantined(lake, stream), summary[stream] | {"seconds": 0})
             for stream in streams}
        )  # fmt: skip
    # THEN the results are the same
    for stream in streams:
        assert results[0][stream] == results[1][stream]
        assert results[0][stream][0]
        assert results[0][stream][1]
