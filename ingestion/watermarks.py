"""Up to where each stream has been ingested, and through every step after it, for good.

A watermark file keeps the committed nights, not only the last one: a night that is run again
resolves the same window as the first time, because it starts from the night before it. It also
keeps the fingerprints of what was processed, by which the next night knows what is new.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ingestion import layout
from ingestion.landing.content import Content
from ingestion.object_store import ObjectStore
from ingestion.payloads import Json, RunPlan, Window
from ingestion.timestamps import format_timestamp, parse_timestamp, utc_now

NIGHTS_KEPT = 400
# A little more than the two years that Wistia serves.
DAYS_KEPT = timedelta(days=760)


@dataclass(frozen=True)
class StreamOutcome:
    """What a run did with a stream.

    Attributes
    ----------
    content
        Fingerprints of what it read.
    is_built
        It went through every step.
    is_settled
        Nothing of the window is left to do. A quiet night leaves days without activity unbuilt.
    unavailable
        Why an optional stream was given up, if it was.
    """

    window: Window
    content: Content = field(default_factory=dict)
    is_built: bool = True
    is_settled: bool = True
    unavailable: str | None = None


@dataclass(frozen=True)
class Watermark:
    """What is committed of a stream.

    Attributes
    ----------
    nights
        Logical times, oldest first.
    content
        Fingerprints of what was processed last, by day.
    built_at
        Logical time of the last night that was built.
    unavailable
        Why the stream could not be had the last time, if so.
    """

    nights: tuple[datetime, ...] = ()
    content: Content = field(default_factory=dict)
    built_at: datetime | None = None
    unavailable: str | None = None

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

    def after(self, plan: RunPlan, outcome: StreamOutcome) -> Watermark:
        """Return what is committed once a run is.

        It moves only forwards, and only over what was ingested without a gap: a backfill of old
        dates leaves it alone, and one without a watermark before it sets none, so that the first
        night still fetches the whole history. A stream that could not be had stays where it was.
        """
        if outcome.unavailable:
            return replace(self, unavailable=outcome.unavailable)
        moved = replace(self, unavailable=None)
        if outcome.is_built:
            oldest = (plan.as_of - DAYS_KEPT).date().isoformat()
            content = {day: text for day, text in self.content.items() if day >= oldest}
            built_at = max(plan.as_of, self.built_at or plan.as_of)
            moved = replace(moved, content=content | outcome.content, built_at=built_at)
        if self._reaches(plan, outcome):
            nights = sorted({*self.nights, outcome.window.end})[-NIGHTS_KEPT:]
            moved = replace(moved, nights=tuple(nights))
        return moved

    def _reaches(self, plan: RunPlan, outcome: StreamOutcome) -> bool:
        """Say whether everything up to the end of the window is ingested now."""
        window, value = outcome.window, self.value
        if not outcome.is_settled:
            return False
        if plan.is_backfill and value is not None and window.end < value:
            return False
        # A night's window begins at the watermark, but for a backfill's and a trial's.
        may_have_gap = plan.is_backfill or self.unavailable is not None
        return not may_have_gap or (value is not None and window.start <= value)

    def to_json(self) -> Json:
        """Return the stored form."""
        return {
            "watermark": None if self.value is None else format_timestamp(self.value),
            "nights": [format_timestamp(night) for night in self.nights],
            "content": self.content,
            "built_at": None if self.built_at is None else format_timestamp(self.built_at),
            "unavailable": self.unavailable,
        }

    @classmethod
    def from_json(cls, document: Json | None) -> Watermark:
        """Read the stored form, also that of older versions, which kept the nights alone."""
        if document is None:
            return cls()
        built_at = document.get("built_at")
        return cls(
            tuple(parse_timestamp(night) for night in document["nights"]),
            document.get("content", {}),
            None if built_at is None else parse_timestamp(built_at),
            document.get("unavailable"),
        )


def read_watermark(store: ObjectStore, stream: str) -> Watermark:
    """Read a stream's watermark; a stream that was never committed has an empty one."""
    found = store.read_json(layout.watermark_key(stream))
    return Watermark.from_json(None if found is None else found[0])


def commit_stream(
    store: ObjectStore, stream: str, plan: RunPlan, outcome: StreamOutcome
) -> datetime | None:
    """Commit what a run did with a stream and return the watermark that then holds."""

    def changed(document: Json | None) -> Json | None:
        before = Watermark.from_json(document)
        after = before.after(plan, outcome)
        if after == before or (document is None and plan.is_backfill):
            return None
        stamp = {"run_id": plan.run_id, "committed_at": format_timestamp(utc_now())}
        return {"stream": stream} | after.to_json() | stamp

    store.update_json(layout.watermark_key(stream), changed)
    return read_watermark(store, stream).value
