"""Fingerprints of what a stream served: by them a night tells new data from what it knows.

One sum per day of the rows (one for the whole of a snapshot) of a checksum of each row. A sum does
not depend on the order in which pages come, and is small enough to be kept for two years of days.
A row that is read twice, or a media that is left out, gives another sum: a night is then taken for
new although it is not, which costs a build. The opposite takes two checksums of 32 bits at once.
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
    """Return the sums of no rows. A snapshot without rows is a statement too: there are none."""
    return Counter({_WHOLE: 0} if stream.window is WindowRule.SNAPSHOT else {})


def sums_of(stream: Stream, rows: Iterable[Row], media_id: str | None) -> Counter[str]:
    """Return the sums of some rows, by day.

    Days on which nothing happened count for nothing: statistics list them for every media and
    night, so they are no news (they are landed all the same, and read again by the next build).
    """
    sums: Counter[str] = Counter()
    # Statistics of a media do not name it, and those of two medias may be the same.
    start = isal_zlib.crc32((media_id or "").encode())
    for row in rows:
        day = _day_of(stream, row)
        if day is not None:
            sums[day] += (isal_zlib.crc32(row.line, start) << 32) | isal_zlib.adler32(row.line)
    return sums


def to_content(sums: Mapping[str, int]) -> Content:
    """Write sums down."""
    return {day: f"{value % 2**_BITS:016x}" for day, value in sorted(sums.items())}


def combined(contents: Iterable[Content]) -> Content:
    """Add up what several invocations saw of a stream."""
    sums: Counter[str] = Counter()
    for content in contents:
        sums.update({day: int(text, 16) for day, text in content.items()})
    return to_content(sums)


def is_known(content: Content, known: Content) -> bool:
    """Say whether each day is as it was. Days that are gone by now are not asked about."""
    return all(known.get(day, _NOTHING) == text for day, text in content.items())


def _day_of(stream: Stream, row: Row) -> str | None:
    """Return the day that a row belongs to, or None if it says that nothing happened."""
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
    """Return the fields of a row; None if it is no object, or one that no parser reads."""
    try:
        record = msgspec.json.decode(row.line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        # What msgspec refuses and json reads: NaN, 1e400, half of a surrogate pair.
        try:
            record = json.loads(row.line)
        except (ValueError, RecursionError):
            return None
    return record if isinstance(record, dict) else None
