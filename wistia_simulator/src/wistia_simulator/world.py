"""The world that the simulator serves: generated from a seed, or given as records."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from wistia_simulator.clock import SECONDS_PER_DAY, date_of, to_epoch
from wistia_simulator.errors import SimulatorInputError
from wistia_simulator.event_days import EventDay
from wistia_simulator.feed import EventFeed
from wistia_simulator.generated_events import MAX_LATENESS_SECONDS, EventFactory
from wistia_simulator.generated_medias import generate_folders, generate_medias
from wistia_simulator.given_events import Event, given_days
from wistia_simulator.medias import Catalog, Folder, Media
from wistia_simulator.randomness import whole
from wistia_simulator.vocabulary import WEEKDAY_WEIGHTS

DEFAULT_CLOCK = "2026-03-02T02:00:00Z"
DEFAULT_CACHE_BYTES = 256 << 20
_UNSETTLED_DAYS = MAX_LATENESS_SECONDS // SECONDS_PER_DAY + 2
MIN_HISTORY_DAYS = 7


@dataclass(frozen=True)
class World:
    """The medias and events to serve.

    Parameters
    ----------
    seed
        Seed of everything that is generated.
    clock
        The initial time of the clock.
    events
        Number of events visible at that moment, spread over `history_days`; later days have the
        same rate.
    medias
        Number of medias at that moment, including deleted ones; more appear later.
    late_share
        Share of events that become visible one hour to 60 hours after they were received.
    account_timezone
        Time zone of the buckets of ``/analytics``.
    restore_window_days
        How long a deleted media can be restored; after that it is purged.
    given_medias, given_events, given_folders
        If given, nothing is generated; see `from_records`.
    """

    seed: int = 7
    clock: str = DEFAULT_CLOCK
    events: int = 10_000
    history_days: int = 90
    medias: int = 40
    late_share: float = 0.06
    account_timezone: str = "America/Chicago"
    restore_window_days: int = 30
    given_medias: tuple[Media, ...] | None = None
    given_events: tuple[Event, ...] = ()
    given_folders: tuple[Folder, ...] = ()

    @classmethod
    def from_records(
        cls,
        medias: Iterable[Media],
        events: Iterable[Event],
        *,
        clock: str | datetime = DEFAULT_CLOCK,
        folders: Iterable[Folder] = (),
        seed: int = 7,
    ) -> "World":
        """Return a world with exactly these medias and events."""
        return cls(
            seed=seed,
            clock=clock if isinstance(clock, str) else clock.isoformat(),
            given_medias=tuple(medias),
            given_events=tuple(events),
            given_folders=tuple(folders),
        )


class LivingWorld:
    """A world with its medias and days of events, which are built when they are needed.

    Raises
    ------
    SimulatorInputError
        The sizes are not valid.
    """

    def __init__(self, world: World, cache_bytes: int = DEFAULT_CACHE_BYTES) -> None:
        if world.events < 0 or world.medias < 0:
            raise SimulatorInputError("events and medias must not be negative; use 0 or more")
        if world.history_days < MIN_HISTORY_DAYS:
            raise SimulatorInputError(
                f"history_days is {world.history_days}; use at least {MIN_HISTORY_DAYS}, so that "
                "late rows fit in"
            )
        self.world = world
        self.start_clock = to_epoch(world.clock)
        self._lock = threading.Lock()
        self._days: dict[int, EventDay | None] = {}
        self._given_events: dict[str, tuple[EventDay, int]] = {}
        self._given_visitors: dict[str, int] = {}
        self._factory: EventFactory | None = None
        today = self.start_clock // SECONDS_PER_DAY
        if world.given_medias is not None:
            self.catalog = Catalog(world.given_medias, world.given_folders)
            given = given_days(world.given_events, self.catalog)
            self._days.update(given)
            for day in given.values():
                for position, event in enumerate(day.events):
                    self._given_events[event.event_key] = (day, position)
                    self._given_visitors[event.visitor_key] = day.visitor[position]
            first_day = min(given, default=today)
        else:
            first_day = today - world.history_days
            start = first_day * SECONDS_PER_DAY
            self.catalog = Catalog(
                generate_medias(world.seed, world.medias, start, self.start_clock),
                generate_folders(world.seed, start),
            )
            self._factory = EventFactory(
                world.seed, self.catalog, world.late_share, world.events // 12
            )
        self.feed = EventFeed(self._day, first_day, cache_bytes)
        if self._factory is not None:
            self._build_history(first_day, today)

    def _base_count(self, number: int) -> int:
        world = self.world
        rate = world.events / world.history_days * WEEKDAY_WEIGHTS[date_of(number).weekday()]
        return whole(rate, world.seed, "events of day", number)

    def _build_history(self, first_day: int, today: int) -> None:
        """Build days with exactly `events` visible events; the settled days get the difference."""
        recent = today - _UNSETTLED_DAYS
        for number in range(recent + 1, today + 1):
            self._days[number] = self._generate(number, self._base_count(number))
        visible = sum(
            len(day.visible(self.start_clock))
            for number in range(recent + 1, today + 1)
            if (day := self._days[number])
        )
        settled = range(first_day, recent + 1)
        counts = _fit([self._base_count(number) for number in settled], self.world.events - visible)
        for number, count in zip(settled, counts, strict=True):
            self._days[number] = self._generate(number, count)

    def _generate(self, number: int, count: int) -> EventDay | None:
        return self._factory.day(number, count) if self._factory is not None and count else None

    def _day(self, number: int) -> EventDay | None:
        if number not in self._days and self._factory is not None:
            with self._lock:
                if number not in self._days:
                    self._days[number] = self._generate(number, self._base_count(number))
        return self._days.get(number)

    def days_so_far(self) -> list[EventDay]:
        """Return the days that have been built, oldest first."""
        return [day for _, day in sorted(self._days.items()) if day is not None]

    def find_event(self, event_key: str, now: int) -> tuple[EventDay, int] | None:
        """Return the day and the position of a visible event."""
        if self._factory is not None:
            place = self._factory.locate(event_key)
            day = None if place is None else self._days.get(place[0])
            if (
                place is None
                or day is None
                or place[1] >= len(day)
                or day.visible_at[place[1]] > now
            ):
                return None
            return day, place[1]
        day, position = self._given_events.get(event_key, (None, 0))
        return None if day is None or day.visible_at[position] > now else (day, position)

    def visitor_number(self, visitor_key: str) -> int | None:
        """Return the number of a visitor; None if there is no such visitor."""
        if self._factory is not None:
            return self._factory.visitor_codec.number(visitor_key)
        return self._given_visitors.get(visitor_key)

    @property
    def has_history(self) -> bool:
        """Return whether the world is generated: its viewers also load pages without playing."""
        return self._factory is not None and self.world.events > 0


def _fit(counts: list[int], total: int) -> list[int]:
    """Return counts changed as evenly as possible to add up to `total`, none below zero."""
    difference = max(0, total) - sum(counts)
    step = 1 if difference > 0 else -1
    counts = list(counts)
    left = 0
    while difference:
        # If the first counts are zero already, the others have to shrink.
        changed = len(counts) if difference == left else min(abs(difference), len(counts))
        left = difference
        share = max(1, abs(difference) // len(counts))
        for index in range(changed):
            move = step * min(share, abs(difference))
            if counts[index] + move < 0:
                move = -counts[index]
            counts[index] += move
            difference -= move
            if not difference:
                break
    return counts
