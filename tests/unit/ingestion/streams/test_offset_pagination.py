"""Reading a list by page numbers while it changes."""

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestion.client.body import parse_body
from ingestion.client.http import Reply
from ingestion.deadline import DeadlineReached
from ingestion.streams.offset_pagination import ListState, OffsetReader
from ingestion.streams.pages import PagedList


class ChangingList:
    """A list of the API that changes before some requests."""

    def __init__(
        self, size: int, connections: int = 1, page_size: int = 10, per_page: int | None = None
    ) -> None:
        self.rows = [f"row-{number}" for number in range(size)]
        self.ever = set(self.rows)
        self.page_size = page_size
        self.per_page = per_page or page_size  # the requests so far
        self.connections = connections
        self.requests: list[int] = []
        self.before_request: dict[int, Callable[[], None]] = {}
        self.landed: list[str] = []
        self._lock = threading.Lock()

    def grow(self, count: int = 1, at: int = 0) -> None:
        new = [f"new-{len(self.ever) + number}" for number in range(count)]
        self.ever.update(new)
        self.rows[at:at] = new

    def delete(self, at: int) -> None:
        if self.rows:
            del self.rows[min(at, len(self.rows) - 1)]

    def get(self, params: dict[str, str]) -> Reply:
        with self._lock:
            self.requests.append(int(params["page"]))
            self.before_request.pop(len(self.requests), lambda: None)()
            start = (int(params["page"]) - 1) * self.page_size
            found = self.rows[start : start + self.page_size]
        body = parse_body(json.dumps([{"key": row} for row in found]).encode(), ("key",))
        now = datetime.now(UTC)
        return Reply(body.rows, True, "request", now, now)

    def land(self, reply: Reply, params: dict[str, str], page: int) -> None:
        with self._lock:
            self.landed += [str(row.text("key")) for row in reply.rows]

    def reader(self, state: ListState | None = None) -> OffsetReader:
        listing = PagedList({}, ("key",), self.get, self.land, self.connections, self.per_page)
        return OffsetReader(listing, state or ListState())

    def missed(self) -> set[str]:
        """Rows that were there all the time and were not landed."""
        return set(self.rows) - set(self.landed)


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 20, 25, 80, 123])
def test_quiet_list_is_read_whole_and_each_row_landed_once(size: int) -> None:
    paged = ChangingList(size, connections=4)
    paged.reader().read()
    assert sorted(paged.landed) == sorted(paged.rows)


def test_single_page_takes_two_requests() -> None:
    paged = ChangingList(4)
    paged.reader().read()
    assert paged.requests == [1, 2]


def test_long_list_costs_few_requests_beyond_its_pages() -> None:
    paged = ChangingList(3_000, connections=8)
    paged.reader().read()
    assert len(paged.requests) <= 300 * 1.15


def test_short_pages_in_the_middle_do_not_end_the_list() -> None:
    # GIVEN a list whose third page is returned with one row too few
    paged = ChangingList(73)
    plain = paged.get

    def get(params: dict[str, str]) -> Reply:
        reply = plain(params)
        return replace(reply, rows=reply.rows[:-1]) if params["page"] == "3" else reply

    paged.get = get  # type: ignore[method-assign]
    # WHEN it is read
    paged.reader().read()
    # THEN all that the server is willing to serve is there: only an empty page ends a list
    assert paged.missed() == {"row-29"}


def test_server_with_smaller_pages_than_asked_for_is_read_whole() -> None:
    paged = ChangingList(730, page_size=50, per_page=100, connections=4)
    paged.reader().read()
    assert not paged.missed()


def test_server_that_ignores_the_page_number_does_not_loop() -> None:
    paged = ChangingList(13)
    everything = paged.get({"page": "1"})
    paged.get = lambda params: everything  # type: ignore[method-assign]
    paged.reader().read()
    assert len(paged.landed) <= 20


def test_no_cap_on_the_number_of_pages_truncates_a_list() -> None:
    paged = ChangingList(15_000, connections=4)
    paged.reader().read()
    assert len(paged.landed) == 15_000


@pytest.mark.parametrize("count", [3, 25])
def test_rows_that_arrive_at_the_head_while_paging_hide_no_row(count: int) -> None:
    # GIVEN a list of 12 pages that grows between two pages, by a few rows or by more than a page
    paged = ChangingList(115, connections=4)
    paged.before_request[14] = lambda: paged.grow(count)
    # WHEN it is read
    paged.reader().read()
    # THEN the old rows and the new ones are there
    assert not paged.missed()


def test_growth_at_the_head_costs_no_second_pass() -> None:
    paged = ChangingList(3_000, connections=8)
    paged.before_request[100] = lambda: paged.grow(7)
    reader = paged.reader()
    reader.read()
    assert not paged.missed()
    assert reader.state.attempt == 1


@pytest.mark.parametrize("request_number", [2, 3, 5, 8, 12, 14, 16])
def test_deletion_while_paging_hides_no_row(request_number: int) -> None:
    # GIVEN a list from which a row of the first page goes while it is read
    paged = ChangingList(115, connections=2)
    paged.before_request[request_number] = lambda: paged.delete(3)
    # WHEN it is read
    paged.reader().read()
    # THEN the row that moved over a page border is not missed
    assert not paged.missed()


def test_deletion_that_leaves_a_single_full_page_hides_no_row() -> None:
    # GIVEN a list with one row on its second page, which moves to the first after that was read
    paged = ChangingList(11)
    paged.before_request[2] = lambda: paged.delete(0)
    # WHEN it is read
    paged.reader().read()
    # THEN the row is there, although the second page was empty
    assert not paged.missed()


@pytest.mark.parametrize("deleted_at", range(9, 16))
def test_growth_that_is_taken_back_while_paging_hides_no_row(deleted_at: int) -> None:
    # GIVEN a list that grows while its blocks are read, and loses some of the new rows soon after
    paged = ChangingList(87)
    paged.before_request[9] = lambda: paged.grow(4)
    paged.before_request[deleted_at + 1] = lambda: paged.delete(2)
    # WHEN it is read
    paged.reader().read()
    # THEN the row that moved down over a border and up again is there
    assert not paged.missed()


@pytest.mark.parametrize("count", [0, 3])
@pytest.mark.parametrize("border", [20, 30, 50, 60, 70])
def test_row_that_the_list_repeats_at_a_page_border_costs_no_second_pass(
    border: int, count: int
) -> None:
    # GIVEN a list whose row is the last one of a page and the first one of the next
    paged = ChangingList(87)
    paged.rows[border] = paged.rows[border - 1]
    # WHEN it is read, also while it grows
    paged.before_request[11] = lambda: paged.grow(count)
    reader = paged.reader()
    reader.read()
    # THEN that does not count as a list that moved
    assert not paged.missed()
    assert reader.state.attempt == 1


@settings(max_examples=60, deadline=None)
@example(size=53, connections=1, changes={8: ("grow", 4, 0), 11: ("delete", 1, 3)}, repeated=0)
@given(
    size=st.integers(0, 90),
    connections=st.integers(1, 4),
    repeated=st.integers(0, 9) | st.sampled_from([20, 30, 50, 60, 70]),
    changes=st.dictionaries(
        st.integers(1, 30),
        st.one_of(
            st.tuples(st.just("grow"), st.sampled_from([1, 2, 4, 13, 27]), st.just(0)),
            st.tuples(st.just("delete"), st.just(1), st.integers(0, 90) | st.integers(0, 4)),
        ),
        max_size=4,
    ),
)
def test_no_row_is_missed_whatever_is_added_or_deleted(
    size: int, connections: int, changes: dict[int, tuple[str, int, int]], repeated: int
) -> None:
    paged = ChangingList(size, connections)
    if 0 < repeated < size:  # a row that the list has twice
        paged.rows[repeated] = paged.rows[repeated - 1]
    for number, (kind, count, at) in changes.items():
        paged.before_request[number] = (
            (lambda count=count: paged.grow(count))
            if kind == "grow"
            else (lambda at=at: paged.delete(at))
        )
    paged.reader().read()
    late = {row for row in paged.missed() if row.startswith("new-")}
    # A row that arrives after the reading began may belong to the next run; all others must be there.
    assert not paged.missed() - late


@settings(max_examples=30, deadline=None)
@given(size=st.integers(0, 90), allowed=st.lists(st.integers(3, 9), max_size=6))
def test_reading_goes_on_where_a_deadline_stopped_it(size: int, allowed: list[int]) -> None:
    # GIVEN invocations that may send only a few requests each
    paged = ChangingList(size, connections=2)
    state = ListState()
    plain = paged.get
    for count in [*allowed, 10_000]:
        left = [count]

        def get(params: dict[str, str], left: list[int] = left) -> Reply:
            left[0] -= 1
            if left[0] < 0:
                raise DeadlineReached
            return plain(params)

        paged.get = get  # type: ignore[method-assign]
        # WHEN each begins where the one before stopped, through JSON as in the state machine
        reader = paged.reader(ListState.from_json(json.loads(json.dumps(state.to_json()))))
        try:
            reader.read()
            break
        except DeadlineReached:
            state = reader.state
    # THEN nothing is missing
    assert not paged.missed()
