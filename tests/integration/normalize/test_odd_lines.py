"""Lines that no writer of this project produces: accounted for like all others."""

import gzip
import json
import random

import pytest

from ingestion.normalize import records
from ingestion.normalize.fields import plain_names
from ingestion.normalize.schemas import TABLES
from tests.support.wistia_records import envelope, event

# With the names of the fields a file is read typed, without them as texts.
READINGS = pytest.mark.parametrize(
    "fields", [[list(plain_names("events"))], None], ids=["typed", "texts"]
)


def line(key: str, **fields: object) -> bytes:
    return json.dumps(envelope(event(key, **fields)), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"conversion_data": {}},
        {"conversion_data": {"email": "a@example.com", "first_name": "A", "last_name": "B", "is_new_lead": True}},
        {"conversion_data": {"email": "a@example.com", "firstName": "A", "is_new_lead": False}},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_an_event_as_it_is_declared_needs_no_second_reading(spark, fields) -> None:
    # The cleaner reads the whole run again: no ordinary event may cause that.
    lines = spark.createDataFrame([(line("1_a", **fields).decode(),)], "value string")
    events = TABLES["events"]
    (found,) = records.read(lines, events).select(records.oddity(events)).collect()
    assert found[0] is False


@READINGS
def test_a_line_that_is_not_utf_8_goes_into_quarantine_unchanged(make_lake, fields) -> None:
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


# Bytes, and whether they are UTF-8.
ODD_BYTES = {
    b"\xc3\xbc": True,
    b"\xf0\x9f\x98\x80": True,
    b"\xef\xbf\xbd": True,  # what is put for a character that cannot be read
    b"\xf0\x8a\x98\x80": False,  # longer than it has to be
    b"\xed\xa0\x80": False,  # half of a surrogate pair
    b"\xf7\x9f\x98\x80": False,  # beyond the last character
    b"\xc3": False,
    b"\xe0\x80": False,
    b"\x80": False,
    b"\xf8\x88\x80\x80\x80": False,
    b"\xff": False,
}


@READINGS
def test_bytes_that_are_not_utf_8_are_quarantined(make_lake, fields) -> None:
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


def lines_that_parsers_read_differently() -> dict[str, tuple[bytes, bool]]:
    """Lines by name, each with whether it is good."""
    good, other = line("good"), line("other")
    here = line("here", city="HERE")

    def with_city(text: str) -> bytes:
        return here.replace(b'"HERE"', text.encode("utf-8", "surrogatepass"))

    deep = "[" * 900 + "]" * 900
    return {
        "byte order mark": (b"\xef\xbb\xbf" + good, True),
        "two byte order marks": (b"\xef\xbb\xbf" * 2 + good, False),
        "in a list": (b"[" + good + b"]", False),
        "two in a list": (b"[" + good + b"," + other + b"]", False),
        "empty list": (b"[]", False),
        "two objects": (good + other, False),
        "two objects and a comma": (good + b"," + other, False),
        "text after it": (good + b" x", False),
        "bracket after it": (good + b"]", False),
        "brace after it": (good + b"}", False),
        "completes a list around it": (good + b'], "x": [{}', False),
        "completes a list around it, with blanks": (good + b' \t], "line": [' + other, False),
        "comma after it": (good + b",", False),
        "carriage return after it": (good + b"\r", True),
        "carriage return within": (good.replace(b'"record"', b'\r"record"'), True),
        "blanks around": (b" \t" + good + b" \t", True),
        "form feed before": (b"\x0c" + good, False),
        "no-break space before": ("\u00a0".encode() + good, False),
        "line separator before": ("\u2028".encode() + good, False),
        "line separator in a text": (with_city('"a\u2028b"'), True),
        "nul in a text": (with_city('"a\0b"'), False),
        "nul before": (b"\0" + good, False),
        "escaped nul": (with_city('"a\\u0000b"'), True),
        "control character": (with_city('"a\x01b"'), False),
        "lone surrogate": (with_city('"\\ud83d"'), True),
        "the same name twice": (with_city('"first", "city": "second"'), True),
        "record twice": (good[:-1] + b', "record": {}}', False),
        "envelope twice": (good[:-1] + b', "_meta": 1}', False),
        "not a number": (with_city("NaN"), True),
        "infinity": (with_city("-Infinity"), True),
        "plus infinity": (with_city("+Infinity"), False),
        "short infinity": (with_city("INF"), False),
        "too large a number": (with_city("1e400"), True),
        "a thousand digits": (with_city("1" * 1500), True),
        "leading zero": (with_city("01"), False),
        "leading plus": (with_city("+1"), False),
        "no digit before the point": (with_city(".5"), False),
        "no digit after the point": (with_city("5."), False),
        "comment": (with_city('/* a */ "b"'), False),
        "line comment": (good + b" // a", False),
        "single quotes": (with_city("'a'"), False),
        "unquoted name": (good.replace(b'"city"', b"city"), False),
        "trailing comma": (good[:-2] + b",}}", False),
        "odd escape": (with_city('"\\x"'), False),
        "deep": (with_city(deep), True),
        "deep in a dropped field": (with_city(f'"a", "attributes": {deep}'), True),
        "deeper than can be": (with_city("[" * 9000 + "]" * 9000), False),
        "never closed": (with_city("[" * 9000), False),
        "a word": (b"null", False),
        "a text": (b'"text"', False),
        "cut": (good[:-1], False),
    }  # fmt: skip


@READINGS
def test_good_lines_reach_staging_and_bad_ones_quarantine_however_odd(make_lake, fields) -> None:
    # GIVEN two plain lines and, between them, lines that two parsers could read differently
    lake = make_lake(threshold=1.0)
    odd = lines_that_parsers_read_differently()
    lines = [line("first"), *(content.replace(b'"good"', json.dumps(name).encode())
             .replace(b'"here"', json.dumps(name).encode()) for name, (content, _) in odd.items()), line("last")]  # fmt: skip
    content = gzip.compress(b"\n".join(lines) + b"\n")
    lake.land_lines("events", [content], rows=[len(lines)], fields=fields)
    # WHEN the job runs
    summary = lake.normalize("events")["streams"]["events"]
    # THEN every line has one verdict
    fit = {name for name, (_, is_good) in odd.items() if is_good}
    assert {row["event_key"] for row in lake.staging("events")} == {"first", "last"} | fit
    numbers = [number for number, (_, is_good) in enumerate(odd.values(), 2) if not is_good]
    assert sorted(note["line"] for note in lake.quarantined("events")) == numbers
    assert (summary["rows_out"], summary["quarantined"]) == (len(fit) + 2, len(numbers))
    # AND of two values of a name the last one is kept
    (row,) = (r for r in lake.staging("events") if r["event_key"] == "the same name twice")
    assert row["city"] == "second"
