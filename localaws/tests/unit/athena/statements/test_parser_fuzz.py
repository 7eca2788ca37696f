"""No input makes the parser fail in another way than Athena would."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from localaws.athena.errors import InvalidRequestError
from localaws.athena.statements.base import Statement
from localaws.athena.statements.parser import parse

_TEXT = """alter create external table view drop database schema if not exists or replace as select
( ) , ; . = < > <> [ ] array 'text' "name" `name` '' "" `` 'it''s' '\\'' partition partitioned by
columns column add set location tblproperties rename to msck repair show tables partitions in with
like describe optimize rewrite data using bin_pack vacuum unload prepare execute from int string
struct< map< array< decimal( 1 -2 3.5 ? -- /* */ comment stored row format serde delimited
fields terminated insert into values update delete merge explain desc t db.t ünï 日本 _x"""
_WORDS = st.sampled_from(_TEXT.split())


def _parses_or_refuses(sql: str) -> None:
    with contextlib.suppress(InvalidRequestError):
        assert isinstance(parse(sql), Statement)


@settings(max_examples=100, deadline=None)
@given(st.lists(_WORDS, max_size=40).map(" ".join))
def test_any_sequence_of_words_is_parsed_or_refused(sql):
    _parses_or_refuses(sql)


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["", "create ", "alter table ", "show ", "create external table t ("]),
    st.text(),
)
def test_any_text_is_parsed_or_refused(start, rest):
    _parses_or_refuses(start + rest)
