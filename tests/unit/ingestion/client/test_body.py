"""A response body becomes rows: their text as served, and the requested fields."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.client.body import parse_body
from ingestion.client.lenient_body import UnreadableBodyError
from ingestion.declarations import STREAMS

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
    [
        b"",
        b"<html></html>",
        b'[{"a": 1}, {"a"',
        b"[" * 100_000,
        b"[1] 2",
        b"[1}",
        b'[{"a": "Z\xfcr',
        b'[{"a": "\x01"}, {"b',
        b'[{"a": NaN}, ',
        b'[{"a": "\t"}, nul]',
        b"[1,]",
        b"[,1]",
        b'{"a": 1}}',
        b"[" + b"[" * 3000 + b"]" * 3000 + b", ",
    ],
)
def test_what_is_no_json_is_refused_without_quoting_it(content: bytes) -> None:
    with pytest.raises(UnreadableBodyError, match=f"{len(content)} bytes"):
        parse_body(content)


@pytest.mark.parametrize("name", STREAMS)
def test_each_stream_looks_at_the_key_of_its_list(name: str) -> None:
    # Without it two readings of a page could not be compared.
    stream = STREAMS[name]
    assert stream.paging == "per_media" or set(stream.key) <= set(stream.looked_at)


DEEP = "[" * 1500 + "]" * 1500
DEEPEST = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("served", "landed"),
    [
        (b'"Z\xfcrich"', rb'"Z\udcfcrich"'),
        (b'"a\x01b\tc"', rb'"a\u0001b\u0009c"'),
        (b'"two\r\nlines"', rb'"two\u000d\u000alines"'),
        (b'"\xed\xa0\x80"', rb'"\udced\udca0\udc80"'),
        (rb'"\ud83d"', rb'"\ud83d"'),
        (b"NaN", b"NaN"),
        (DEEP.encode(), DEEP.encode()),
        (DEEPEST.encode(), DEEPEST.encode()),
    ],
    ids=lambda value: value[:20],
)
def test_one_odd_record_costs_neither_its_page_nor_itself(served: bytes, landed: bytes) -> None:
    good = '{"id": "g", "lat": 1.50, "city": "Zürich, [\\"x\\"]"}'.encode()
    body = parse_body(b'[%b, {"id": "o", "city": %b}, %b]' % (good, served, good), ("id",))
    assert [row.line for row in body.rows] == [good, b'{"id": "o", "city": %b}' % landed, good]
    # A record that no reader accepts has no fields: it is landed, and goes to quarantine.
    odd = None if len(served) > 100_000 else "o"
    assert [row.text("id") for row in body.rows] == ["g", odd, "g"]


@settings(max_examples=100)
@given(records=st.lists(JSON, min_size=1, max_size=4), at=st.integers(1, 40))
def test_a_list_with_odd_bytes_that_is_cut_off_is_never_read(
    records: list[object], at: int
) -> None:
    body = json.dumps([*records, "\x01"]).encode().replace(b"\\u0001", b"\x01\xfc")
    assert len(parse_body(body).rows) == len(records) + 1
    with pytest.raises(UnreadableBodyError):
        parse_body(body[: -min(at, len(body) - 1)])


def test_an_odd_object_is_one_row() -> None:
    body = parse_body(b'\xef\xbb\xbf {"a": "\x01\xfc",\n "b": [1]}\n', ("a",))
    assert not body.is_array
    assert [row.line for row in body.rows] == [rb'{"a": "\u0001\udcfc",  "b": [1]}']
