"""Events that a test provides one by one, instead of generated ones."""

import json
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from wistia_simulator.clock import SECONDS_PER_DAY, zulu
from wistia_simulator.errors import SimulatorInputError
from wistia_simulator.event_days import EventDay, RowStyle
from wistia_simulator.medias import Catalog, Change, Moment, as_epoch

MAX_VERSIONS = 250


@dataclass(frozen=True)
class Event:
    """One viewing session, and how its row changes.

    Parameters
    ----------
    event_key, media_id, visitor_key
        Keys as served; `media_id` is a hashed id, which need not exist in the world.
    received_at
        When the viewer pressed play.
    visible_at
        When the API begins to serve the row; None means at once.
    percent_viewed
        The first share seen, 0 to 1; a `Change` of ``percent_viewed`` makes it grow.
    changes
        Later values of any field, oldest first.
    fields
        Additional fields of the served record, or other values for the usual ones; ``...`` removes
        a field.
    """

    event_key: str
    media_id: str
    received_at: Moment
    visible_at: Moment | None = None
    visitor_key: str = "abc_00000000-0000-4000-8000-000000000000"
    percent_viewed: float = 0.5
    changes: tuple[Change, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


class GivenDay(EventDay):
    """One day of given events; their rows are served as given, in every row style."""

    def __init__(
        self, number: int, events: list[Event], catalog: Catalog, visitors: dict[str, int]
    ) -> None:
        self.number = number
        self.catalog = catalog
        self.events = sorted(events, key=lambda event: as_epoch(event.received_at), reverse=True)
        self.received = array("I", (as_epoch(event.received_at) for event in self.events))
        self.visible_at = array("I", map(_visible_from, self.events))
        self.media = array("H", (catalog.event_index(event.media_id) for event in self.events))
        self.visitor = array("Q", (visitors[event.visitor_key] for event in self.events))
        self._changes = [
            sorted(
                ((as_epoch(change.at), change.fields) for change in event.changes),
                key=lambda change: change[0],
            )
            for event in self.events
        ]
        last = max((changes[-1][0] for changes in self._changes if changes), default=0)
        self.finish()
        self.settled_at = max(last, self.all_visible_at, (number + 1) * SECONDS_PER_DAY)

    def version(self, position: int, now: int) -> int:
        """See `EventDay`."""
        return sum(at <= now for at, _ in self._changes[position])

    def percent_viewed(self, position: int, version: int) -> float:
        """See `EventDay`."""
        value = self.events[position].percent_viewed
        for _, fields in self._changes[position][:version]:
            value = fields.get("percent_viewed", value)
        return float(value)

    def has_conversion(self, position: int, version: int) -> bool:
        """See `EventDay`."""
        return self.record(position, version, RowStyle()).get("conversion_type") not in (None, "")

    def event_key(self, position: int, style: RowStyle) -> str:  # noqa: ARG002
        """See `EventDay`."""
        return self.events[position].event_key

    def visitor_key(self, position: int, style: RowStyle) -> str:  # noqa: ARG002
        """See `EventDay`."""
        return self.events[position].visitor_key

    def record(self, position: int, version: int, style: RowStyle) -> dict[str, Any]:
        """Return the row as a dictionary."""
        event = self.events[position]
        life = self.catalog.ever(event.media_id)
        moment = self.catalog.moment_of_name_epoch(style.name_epoch)
        record: dict[str, Any] = {
            "received_at": zulu(as_epoch(event.received_at)),
            "event_key": event.event_key,
            "visitor_key": event.visitor_key,
            "embed_url": "https://www.example.com/",
            "percent_viewed": event.percent_viewed,
            "ip": "192.0.2.1",
            "org": "",
            "country": "US",
            "region": "Washington",
            "city": "Seattle",
            "lat": 47.6062,
            "lon": -122.3321,
            "email": None,
            "media_id": event.media_id,
            "media_name": "" if life is None else life.field_at("name", moment),
            "media_url": f"https://example.wistia.com/medias/{event.media_id}",
            "iframe_heatmap_url": f"https://fast.wistia.net/embed/iframe/{event.media_id}?public_token=0",
            "conversion_type": "",
            "conversion_data": {},
            "user_agent_details": {
                "browser": "Chrome",
                "browser_version": "143.0",
                "platform": "Mac",
                "mobile": False,
            },
        }
        record.update(event.fields)
        for _, fields in self._changes[position][:version]:
            record.update(fields)
        return {name: value for name, value in record.items() if value is not ...}

    def render(self, position: int, version: int, style: RowStyle) -> bytes:
        """See `EventDay`."""
        return json.dumps(self.record(position, version, style), ensure_ascii=False).encode()


def _visible_from(event: Event) -> int:
    received = as_epoch(event.received_at)
    return received if event.visible_at is None else max(received, as_epoch(event.visible_at))


def given_days(events: Iterable[Event], catalog: Catalog) -> dict[int, GivenDay]:
    """Sort given events into days.

    Raises
    ------
    SimulatorInputError
        Two events share a key, or one changes too often.
    """
    by_day: dict[int, list[Event]] = {}
    visitors: dict[str, int] = {}
    keys: set[str] = set()
    for event in events:
        if event.event_key in keys:
            raise SimulatorInputError(
                f"two events have the key {event.event_key!r}; write a later version as a Change"
            )
        if len(event.changes) > MAX_VERSIONS:
            raise SimulatorInputError(
                f"event {event.event_key!r} has more than {MAX_VERSIONS} changes; use fewer"
            )
        keys.add(event.event_key)
        visitors.setdefault(event.visitor_key, len(visitors))
        by_day.setdefault(as_epoch(event.received_at) // SECONDS_PER_DAY, []).append(event)
    return {number: GivenDay(number, day, catalog, visitors) for number, day in by_day.items()}
