"""Fingerprints, from which a night knows what is new."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.client.body import parse_body
from ingestion.declarations import STREAMS
from ingestion.landing.content import Content, combined, is_known, sums_of, to_content
from ingestion.landing.field_names import FieldNames
from ingestion.normalize.privacy import field_rules


def content_of(stream: str, *records: Any, media_id: str | None = None) -> Content:
    declared = STREAMS[stream]
    rows = parse_body(json.dumps(records).encode(), declared.looked_at).rows
    return to_content(sums_of(declared, rows, media_id))


def event(number: int, day: int = 1, **more: Any) -> dict[str, Any]:
    return {"event_key": f"k{number}", "received_at": f"2026-03-{day:02}T10:00:00Z"} | more


EVENTS = st.lists(
    st.builds(event, st.integers(0, 99), st.integers(1, 4), percent_viewed=st.floats(0, 1)),
    unique_by=lambda record: record["event_key"],
    max_size=12,
)


@settings(max_examples=40)
@given(records=EVENTS, data=st.data())
def test_order_and_pages_do_not_matter(records: list[dict[str, Any]], data: st.DataObject) -> None:
    whole = content_of("events", *records)
    shuffled = data.draw(st.permutations(records))
    cut = data.draw(st.integers(0, len(records)))
    pages = [content_of("events", *shuffled[:cut]), content_of("events", *shuffled[cut:])]
    assert combined(pages) == whole


@settings(max_examples=40)
@given(records=EVENTS.filter(bool), data=st.data())
def test_any_change_is_news(records: list[dict[str, Any]], data: st.DataObject) -> None:
    known = content_of("events", *records)
    at = data.draw(st.integers(0, len(records) - 1))
    grown = [*records[:at], records[at] | {"percent_viewed": 2.0}, *records[at + 1 :]]
    assert is_known(known, known)
    assert not is_known(content_of("events", *grown), known)
    assert not is_known(content_of("events", *records, event(100)), known)


def test_days_that_a_later_window_no_longer_holds_are_not_missed() -> None:
    known = content_of("events", event(1, day=1), event(2, day=2))
    assert is_known(content_of("events", event(2, day=2)), known)
    assert not is_known(content_of("events", event(2, day=2), event(3, day=3)), known)


def test_event_without_a_time_counts_too() -> None:
    assert not is_known(content_of("events", {"event_key": "k"}), {})
    assert not is_known(content_of("events", 5), {})


def test_days_without_activity_count_for_nothing() -> None:
    quiet = {"date": "2026-03-01", "load_count": 0, "play_count": 0, "hours_watched": 0.0}
    assert content_of("media_daily_stats", quiet, media_id="a") == {}
    assert set(content_of("media_daily_stats", quiet | {"load_count": 1}, media_id="a")) == {
        "2026-03-01"
    }
    empty = {"timestamp": "2026-03-01 05:00:00.000Z", "plays": None}
    assert content_of("media_analytics", empty, media_id="a") == {}


def test_medias_that_exchange_their_figures_are_news() -> None:
    before = [
        content_of("media_stats", {"play_count": 1}, media_id="a"),
        content_of("media_stats", {"play_count": 2}, media_id="b"),
    ]
    after = [
        content_of("media_stats", {"play_count": 2}, media_id="a"),
        content_of("media_stats", {"play_count": 1}, media_id="b"),
    ]
    assert combined(before) != combined(after)


# Any JSON, and what only lenient servers write.
ODD_VALUES = (
    "null", "true", "false", "0", "-0", "1.5", "1e400", "-1e400", "NaN", "Infinity", "9" * 5000,
    '""', '" "', '"text"', r'"\ud83d"', r'"\u0000"', '"9999-12-31T23:59:59-05:00"',
    '"0001-01-01T00:00:00+01:00"', "[]", "{}", '[{"a": [1]}]', '{"a": NaN}', "[" * 1500 + "]" * 1500,
)  # fmt: skip


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: value[:30])
@pytest.mark.parametrize("name", STREAMS)
def test_any_value_of_any_field_has_a_fingerprint(name: str, value: str) -> None:
    stream = STREAMS[name]
    declared = {rule.field.split(".")[0] for rule in field_rules() if rule.stream == name}
    for field in sorted(declared):
        whole = {"event_key": "k", "received_at": "2026-03-01T10:00:00Z", "date": "2026-03-01"}
        others = {key: text for key, text in whole.items() if key != field}
        record = f"{json.dumps(others)[:-1]}, {json.dumps(field)}: {value}}}"
        rows = parse_body(f"[{record}]".encode(), stream.looked_at).rows
        assert len(rows) == 1
        to_content(sums_of(stream, rows, "a"))
        assert FieldNames.of(row.line for row in rows) is not None
