"""Lines that no writer of this project makes: accounted for like all others."""

from __future__ import annotations

import gzip
import json
import random

import pytest
from wistia_records import envelope, event

from ingestion.normalize.privacy import known_fields

# With the names of the fields a file is read typed, without them as texts.
READINGS = pytest.mark.parametrize(
    "fields", [[list(known_fields("events"))], None], ids=["typed", "texts"]
)


def line(key: str, **fields: object) -> bytes:
    return json.dumps(envelope(event(key, **fields)), ensure_ascii=False).encode()


@READINGS
def test_a_line_that_is_not_utf_8_goes_into_quarantine_as_it_came(make_lake, fields) -> None:
    # GIVEN a city in Latin-1 between two good lines, and lines of blanks
    lake = make_lake(threshold=1.0)
    latin_1 = line("latin1", city="Zürich").replace("ü".encode(), "ü".encode("latin-1"))
    content = b"\n".join([line("before"), latin_1, b" \t", b"", line("after", city="Zürich"), b""])
    lake.land_lines("events", [gzip.compress(content)], rows=[3], fields=fields)
    # WHEN the job runs
    summary = lake.normalize("events")
    # THEN the good lines are in staging, and the other is in quarantine with its place
    rows = {row["event_key"]: row["city"] for row in lake.staging("events")}
    assert rows == {"before": "Seattle", "after": "Zürich"}
    assert summary["streams"]["events"]["reasons"] == {"not_json": 1}
    (note,) = lake.quarantined("events")
    assert (note["reason"], note["line"]) == ("not_json", 2)
    assert '"latin1"' in note["record"]


# Bytes, and whether Spark takes them for a character when it reads a file.
ODD_BYTES = {
    b"\xc3\xbc": True,
    b"\xf0\x9f\x98\x80": True,
    b"\xf0\x8a\x98\x80": True,  # longer than it has to be
    b"\xed\xa0\x80": True,  # half of a surrogate pair
    b"\xf7\x9f\x98\x80": True,  # beyond the last character
    b"\xc3": False,
    b"\xe0\x80": False,
    b"\x80": False,
    b"\xf8\x88\x80\x80\x80": False,
    b"\xff": False,
}


@READINGS
def test_bytes_that_are_no_character_are_quarantined_where_spark_cannot_read_them(
    make_lake, fields
) -> None:
    # GIVEN lines with odd bytes
    lake = make_lake(threshold=1.0)
    lines = [line(odd.hex(), city="HERE").replace(b"HERE", odd) for odd in ODD_BYTES]
    content = gzip.compress(b"\n".join(lines) + b"\n")
    lake.land_lines("events", [content], rows=[len(lines)], fields=fields)
    # WHEN the job runs
    summary = lake.normalize("events")
    # THEN the account and the quarantine agree about each of them
    fit = {odd.hex() for odd, fits in ODD_BYTES.items() if fits}
    assert {row["event_key"] for row in lake.staging("events")} == fit
    assert summary["streams"]["events"]["reasons"] == {"not_json": len(ODD_BYTES) - len(fit)}
    numbers = [number for number, fits in enumerate(ODD_BYTES.values(), 1) if not fits]
    assert sorted(note["line"] for note in lake.quarantined("events")) == numbers


@READINGS
def test_whatever_byte_of_a_line_is_wrong_the_account_balances(make_lake, fields) -> None:
    # GIVEN 600 lines, in each of which one to three bytes are others
    lake = make_lake(threshold=1.0)
    chance = random.Random(20260302)
    lines = []
    for number in range(600):
        content = bytearray(line(f"event{number:03d}", city="Zürich 😀"))
        for _ in range(chance.randrange(1, 4)):
            content[chance.randrange(len(content))] = chance.choice(
                [byte for byte in range(256) if byte not in b"\r\n"]
            )
        lines.append(bytes(content))
    content = gzip.compress(b"\n".join(lines) + b"\n")
    lake.land_lines("events", [content], rows=[len(lines)], fields=fields)
    # WHEN the job runs
    summary = lake.normalize("events")
    # THEN every line is in staging or in quarantine
    counts = summary["streams"]["events"]
    assert counts["rows_out"] + counts["duplicates"] + counts["quarantined"] == 600
    assert counts["rows_out"] == len(lake.staging("events"))
    assert counts["quarantined"] == len(lake.quarantined("events"))
    assert counts["rows_out"] > 50
    assert counts["quarantined"] > 50
