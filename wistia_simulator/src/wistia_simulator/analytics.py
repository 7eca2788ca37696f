"""Measured counts in the account's own days, as ``/analytics`` reports them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from dateutil import tz

from wistia_simulator.clock import SECONDS_PER_DAY
from wistia_simulator.errors import SimulatorInputError
from wistia_simulator.event_days import EventDay
from wistia_simulator.feed import Query
from wistia_simulator.medias import MediaLife
from wistia_simulator.randomness import uniform
from wistia_simulator.statistics import Statistics
from wistia_simulator.world import LivingWorld

MAX_SHORTFALL = 0.14
"""Plays are up to this share below those of ``by_date``."""


def account_zone(name: str) -> tzinfo:
    """Return a time zone, from dateutil's own data if the machine has none.

    Raises
    ------
    SimulatorInputError
        There is no such zone.
    """
    zone: tzinfo | None = tz.gettz(name)
    if zone is None:
        raise SimulatorInputError(
            f"{name!r} is not a time zone; use a name such as America/Chicago"
        )
    return zone


@dataclass
class Bucket:
    """Counts of the sessions in one span of time; spans can be added up.

    Attributes
    ----------
    shown, shown_plays
        Loads, and the plays that ``/analytics`` reports.
    """

    start: int = 0
    shown: int = 0
    all_plays: int = 0
    shown_plays: int = 0
    seconds: float = 0.0
    percent: float = 0.0
    sessions: int = 0
    conversions: int = 0
    players: set[int] = field(default_factory=set)

    def add(self, other: "Bucket") -> None:
        """Add a later span to this one."""
        self.shown += other.shown
        self.all_plays += other.all_plays
        self.shown_plays += other.shown_plays
        self.seconds += other.seconds
        self.percent += other.percent
        self.sessions += other.sessions
        self.conversions += other.conversions
        self.players |= other.players

    def to_json(self) -> dict[str, Any]:
        """Return the counts as served; rates that divide by zero are null."""
        unique_plays = min(len(self.players), self.shown_plays)
        visitors = unique_plays + int((self.shown - self.all_plays) * 0.8)
        impressions = self.shown_plays // 4
        clicks = impressions // 12
        return {
            "unique_loads": visitors,
            "unique_plays": unique_plays,
            "plays": self.shown_plays,
            "play_rate": unique_plays / visitors if visitors else None,
            "played_time": int(self.seconds),
            "unique_visitors": visitors,
            "engagement_rate": self.percent / self.sessions if self.sessions else None,
            "cta_impressions": impressions,
            "cta_conversions": clicks,
            "cta_conversion_rate": clicks / impressions if impressions else None,
            "form_conversions": self.conversions,
        }


class Analytics:
    """Buckets of a world in the account's time zone."""

    def __init__(self, world: LivingWorld, statistics: Statistics) -> None:
        self._world = world
        self._statistics = statistics
        self.zone = account_zone(world.world.account_timezone)

    def midnight(self, day: date) -> int:
        """Return the epoch seconds at which a day begins in the account's time zone."""
        return int(datetime(day.year, day.month, day.day, tzinfo=self.zone).timestamp())

    def daily(
        self, life: MediaLife, start: date, end: date, now: int
    ) -> Iterator[tuple[date, Bucket]]:
        """Yield a bucket for each of the account's days in [start, end)."""
        day = start
        while day < end:
            yield (
                day,
                self._bucket(life, self.midnight(day), self.midnight(day + timedelta(days=1)), now),
            )
            day += timedelta(days=1)

    def sessions(
        self, life: MediaLife, start: date, end: date, now: int
    ) -> list[tuple[EventDay, int]]:
        """Return the events of a media on the account's days in [start, end)."""
        query = Query(media=life.index, start=self.midnight(start), end=self.midnight(end))
        return list(self._world.feed.select(query, now))

    def _bucket(self, life: MediaLife, start: int, end: int, now: int) -> Bucket:
        bucket = Bucket(start)
        for day, position in self._world.feed.select(
            Query(media=life.index, start=start, end=end), now
        ):
            version = day.version(position, now)
            percent = day.percent_viewed(position, version)
            bucket.sessions += 1
            bucket.percent += percent
            bucket.seconds += percent * life.duration_at(day.received[position])
            bucket.conversions += day.has_conversion(position, version)
            bucket.players.add(day.visitor[position])
        if start <= now and end > life.created:
            counts = self._statistics.scale(life, start // SECONDS_PER_DAY, bucket.sessions)
            shortfall = MAX_SHORTFALL * uniform(
                "analytics", self._world.world.seed, life.media.hashed_id
            )
            bucket.shown, bucket.all_plays = counts.loads, counts.plays
            missing = counts.plays * shortfall + uniform("missing", life.media.hashed_id, start)
            bucket.shown_plays = counts.plays - (int(missing) if counts.plays else 0)
        return bucket
