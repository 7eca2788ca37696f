"""Reads a list by page numbers although it may change meanwhile, and proves that no row was missed.

The argument, in full in ingestion/README.md:

1. Probe: the end of the list is an empty page, found by doubling and halving. What was read on the
   way is kept as the *kept pages*, with their fingerprints.
2. Read: the other pages in contiguous blocks, each in ascending order on one connection. A row
   that moves down (the list grew) moves into a page that is still to be read, except at the start
   of a block and at the kept pages.
3. Verify: these pages and the end are read again. The kept pages stand where they stood: no row was
   missed. All moved down by the same number of rows: the list grew at its head, and the second
   reading has the rows that crossed a border. Anything else, such as a deletion, may have hidden a
   row: the whole list is read again.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ingestion.deadline import DeadlineReached
from ingestion.errors import WistiaNotFound
from ingestion.streams.pages import (
    Fingerprint,
    PagedList,
    Params,
    fingerprint,
    rows_of,
    shift_of,
)

# A list that changed under so many passes is left with a warning: every pass's rows are landed, so
# a row is missing only if each missed it, and the lookback of the next nights reads it again.
MAX_PASSES = 5
# A list may grow even while the kept pages are read again: look once more before a whole pass.
MAX_CHECKS = 3


@dataclass
class ListState:
    """Where the reading of a list stands.

    Attributes
    ----------
    attempt
        Number of this pass over the list, from 1.
    end
        The first empty page; None before the probe is done.
    blocks
        ``[first page, next page, end page)`` of each block.
    kept
        Fingerprints of the pages that the probe read: they tell what happened to the list since.
    starts
        Fingerprints of the first pages of the blocks.
    unstable
        The list changed under every pass.
    """

    attempt: int = 1
    end: int | None = None
    blocks: list[list[int]] = field(default_factory=list)
    kept: dict[int, Fingerprint] = field(default_factory=dict)
    starts: dict[int, Fingerprint] = field(default_factory=dict)
    unstable: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the form that a continuation carries."""
        return {
            "attempt": self.attempt,
            "end": self.end,
            "blocks": self.blocks,
            "kept": {str(page): text for page, text in self.kept.items()},
            "starts": {str(page): text for page, text in self.starts.items()},
        }

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> ListState:
        """Read the form that a continuation carries."""
        if not document:
            return cls()
        return cls(
            attempt=document["attempt"],
            end=document["end"],
            blocks=[list(block) for block in document["blocks"]],
            kept={int(page): text for page, text in document["kept"].items()},
            starts={int(page): text for page, text in document["starts"].items()},
        )


class OffsetReader:
    """Reads one list from a state to its end.

    Parameters
    ----------
    listing
        The list.
    state
        Where to begin; it moves on while reading, so that it can be continued after a deadline.
    """

    def __init__(self, listing: PagedList, state: ListState) -> None:
        self._list = listing
        self.state = state
        self._lock = threading.Lock()

    def read(self) -> None:
        """Read on until the list is complete.

        Raises
        ------
        DeadlineReached
            Time is up; ``state`` says where to go on.
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
        """Find the end of the list and cut what lies between the probed pages into blocks."""
        kept: dict[int, Fingerprint] = {}

        def is_empty(page: int) -> bool:
            kept[page] = self._read_page(page)
            return not kept[page]

        last, page = 0, 1
        while not is_empty(page):
            if last and kept[page] == kept[last]:
                break  # the server knows no pages: every one is the same whole list
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
        # A page at the end that is not empty is the whole list again: see above.
        self.state.kept = {page: text for page, text in kept.items() if page < end or text}
        unread = [number for number in range(1, end) if number not in self.state.kept]
        self.state.blocks = _blocks(unread, end, self._list.connections)
        self.state.end = end

    def _read_blocks(self) -> None:
        pending = [block for block in self.state.blocks if block[1] < block[2]]
        if not pending:
            return
        stop = threading.Event()
        with ThreadPoolExecutor(len(pending)) as pool:
            futures = [pool.submit(self._read_block, block, stop) for block in pending]
        errors = [error for future in futures if (error := future.exception()) is not None]
        for error in sorted(errors, key=lambda error: isinstance(error, DeadlineReached)):
            raise error

    def _read_block(self, block: list[int], stop: threading.Event) -> None:
        first, _, end = block
        try:
            while block[1] < end and not stop.is_set():
                page = block[1]
                if page not in self.state.kept:
                    text = self._read_page(page)
                    if page == first:
                        with self._lock:
                            self.state.starts[page] = text
                block[1] = page + 1
        except BaseException:
            stop.set()
            raise

    def _is_complete(self) -> bool:
        """Read the kept pages and the end again, and judge what changed since the first reading."""
        end = self.state.end or 1
        if end <= 2 and rows_of(self.state.kept.get(1, "")) < self._list.per_page:
            return True  # one answer of the server with room for more: nothing can fall between
        if self._is_unchanged(end):
            return True
        for _ in range(MAX_CHECKS):
            moved = self._moved()
            if moved is None:
                return False
            self._read_tail(end)
            for page, text in self.state.starts.items():
                self._read_page(page, unless=text)
            # Grown at the head, and no further while all this was read: one shift explains it all.
            head = self.state.kept[1]
            if moved == {shift_of(head, self._read_page(1, unless=head))}:
                return True
        return False

    def _is_unchanged(self, end: int) -> bool:
        """Read the kept pages and the end again, side by side; say whether they are as before."""

        def is_same(page: int) -> bool:
            before = self.state.kept.get(page, "")
            return self._read_page(page, unless=before) == before

        with ThreadPoolExecutor(self._list.connections) as pool:
            return all(list(pool.map(is_same, {**self.state.kept, end: ""})))

    def _moved(self) -> set[int] | None:
        """Read the kept pages again; by how many rows they moved down, None if not only that."""
        moved: set[int] = set()
        for page in sorted(self.state.kept):
            before = self.state.kept[page]
            shift = shift_of(before, self._read_page(page, unless=before))
            if shift is None or (moved and shift < max(moved)):
                return None
            moved.add(shift)
        return moved

    def _read_tail(self, end: int) -> None:
        """Read what was pushed, or added, behind the end that the probe found."""
        before: Fingerprint | None = None
        for page in count(end):
            text = self._read_page(page)
            if not text or text == before:
                return
            before = text

    def _read_page(self, page: int, *, unless: Fingerprint | None = None) -> Fingerprint:
        """Read and land a page, unless it reads as it did before."""
        per_page = str(self._list.per_page)
        params: Params = self._list.params | {"page": str(page), "per_page": per_page}
        try:
            reply = self._list.get(params)
        except WistiaNotFound:
            if page == 1:
                raise
            return ""  # some servers answer 404 beyond the end of a list
        text = fingerprint(reply.rows, self._list.key)
        if text != unless:
            self._list.land(reply, params, page)
        return text


def _blocks(unread: list[int], end: int, count: int) -> list[list[int]]:
    """Cut pages into at most ``count`` ascending blocks of about as many unread pages each."""
    if not unread:
        return []
    count = min(count, len(unread))
    firsts = [unread[len(unread) * number // count] for number in range(count)]
    return [[first, first, last] for first, last in zip(firsts, [*firsts[1:], end], strict=True)]
