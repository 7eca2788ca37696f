"""One page of a list, and how to compare two readings of it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

from ingestion.client.body import Row
from ingestion.client.http import Reply

PER_PAGE = 100  # the API's maximum; its default of 10 would cost ten times the requests

Params = dict[str, str]


@dataclass(frozen=True)
class PagedList:
    """A list of the API, and how its pages are fetched and landed.

    Attributes
    ----------
    params
        The parameters of every request, without those of the paging.
    key
        Fields that identify a row.
    get
        Sends one request with the given parameters.
    land
        Lands a page, given its reply, parameters and number. Called from several threads.
    connections
        Requests in flight at once.
    per_page
        Number of rows requested per page.
    may_be_refused
        A server may refuse it: it is an additional view of a stream, in its first reading.
    """

    params: Params
    key: tuple[str, ...]
    get: Callable[[Params], Reply]
    land: Callable[[Reply, Params, int], None]
    connections: int = 1
    per_page: int = PER_PAGE
    may_be_refused: bool = False


# The keys of a page in order, eight hexadecimal digits each: small enough for a continuation.
Fingerprint = str
_DIGITS = 8


def fingerprint(rows: list[Row], key: tuple[str, ...]) -> Fingerprint:
    """Return the fingerprint of a page; rows whose content changes in place keep it."""
    return "".join([f"{crc32(key_of(row, key)):08x}" for row in rows])


def rows_of(page: Fingerprint) -> int:
    """Return the number of rows of a page."""
    return len(page) // _DIGITS


def shift_of(before: Fingerprint, after: Fingerprint) -> int | None:
    """Return by how many rows a page has moved down between two readings.

    0 also means a last page that got longer. None means that rows added before or after the page
    cannot explain it: something was deleted, or the order changed.
    """
    if before == after or not before:
        return 0
    for shift in range(rows_of(after)):
        rest = after[shift * _DIGITS :]
        if rest.startswith(before) or (before.startswith(rest) and len(after) >= len(before)):
            return shift
    return None


def overlap_of(before: Fingerprint, after: Fingerprint) -> int:
    """Return how many rows at the end of one page are also at the beginning of the next.

    The list moved down by that many rows between the readings. 0 if it did not move or moved up.
    """
    for rows in range(min(rows_of(before), rows_of(after)), 0, -1):
        if after.startswith(before[-rows * _DIGITS :]):
            return rows
    return 0


def first_row(page: Fingerprint) -> Fingerprint:
    """Return the fingerprint of the first row of a page."""
    return page[:_DIGITS]


def is_row_repeated(row: Fingerprint, pages: Fingerprint) -> bool:
    """Return whether a row is followed by itself."""
    rows = [pages[at : at + _DIGITS] for at in range(0, len(pages), _DIGITS)]
    return (row, row) in pairwise(rows)


def key_of(row: Row, key: tuple[str, ...]) -> bytes:
    """Return what identifies a row in its list: its key, or the whole row if it has none."""
    values = [row.text(name) for name in key]
    return row.line if None in values else str(values).encode()
