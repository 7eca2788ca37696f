"""Up to where each stream has been ingested, and through every step after it, for good.

A watermark file keeps the committed nights, not only the last one: a night that is run again
resolves the same window as the first time, because it starts from the night before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ingestion import layout
from ingestion.object_store import ObjectStore
from ingestion.payloads import Json, RunPlan, Window
from ingestion.timestamps import format_timestamp, parse_timestamp, utc_now

NIGHTS_KEPT = 400


@dataclass(frozen=True)
class Watermark:
    """Committed logical times of a stream, oldest first."""

    nights: tuple[datetime, ...] = ()

    @property
    def value(self) -> datetime | None:
        """The latest committed time."""
        return self.nights[-1] if self.nights else None

    def before(self, as_of: datetime) -> datetime | None:
        """Return the latest committed time before a night: where its window starts from."""
        earlier = [night for night in self.nights if night < as_of]
        if earlier:
            return earlier[-1]
        # The night is older than all that are kept, but the history before it was ingested.
        forgotten = len(self.nights) >= NIGHTS_KEPT
        return as_of - timedelta(days=1) if forgotten else None

    @classmethod
    def from_json(cls, document: Json | None) -> Watermark:
        """Read the stored form."""
        if document is None:
            return cls()
        return cls(tuple(parse_timestamp(night) for night in document["nights"]))


def read_watermark(store: ObjectStore, stream: str) -> Watermark:
    """Read a stream's watermark; a stream that was never committed has an empty one."""
    found = store.read_json(layout.watermark_key(stream))
    return Watermark.from_json(None if found is None else found[0])


def advance_watermark(
    store: ObjectStore, stream: str, plan: RunPlan, window: Window
) -> datetime | None:
    """Commit a window of a stream and return the watermark that then holds.

    It moves only forwards, and only over what was ingested without a gap: a backfill of old dates
    leaves it alone, and one without a watermark before it sets none, so that the first night still
    fetches the whole history.
    """

    def advanced(document: Json | None) -> Json | None:
        current = Watermark.from_json(document)
        if plan.is_backfill and (current.value is None or window.start > current.value):
            return None
        if window.end in current.nights or (
            plan.is_backfill and window.end < (current.value or window.end)
        ):
            return None
        nights = sorted({*current.nights, window.end})[-NIGHTS_KEPT:]
        return {
            "stream": stream,
            "watermark": format_timestamp(nights[-1]),
            "nights": [format_timestamp(night) for night in nights],
            "run_id": plan.run_id,
            "committed_at": format_timestamp(utc_now()),
        }

    store.update_json(layout.watermark_key(stream), advanced)
    return read_watermark(store, stream).value
