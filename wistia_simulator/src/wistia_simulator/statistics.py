"""Counts of a media that are consistent with each other and with its events.

The shares are those published for real medias (0.4350761882621468 x 94,634 visitors = 41,173
players): events are 98.7 % of plays and 15 % of loads, and play rate is unique plays over unique
visitors who loaded.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from wistia_simulator.clock import SECONDS_PER_DAY
from wistia_simulator.event_days import EventDay
from wistia_simulator.medias import MediaLife
from wistia_simulator.randomness import uniform
from wistia_simulator.world import LivingWorld

PLAYS_BEYOND_EVENTS = 1 / 0.987 - 1
LOADS_BEYOND_PLAYS = 1 / 0.15 - 1 / 0.987
MAX_CURVE_CELLS = 1_000
_SKIPPING_SHARE = 0.15
_REWATCHING_SHARE = 0.12


@dataclass(frozen=True)
class DayCounts:
    """Loads and plays of one media on one UTC day."""

    loads: int
    plays: int


@dataclass(frozen=True)
class Lifetime:
    """All counts of one media up to a moment.

    Attributes
    ----------
    players, visitors
        Unique viewers who played, and who loaded.
    engagement
        Mean share seen, 0 to 1.
    viewed, rewatched
        Viewers of each cell of the media, and how often the cell was seen again.
    """

    loads: int
    plays: int
    players: int
    visitors: int
    engagement: float
    duration_seconds: float
    viewed: list[int]
    rewatched: list[int]

    @property
    def play_rate(self) -> float:
        """Unique plays divided by unique visitors."""
        return self.players / self.visitors if self.visitors else 0.0

    @property
    def hours_watched(self) -> float:
        """Modeled as in Wistia: plays x lifetime engagement x duration."""
        return self.hours_of(self.plays)

    def hours_of(self, plays: int) -> float:
        """Return the modeled hours of a number of plays."""
        return plays * self.engagement * self.duration_seconds / 3600


class Statistics:
    """Counts of a world; cached for the last requested moment."""

    def __init__(self, world: LivingWorld) -> None:
        self._world = world
        self._seed = world.world.seed
        self._kept: tuple[int, dict[int, Lifetime]] = (-1, {})

    def on_day(self, life: MediaLife, number: int, now: int) -> DayCounts:
        """Return the counts of one media on one UTC day, as of a moment."""
        start = number * SECONDS_PER_DAY
        first = max(self._world.feed.first_day, life.created // SECONDS_PER_DAY)
        if start > now or number < first:
            return DayCounts(0, 0)
        day = self._world.feed.day(number)
        events = len(day.visible_of_media(life.index, now)) if day else 0
        return self.scale(life, number, events)

    def scale(self, life: MediaLife, number: int, events: int) -> DayCounts:
        """Return the plays and loads for a number of events; more events never lower them."""
        if not life.media.is_timed:
            return DayCounts(0, 0)
        key = (self._seed, life.media.hashed_id, number)
        plays = events + int(
            events * PLAYS_BEYOND_EVENTS + (uniform("plays", *key) if events else 0)
        )
        others = plays * LOADS_BEYOND_PLAYS * (0.8 + 0.4 * uniform("loads", *key))
        # A page that embeds the media is sometimes opened without a play.
        idle = int(3 * uniform("idle", *key)) if self._world.has_history else 0
        return DayCounts(plays + int(others) + idle, plays)

    def days_of(self, life: MediaLife, now: int) -> Iterator[tuple[int, EventDay | None]]:
        """Yield the days of a media up to a moment, oldest first."""
        first = max(self._world.feed.first_day, life.created // SECONDS_PER_DAY)
        for number in range(first, now // SECONDS_PER_DAY + 1):
            yield number, self._world.feed.day(number)

    def lifetime(self, life: MediaLife, now: int) -> Lifetime:
        """Return all counts of one media up to a moment."""
        at, kept = self._kept
        if at != now:
            kept = {}
            self._kept = (now, kept)
        if life.index not in kept:
            kept[life.index] = self._count(life, now)
        return kept[life.index]

    def _count(self, life: MediaLife, now: int) -> Lifetime:
        loads = plays = 0
        players: set[int] = set()
        curve = _Curve(life.duration_at(now))
        for number, day in self.days_of(life, now):
            counts = self.on_day(life, number, now)
            loads += counts.loads
            plays += counts.plays
            for position in day.visible_of_media(life.index, now) if day else ():
                visitor = day.visitor[position] if day else 0
                players.add(visitor)
                if day is not None:
                    curve.add(day.percent_viewed(position, day.version(position, now)), visitor)
        visitors = len(players) + int((loads - plays) * 0.8)
        return Lifetime(
            loads,
            plays,
            len(players),
            visitors,
            curve.mean,
            life.duration_at(now),
            curve.viewed,
            curve.rewatched,
        )


class _Curve:
    """Adds up sessions in cells: one per second up to a thousand, then scaled."""

    def __init__(self, duration_seconds: float) -> None:
        self.cells = min(MAX_CURVE_CELLS, math.ceil(duration_seconds))
        self._starts = [0] * (self.cells + 1)
        self._again = [0] * (self.cells + 1)
        self._sum = 0.0
        self._sessions = 0

    def add(self, percent: float, visitor: int) -> None:
        """Add one session: most begin at the start, some skip ahead, some see the end twice."""
        self._sum += percent
        self._sessions += 1
        seen = min(self.cells, math.ceil(percent * self.cells))
        mixed = visitor * 2654435761 % 2**32 / 2**32
        start = int((self.cells - seen) * mixed / _SKIPPING_SHARE) if mixed < _SKIPPING_SHARE else 0
        self._starts[start] += 1
        self._starts[start + seen] -= 1
        if mixed > 1 - _REWATCHING_SHARE and seen:
            self._again[start + seen // 2] += 1
            self._again[start + seen] -= 1

    @property
    def mean(self) -> float:
        """Mean share seen."""
        return self._sum / self._sessions if self._sessions else 0.0

    @cached_property
    def viewed(self) -> list[int]:
        """Number of sessions that saw each cell."""
        return _running(self._starts[:-1])

    @cached_property
    def rewatched(self) -> list[int]:
        """Number of sessions that saw each cell again."""
        return _running(self._again[:-1])


def _running(steps: list[int]) -> list[int]:
    total, sums = 0, []
    for step in steps:
        total += step
        sums.append(total)
    return sums
