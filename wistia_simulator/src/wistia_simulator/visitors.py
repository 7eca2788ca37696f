"""The visitors: one presence each, collected from the events."""

from dataclasses import dataclass

from wistia_simulator.clock import SECONDS_PER_DAY
from wistia_simulator.event_days import EventDay
from wistia_simulator.feed import EventFeed


@dataclass
class Presence:
    """The first and the last visit of a visitor; `day` and `position` belong to the last event."""

    first: int
    last: int
    day: EventDay
    position: int
    plays: int = 0


class VisitorIndex:
    """All visitors, the most recently active first; cached for the last requested moment."""

    def __init__(self, feed: EventFeed) -> None:
        self._feed = feed
        self._kept: tuple[int, list[Presence]] = (-1, [])

    def at(self, now: int) -> list[Presence]:
        """Return the visitors of all events visible at a moment."""
        at, visitors = self._kept
        if at != now:
            visitors = _collect(self._feed, now)
            self._kept = (now, visitors)
        return visitors


def _collect(feed: EventFeed, now: int) -> list[Presence]:
    found: dict[int, Presence] = {}
    for number in range(now // SECONDS_PER_DAY, feed.first_day - 1, -1):
        day = feed.day(number)
        for position in day.visible(now) if day else ():
            if day is None:
                continue
            received = day.received[position]
            presence = found.get(day.visitor[position])
            if presence is None:
                presence = found[day.visitor[position]] = Presence(
                    received, received, day, position
                )
            presence.first = received
            presence.plays += 1
    return list(found.values())
