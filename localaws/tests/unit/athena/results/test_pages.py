"""A stored result comes back page by page as it was."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from localaws_support.query_executions import select_execution

from localaws.athena.catalog.object_store import Location
from localaws.athena.errors import InvalidRequestError
from localaws.athena.results import pages
from localaws.athena.results.csv_result import CsvResult

_TEXT = {"rawType": "varchar", "arguments": []}
_CELL = st.none() | st.text(alphabet=st.sampled_from('a",\n\\\r;ü日')) | st.text()


@dataclass
class _Objects:
    """An object store in memory."""

    content: dict[str, bytes] = field(default_factory=dict)

    def put(self, location, content, content_type):
        self.content[location.key] = content

    def put_file(self, location, source, content_type):
        self.content[location.key] = source.read()

    def size(self, location):
        found = self.content.get(location.key)
        return None if found is None else len(found)

    def read(self, location, offset, count):
        return self.content[location.key][offset : offset + count]


def _store(rows, width):
    columns = [{"name": f"c{n}", "typeSignature": _TEXT} for n in range(width)]
    written, objects = CsvResult(columns), _Objects()
    if rows:
        written.write(rows)
    written.store(objects, Location.parse("s3://b/q1.csv"))
    return objects


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_text_comes_back_as_it_went(data):
    # GIVEN rows of any text, nulls among them
    width = data.draw(st.integers(1, 3))
    rows = data.draw(st.lists(st.lists(_CELL, min_size=width, max_size=width), max_size=12))
    objects = _store(rows, width)
    # WHEN they are read three at a time
    found, token = [], None
    while True:
        page, token = pages.page(objects, select_execution(), token, 3)
        found += [[datum.get("VarCharValue") for datum in row["Data"]] for row in page]
        if token is None:
            break
    # THEN they are all there, after the header
    assert found == [[f"c{n}" for n in range(width)], *rows]


def test_a_cell_longer_than_what_is_read_at_once_comes_back():
    long = '"' * 700_000 + "x"
    objects = _store([[long]], 1)
    page, token = pages.page(objects, select_execution(), None, 10)
    assert page[1]["Data"][0]["VarCharValue"] == long
    assert token is None


def test_a_foreign_token_is_refused():
    objects = _store([["a"]], 1)
    with pytest.raises(InvalidRequestError, match="Invalid NextToken"):
        pages.page(objects, select_execution(), "q2:0", 10)


def test_a_deleted_result_is_told():
    with pytest.raises(InvalidRequestError, match="Could not find results"):
        pages.page(_Objects(), select_execution(), None, 10)
