"""Reads a list by page numbers while it may change, and proves that no row was missed.

The argument, in full in ingestion/README.md:

1. Probe: the end of the list is an empty page, found by doubling and halving. The pages read on the
   way are the *kept pages*; their fingerprints are remembered.
2. Read: the pages between the kept ones in blocks, each in ascending order on one connection. A row
   that moves down (the list grew) moves into a page that is still to be read, except at the start
   of a block and at the kept pages.
3. Verify: these pages and the end are read again. Either the kept pages are unchanged, or all moved
   down by the same number of rows: the list grew at its head, and the second reading has the rows
   that crossed a border. The number of rows read twice within a block must equal that growth: if it
   is larger, the list had moved up again. Anything else, such as a deletion, may have hidden a row:
   the whole list is read again.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from typing import Any

from ingestion.client.http import Reply
from ingestion.deadline import DeadlineReached
from ingestion.errors import WistiaNotFound
from ingestion.streams.pages import (
    Fingerprint,
    PagedList,
    Params,
    fingerprint,
    first_row,
    is_row_repeated,
    overlap_of,
    rows_of,
    shift_of,
)

# A list that changed during this many passes is left with a warning. The rows of every pass are
# landed, so a row is missing only if each pass missed it, and the lookback of the next nights reads
# it again.
MAX_PASSES = 5
# A list may grow even while the kept pages are read again: check again before a whole pass.
MAX_CHECKS = 3


@dataclass
class Block:
    """Consecutive pages that are read in order, and how the list moved meanwhile.

    Attributes
    ----------
    first, following, end
        The first page, the next one to read, the page after the last.
    start, last
        Fingerprints of the first page and of the one that was read last.
    overlap
        Total number of rows that a page had in common with the page before it.
    single
        Pages with exactly one such row, and that row: the list may contain it twice.
    """

    first: int
    following: int
    end: int
    start: Fingerprint = ""
    last: Fingerprint = ""
    overlap: int = 0
    single: list[tuple[int, Fingerprint]] = field(default_factory=list)

    def add(self, page: Fingerprint) -> None:
        """Add the next page."""
        if self.following == self.first:
            self.start = page
        else:
            self.meet(self.last, page, self.following)
        self.last = page
        self.following += 1

    def meet(self, before: Fingerprint, page: Fingerprint, number: int) -> None:
        """Count the rows that a page has in common with the one before it."""
        rows = overlap_of(before, page)
        self.overlap += rows
        if rows == 1:
            self.single.append((number, first_row(page)))


@dataclass
class ListState:
    """How far the reading of a list has come.

    Attributes
    ----------
    attempt
        Number of this pass over the list, from 1.
    end
        The first empty page; None before the probe is done.
    blocks
        The pages that the probe did not read.
    kept
        Fingerprints of the pages that the probe read: they show how the list changed since.
    unstable
        The list changed during every pass.
    """

    attempt: int = 1
    end: int | None = None
    blocks: list[Block] = field(default_factory=list)
    kept: dict[int, Fingerprint] = field(default_factory=dict)
    unstable: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the form that is stored in a continuation."""
        return {
            "attempt": self.attempt,
            "end": self.end,
            "blocks": [asdict(block) for block in self.blocks],
            "kept": {str(page): text for page, text in self.kept.items()},
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "ListState":
        """Read the form that is stored in a continuation."""
        if not document:
            return cls()
        return cls(
            attempt=document["attempt"],
            end=document["end"],
            blocks=[Block(**block) for block in document["blocks"]],
            kept={int(page): text for page, text in document["kept"].items()},
        )


class OffsetReader:
    """Reads one list from a state to its end.

    Parameters
    ----------
    listing
        The list, and the functions that fetch and land a page.
    state
        Where to begin; it is updated while reading, so that reading can continue after a deadline.
    """

    def __init__(self, listing: PagedList, state: ListState) -> None:
        self._list = listing
        self.state = state

    def read(self) -> None:
        """Read on until the list is complete.

        Raises
        ------
        DeadlineReached
            Time is up; ``state`` says where to continue.
        """
        while True:
            if self.state.end is None:
                self._probe()
            self._read_blocks()
            if self._is_complete():
                return
            if self.state.attempt >= MAX_PASSES:
                self.state.unstable = True
                return
            self.state = ListState(self.state.attempt + 1)

    def _probe(self) -> None:
        """Find the end of the list and cut the pages between the probed ones into blocks."""
        kept: dict[int, Fingerprint] = {}

        def is_empty(page: int) -> bool:
            kept[page] = self._read_page(page)
            return not kept[page]

        last, page = 0, 1
        while not is_empty(page):
            if last and kept[page] == kept[last]:
                break  # the server has no pages: every page is the same whole list
            last = page
            # A short page is most likely the last one, but only an empty one proves the end.
            page = page + 1 if len(kept[page]) < len(kept[1]) else page * 2
        end = page
        while end - last > 1:
            middle = (last + end) // 2
            if is_empty(middle):
                end = middle
            else:
                last = middle
                if len(kept[middle]) < len(kept[1]) and middle + 1 < end and is_empty(middle + 1):
                    end = middle + 1
        # If the page at the end is not empty, it is the whole list again: see above.
        self.state.kept = {page: text for page, text in kept.items() if page < end or text}
        unread = [number for number in range(1, end) if number not in self.state.kept]
        self.state.blocks = _blocks(unread, self._list.connections)
        self.state.end = end

    def _read_blocks(self) -> None:
        pending = [block for block in self.state.blocks if block.following < block.end]
        if not pending:
            return
        stop = threading.Event()
        with ThreadPoolExecutor(self._list.connections) as pool:
            futures = [pool.submit(self._read_block, block, stop) for block in pending]
        errors = [error for future in futures if (error := future.exception()) is not None]
        for error in sorted(errors, key=lambda error: isinstance(error, DeadlineReached)):
            raise error

    def _read_block(self, block: Block, stop: threading.Event) -> None:
        try:
            while block.following < block.end and not stop.is_set():
                block.add(self._read_page(block.following))
        except BaseException:
            stop.set()
            raise

    def _is_complete(self) -> bool:
        """Read the kept pages and the end again; return whether the reading is complete."""
        end = self.state.end or 1
        if end <= 2 and rows_of(self.state.kept.get(1, "")) < self._list.per_page:
            return True  # one page with room for more: no row can be between pages
        starts = {block.first: block.start for block in self.state.blocks}
        if self._is_unchanged(end):
            return self._has_no_gap(0, self.state.kept | starts)
        for _ in range(MAX_CHECKS):
            moved_down = self._read_kept_again()
            if moved_down is None:
                return False
            kept, moved = moved_down
            self._read_tail(end)
            again = {page: self._read_page(page, unless=text) for page, text in starts.items()}
            # It grew at the head, and no further while all this was read: one shift explains it.
            head = self.state.kept[1]
            grown = shift_of(head, self._read_page(1, unless=head))
            if grown is not None and moved == {grown}:
                return self._has_no_gap(grown, kept | again)
        return False

    def _is_unchanged(self, end: int) -> bool:
        """Read the kept pages and the end again, in parallel; return whether they are unchanged."""

        def is_same(page: int) -> bool:
            before = self.state.kept.get(page, "")
            return self._read_page(page, unless=before) == before

        with ThreadPoolExecutor(self._list.connections) as pool:
            return all(list(pool.map(is_same, {**self.state.kept, end: ""})))

    def _read_kept_again(self) -> tuple[dict[int, Fingerprint], set[int]] | None:
        """Return the kept pages as they are now, and by how many rows each moved down.

        None if anything else happened to them; the first page that shows it is the last one read.
        """
        kept: dict[int, Fingerprint] = {}
        moved: set[int] = set()
        for page, text in sorted(self.state.kept.items()):
            kept[page] = self._read_page(page, unless=text)
            shift = shift_of(text, kept[page])
            if shift is None or (moved and shift < max(moved)):
                return None
            moved.add(shift)
        return kept, moved

    def _has_no_gap(self, grown: int, again: dict[int, Fingerprint]) -> bool:
        """Return whether no row is missing between the pages of each block, given the growth.

        Each row that the list grew by appears once within a block as a row that was read twice. If
        there are more, the list moved up again in between, which the reading does not show.
        """
        for block in self.state.blocks:
            before = self.state.kept.get(block.first - 1)
            seen = replace(block, single=list(block.single))
            seen.meet(block.last, again[block.end], block.end)
            if before is not None:
                seen.meet(before, block.start, block.first)
            else:
                since = shift_of(block.start, again[block.first])
                if since is None:
                    return False
                seen.overlap += grown - since
            if seen.overlap > grown:
                seen.overlap -= sum(self._is_repeated(row, page) for page, row in seen.single)
            if seen.overlap != grown:
                return False
        return True

    def _is_repeated(self, row: Fingerprint, page: int) -> bool:
        """Read a page and the one before it again; return whether the list has the row twice."""
        asked = [self._request(number) for number in (page - 1, page)]
        before, after = (
            "" if found is None else fingerprint(found[0].rows, self._list.key) for found in asked
        )
        return overlap_of(before, after) == 1 or is_row_repeated(row, before + after)

    def _read_tail(self, end: int) -> None:
        """Read the rows that moved behind, or were added after, the end that the probe found."""
        before: Fingerprint | None = None
        for page in count(end):
            text = self._read_page(page)
            if not text or text == before:
                return
            before = text

    def _read_page(self, page: int, *, unless: Fingerprint | None = None) -> Fingerprint:
        """Read a page, land it unless it is unchanged, and return its fingerprint."""
        asked = self._request(page)
        if asked is None:
            return ""
        reply, params = asked
        text = fingerprint(reply.rows, self._list.key)
        if text != unless:
            self._list.land(reply, params, page)
        return text

    def _request(self, page: int) -> tuple[Reply, Params] | None:
        """Request a page; None if the server answers 404 beyond the end of a list."""
        per_page = str(self._list.per_page)
        params: Params = self._list.params | {"page": str(page), "per_page": per_page}
        try:
            return self._list.get(params), params
        except WistiaNotFound:
            if page == 1:
                raise
            return None


def _blocks(unread: list[int], connections: int) -> list[Block]:
    """Cut pages into blocks without a gap, each at most one connection's share."""
    share = -(-len(unread) // connections)
    blocks: list[Block] = []
    for page in unread:
        if blocks and blocks[-1].end == page and page - blocks[-1].first < share:
            blocks[-1].end += 1
        else:
            blocks.append(Block(page, page, page + 1))
    return blocks
