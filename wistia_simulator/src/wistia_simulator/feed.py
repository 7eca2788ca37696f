"""The events list: the rows that a query selects, in the order of the switches."""

import math
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from wistia_simulator.clock import SECONDS_PER_DAY, years_before
from wistia_simulator.event_days import EventDay, RowStyle
from wistia_simulator.faults import Faults

RETENTION_YEARS = 2
MAX_EPOCH = 1 << 40


@dataclass(frozen=True)
class Query:
    """Events of one media or visitor (None for all), received in [start, end) epoch seconds."""

    media: int | None = None
    visitor: int | None = None
    start: int = 0
    end: int = MAX_EPOCH


class Window(NamedTuple):
    """`size` rows of a list from `first` on; the newest `held_back` are not served yet."""

    first: int
    size: int
    held_back: int = 0


Run = tuple[EventDay, Sequence[int]]
"""Rows of one day, by their positions."""


class Selection:
    """The rows that a query selects at one moment, newest first."""

    def __init__(self, runs: Iterable[Run]) -> None:
        self.runs = [run for run in runs if len(run[1])]
        self._ends = list(accumulate(len(positions) for _, positions in self.runs))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[tuple[EventDay, int]]:
        return ((day, position) for day, positions in self.runs for position in positions)

    def at(self, index: int) -> Run:
        """Return row number `index`, as a run of one."""
        return self.slice(index, index + 1)[0]

    def slice(self, start: int, stop: int) -> list[Run]:
        """Return the rows from `start` to before `stop`."""
        found: list[Run] = []
        number = bisect_right(self._ends, start)
        before = self._ends[number - 1] if number else 0
        while start < stop and number < len(self.runs):
            day, positions = self.runs[number]
            found.append((day, positions[start - before : stop - before]))
            before = start = self._ends[number]
            number += 1
        return found


class EventFeed:
    """All days of events.

    Parameters
    ----------
    day_at
        Returns the day with a number, or None if it has no events.
    first_day
        The oldest day that has events.
    cache_bytes
        Rows are cached as JSON up to this size; above it the oldest cached days are dropped.
    """

    def __init__(
        self, day_at: Callable[[int], EventDay | None], first_day: int, cache_bytes: int
    ) -> None:
        self._day_at = day_at
        self.first_day = first_day
        self._cache_bytes = cache_bytes
        self._cached_bytes = 0
        self._rows: OrderedDict[tuple[int, RowStyle], _DayRows] = OrderedDict()
        self._selections: OrderedDict[tuple[int, Query], Selection] = OrderedDict()

    def day(self, number: int) -> EventDay | None:
        """Return the day with this number, if it has events."""
        return self._day_at(number) if number >= self.first_day else None

    def select(self, query: Query, now: int) -> Selection:
        """Return the rows that the API serves for a query."""
        key = (now, query)
        selection = self._selections.get(key)
        if selection is None:
            selection = Selection(self._runs_of(query, now))
            self._selections[key] = selection
            if len(self._selections) > 2_000:
                self._selections.popitem(last=False)
        return selection

    def _runs_of(self, query: Query, now: int) -> Iterator[Run]:
        start = max(query.start, years_before(now, RETENTION_YEARS))
        end = min(query.end, now + 1)
        newest, oldest = (end - 1) // SECONDS_PER_DAY, max(self.first_day, start // SECONDS_PER_DAY)
        for number in range(newest, oldest - 1, -1):
            day = self.day(number)
            if day is None:
                continue
            if query.media is not None:
                positions = day.visible_of_media(query.media, now)
            elif query.visitor is not None:
                positions = day.visible_of_visitor(query.visitor, now)
            else:
                positions = day.visible(now)
            if query.media is not None and query.visitor is not None:
                positions = [
                    position for position in positions if day.visitor[position] == query.visitor
                ]
            if start > number * SECONDS_PER_DAY or end < (number + 1) * SECONDS_PER_DAY:
                received = day.received
                positions = [
                    position for position in positions if start <= received[position] < end
                ]
            yield day, positions

    def page(self, query: Query, now: int, window: Window, faults: Faults) -> list[Run]:
        """Return the rows of one page of the list, with the switches applied."""
        selection = self.select(query, now)
        start, size, held_back = window
        total = max(0, len(selection) - held_back)
        every = faults.duplicate_every
        stop = min(start + size, total + (total // every if every else 0))
        if not every and not faults.shuffle_events:
            return selection.slice(held_back + start, held_back + stop)
        step = _coprime_step(total) if faults.shuffle_events else 1
        if step == 1 and start // (every + 1) == (stop - 1) // (every + 1) and stop % (every + 1):
            # There is no repetition in this page, so it is a slice.
            repeated = start // (every + 1)
            return selection.slice(held_back + start - repeated, held_back + stop - repeated)
        runs = []
        for shown in range(start, stop):
            block, rest = divmod(shown, every + 1) if every else (0, shown)
            index = block * every + min(rest, every - 1) if every else rest
            runs.append(selection.at(held_back + index * step % total))
        return runs

    def render(self, runs: list[Run], now: int, style: RowStyle) -> list[bytes]:
        """Return rows as JSON at a moment."""
        found: list[bytes] = []
        for day, positions in runs:
            kept = self._day_rows(day, now, style)
            rows = [
                kept.rows[position] or self._write(kept, day, position) for position in positions
            ]
            found.extend(rows)
        if self._cached_bytes > self._cache_bytes:
            self._shrink()
        return found

    def _write(self, kept: "_DayRows", day: EventDay, position: int) -> bytes:
        version = day.version(position, kept.now)
        row = day.render(position, version, kept.style)
        kept.rows[position] = row
        kept.size += len(row)
        self._cached_bytes += len(row)
        kept.versions[position] = version + 1
        return row

    def mark_served(self, runs: list[Run], now: int, style: RowStyle) -> None:
        """Record that these rows were served; those of a broken response were not."""
        for day, positions in runs:
            versions, served = self._day_rows(day, now, style).versions, day.served
            for position in positions:
                # Rows may have been dropped from the cache since they were rendered.
                version = versions[position] or day.version(position, now) + 1
                served[position] = max(served[position], version)

    def _day_rows(self, day: EventDay, now: int, style: RowStyle) -> "_DayRows":
        key = (day.number, style)
        kept = self._rows.get(key)
        if kept is not None:
            if kept.now == now or day.settled_at <= min(kept.now, now):
                return kept
            self._cached_bytes -= kept.size
        kept = _DayRows(now, style, [None] * len(day), bytearray(len(day)))
        self._rows[key] = kept
        return kept

    def forget_rows(self) -> None:
        """Empty the cache: something in the rows has changed."""
        self._rows.clear()
        self._cached_bytes = 0

    def _shrink(self) -> None:
        while self._cached_bytes > self._cache_bytes / 2 and len(self._rows) > 1:
            try:
                _, dropped = self._rows.popitem(last=False)
            except KeyError:
                return
            self._cached_bytes -= dropped.size


@dataclass
class _DayRows:
    now: int
    style: RowStyle
    rows: list[bytes | None]
    versions: bytearray
    size: int = 0


def _coprime_step(total: int) -> int:
    """Return a step that visits every row once before it returns to the first."""
    step = max(1, int(total * 0.6180339887))
    while math.gcd(step, max(total, 1)) != 1:
        step += 1
    return step
