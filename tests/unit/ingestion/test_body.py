"""A response body becomes rows: their text as served, and the fields that somebody looks at."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.client.body import UnreadableBodyError, parse_body
from ingestion.streams.declarations import STREAMS

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50)
@given(
    records=st.lists(JSON, max_size=4), indent=st.sampled_from([None, 2]), is_ascii=st.booleans()
)
def test_any_array_becomes_one_line_of_the_same_json_for_each_element(
    records: list[object], indent: int | None, *, is_ascii: bool
) -> None:
    body = parse_body(json.dumps(records, indent=indent, ensure_ascii=is_ascii).encode())
    assert body.is_array
    assert not any(b"\n" in row.line or b"\r" in row.line for row in body.rows)
    # Compared as text: NaN is not equal to itself.
    assert [json.dumps(json.loads(row.line)) for row in body.rows] == [
        json.dumps(record) for record in records
    ]


def test_line_is_the_text_that_was_served() -> None:
    # GIVEN numbers and escapes that a parser would write in another way
    served = rb'{"lat":1.50,"id":12345678901234567890123,"city":"S\u00e3o","b":1,"b":2}'
    [row] = parse_body(b"[" + served + b"]").rows
    assert row.line == served


def test_only_the_fields_that_were_asked_for_are_read() -> None:
    body = parse_body(b'[{"a": 1, "b": {"c": 2}}, {"b": 3}, 4, null, "a"]', ("a", "b"))
    assert [(row.text("a"), row.text("b")) for row in body.rows] == [
        ("1", None),
        (None, "3"),
        (None, None),
        (None, None),
        (None, None),
    ]


def test_object_is_one_row() -> None:
    body = parse_body(b' {"a": 1}\n', ("a",))
    assert not body.is_array
    assert [(row.line, row.text("a")) for row in body.rows] == [(b'{"a":1}', "1")]


@pytest.mark.parametrize("served", [rb'{"a": 1, "b": "\ud83d"}', b'{"a": 1, "b": NaN}'])
def test_what_only_a_lenient_parser_reads_is_kept(served: bytes) -> None:
    [row] = parse_body(b"[" + served + b"]", ("a",)).rows
    assert row.line == served
    assert row.text("a") == "1"


@pytest.mark.parametrize(
    "content",
    [b"", b"<html></html>", b'[{"a": 1}, {"a"', b'[{"a": "\xff"}]', b"[" * 100_000, b"[1] 2"],
)
def test_what_is_no_json_is_refused_without_quoting_it(content: bytes) -> None:
    with pytest.raises(UnreadableBodyError, match=f"{len(content)} bytes"):
        parse_body(content)


@pytest.mark.parametrize("name", STREAMS)
def test_each_stream_looks_at_the_key_of_its_list(name: str) -> None:
    # Without it no two readings of a page could be told apart.
    stream = STREAMS[name]
    assert stream.paging == "per_media" or set(stream.key) <= set(stream.looked_at)
