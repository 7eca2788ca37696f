"""A day of events: compact columns, newest first, and the rows as served."""

from abc import ABC, abstractmethod
from array import array
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RowStyle:
    """The switches that change the form of an event row; see `wistia_simulator.faults.Faults`."""

    old_formats_before: int = 0
    region_drift: bool = False
    unknown_fields: bool = False
    missing_user_agent_share: float = 0.0
    conversion_type: str = "integer"
    with_attributes: bool = False
    name_epoch: int = 0


class EventDay(ABC):
    """The events that were received on one UTC day.

    Positions count from the newest event. Columns are arrays: a world may have a million events.

    Attributes
    ----------
    number
        Days since 1970-01-01.
    received, visible_at
        Epoch seconds at which the viewer pressed play, and from which the API serves the row.
    media, visitor
        Index of the media in the catalog, and number of the visitor.
    served
        1 + the newest version of each row that was ever served; 0 if it never was.
    settled_at
        Epoch second from which this day no longer changes.
    """

    number: int
    received: "array[int]"
    visible_at: "array[int]"
    media: "array[int]"
    visitor: "array[int]"
    served: bytearray
    settled_at: int
    all_visible_at: int

    def finish(self) -> None:
        """Compute what is derived from the columns; call it once they are filled."""
        self.served = bytearray(len(self.received))
        self.all_visible_at = max(self.visible_at, default=0)
        positions: dict[int, array[int]] = {}
        for position, media in enumerate(self.media):
            if media not in positions:
                positions[media] = array("I")
            positions[media].append(position)
        self._positions: dict[int, Sequence[int]] = dict(positions)
        self._visible: tuple[int, Sequence[int]] = (-1, ())

    def __len__(self) -> int:
        return len(self.received)

    def visible(self, now: int) -> Sequence[int]:
        """Return the positions of the rows that the API serves at `now`."""
        if now >= self.all_visible_at:
            return range(len(self))
        at, cached = self._visible
        if at != now:
            cached = [position for position, seen in enumerate(self.visible_at) if seen <= now]
            self._visible = (now, cached)
        return cached

    def visible_of_media(self, media: int, now: int) -> Sequence[int]:
        """Return the positions of the rows of one media that the API serves at `now`."""
        positions = self._positions.get(media, ())
        if now >= self.all_visible_at:
            return positions
        seen = self.visible_at
        return [position for position in positions if seen[position] <= now]

    def visible_of_visitor(self, visitor: int, now: int) -> Sequence[int]:
        """Return the positions of the rows of one visitor that the API serves at `now`."""
        seen = self.visible_at
        return [
            position
            for position, number in enumerate(self.visitor)
            if number == visitor and seen[position] <= now
        ]

    @abstractmethod
    def version(self, position: int, now: int) -> int:
        """Return how often the row has changed up to `now`; at most 254."""

    @abstractmethod
    def percent_viewed(self, position: int, version: int) -> float:
        """Return the share of the media seen, 0 to 1, in one version of the row."""

    @abstractmethod
    def has_conversion(self, position: int, version: int) -> bool:
        """Return whether a conversion is attached in one version of the row."""

    @abstractmethod
    def event_key(self, position: int, style: RowStyle) -> str:
        """Return the row's key as served."""

    @abstractmethod
    def visitor_key(self, position: int, style: RowStyle) -> str:
        """Return the visitor's key as served."""

    @abstractmethod
    def render(self, position: int, version: int, style: RowStyle) -> bytes:
        """Return the row as JSON."""
