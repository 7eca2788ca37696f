"""Fingerprints of what a stream served: a night compares them to find new data.

Each is the sum of the checksums of a day's rows, or of all rows of a snapshot. A sum does not
depend on the order of pages, and is small enough to be kept for two years of days. A row that is
read twice, or a media that is left out, gives a different sum: the night then counts as new
although it is not, which costs a build. To miss new data, two 32-bit checksums would have to
collide at once.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from isal import isal_zlib

from ingestion.client.body import Row
from ingestion.declarations import Stream, WindowRule
from ingestion.timestamps import parse_timestamp

# Sum of a day's rows in hexadecimal digits, by date.
Content = dict[str, str]

_WHOLE = "whole"
_UNDATED = "undated"
_BITS = 64
_NOTHING = "0" * (_BITS // 4)


def nothing_of(stream: Stream) -> Counter[str]:
    """Return the sums of no rows. An empty snapshot has one too: it says that there are no rows."""
    return Counter({_WHOLE: 0} if stream.window is WindowRule.SNAPSHOT else {})


def sums_of(stream: Stream, rows: Iterable[Row], media_id: str | None) -> Counter[str]:
    """Return the sums of some rows, by day.

    Days without activity are left out: statistics list them for every media and every night, so
    they are not new data. (They are landed too, and the next build reads them again.)
    """
    sums: Counter[str] = Counter()
    # Statistics do not contain the id of their media, and those of two medias may be equal.
    start = isal_zlib.crc32((media_id or "").encode())
    for row in rows:
        day = _day_of(stream, row)
        if day is not None:
            sums[day] += (isal_zlib.crc32(row.line, start) << 32) | isal_zlib.adler32(row.line)
    return sums


def to_content(sums: Mapping[str, int]) -> Content:
    """Return the stored form of sums."""
    return {day: f"{value % 2**_BITS:016x}" for day, value in sorted(sums.items())}


def combined(contents: Iterable[Content]) -> Content:
    """Return the sum of what several invocations read of a stream."""
    sums: Counter[str] = Counter()
    for content in contents:
        sums.update({day: int(text, 16) for day, text in content.items()})
    return to_content(sums)


def is_known(content: Content, known: Content) -> bool:
    """Return whether each day is unchanged. Days that no longer exist are not compared."""
    return all(known.get(day, _NOTHING) == text for day, text in content.items())


def _day_of(stream: Stream, row: Row) -> str | None:
    """Return the day that a row belongs to, or None for a day without activity."""
    if stream.window is WindowRule.SNAPSHOT:
        return _WHOLE
    if stream.window is WindowRule.RECEIVED_AT:
        try:
            return parse_timestamp(row.text("received_at") or "").date().isoformat()
        except ValueError:
            return _UNDATED
    record = _record_of(row)
    if record is None:
        return _UNDATED
    key = {name: record.pop(name, None) for name in stream.key}
    return str(key[stream.key[0]])[:10] if any(record.values()) else None


def _record_of(row: Row) -> dict[str, Any] | None:
    """Return the fields of a row; None if it is not an object, or no parser can read it."""
    try:
        record = msgspec.json.decode(row.line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        # msgspec refuses what json reads: NaN, 1e400, half of a surrogate pair.
        try:
            record = json.loads(row.line)
        except (ValueError, RecursionError):
            return None
    return record if isinstance(record, dict) else None
