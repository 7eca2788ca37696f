"""Lines that no writer of this project makes: accounted for like all others."""

from __future__ import annotations

import gzip
import json
import random

from wistia_records import envelope, event


def line(key: str, **fields: object) -> bytes:
    return json.dumps(envelope(event(key, **fields)), ensure_ascii=False).encode()


def test_a_line_that_is_not_utf_8_goes_into_quarantine_as_it_came(make_lake) -> None:
    # GIVEN a city in Latin-1 between two good lines, and lines of blanks
    lake = make_lake(threshold=1.0)
    latin_1 = line("latin1", city="Zürich").replace("ü".encode(), "ü".encode("latin-1"))
    content = b"\n".join([line("before"), latin_1, b" \t", b"", line("after", city="Zürich"), b""])
    lake.land_lines("events", [gzip.compress(content)], rows=[3])
    # WHEN the job runs
    summary = lake.normalize("events")
    # THEN the good lines are in staging, and the other is in quarantine with its place
    rows = {row["event_key"]: row["city"] for row in lake.staging("events")}
    assert rows == {"before": "Seattle", "after": "Zürich"}
    assert summary["streams"]["events"]["reasons"] == {"not_json": 1}
    (note,) = lake.quarantined("events")
    assert (note["reason"], note["line"]) == ("not_json", 2)
    assert '"latin1"' in note["record"]


def test_whatever_byte_of_a_line_is_wrong_the_account_balances(make_lake) -> None:
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
    lake.land_lines("events", [gzip.compress(b"\n".join(lines) + b"\n")], rows=[len(lines)])
    # WHEN the job runs
    summary = lake.normalize("events")
    # THEN every line is in staging or in quarantine
    counts = summary["streams"]["events"]
    assert counts["rows_out"] + counts["duplicates"] + counts["quarantined"] == 600
    assert counts["rows_out"] == len(lake.staging("events"))
    assert counts["quarantined"] == len(lake.quarantined("events"))
    assert counts["rows_out"] > 50
    assert counts["quarantined"] > 50
