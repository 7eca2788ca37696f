"""How far each stream has been ingested and has passed every later step.

A watermark file keeps the committed nights, not only the last one: a night that is run again
gets the same window as the first time, because it starts from the night before it. It also
keeps the fingerprints of what was processed, from which the next night knows what is new.

A night may ask about some medias only, so each watermark records which medias it covers. A night
for a few medias says nothing about the history of the others.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ingestion import layout
from ingestion.landing.content import Content
from ingestion.object_store import ObjectStore
from ingestion.payloads import Json, RunPlan, Window
from ingestion.timestamps import format_timestamp, parse_timestamp, utc_now

NIGHTS_KEPT = 400
# A little more than the two years that Wistia serves.
DAYS_KEPT = timedelta(days=760)
# Nights for one media after another must not make the file grow without end. If a watermark is
# dropped, the history of its medias is read once more.
NARROWED_KEPT = 20
_NEVER = datetime.min.replace(tzinfo=UTC)

Medias = frozenset[str] | None
"""The medias that a night asks about; None for all that the account has or will have."""


@dataclass(frozen=True)
class StreamOutcome:
    """What a run did with a stream.

    Attributes
    ----------
    content
        Fingerprints of what it read.
    is_built
        Whether it passed every step.
    is_settled
        Whether nothing in the window is left to do. A quiet night leaves days without activity
        unbuilt.
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
    """What is committed for a stream, for all medias or for some.

    Attributes
    ----------
    nights
        Logical times, oldest first.
    content
        Latest fingerprints of what was processed, by day.
    built_at
        Logical time of the last night that was built.
    unavailable
        Reason the stream was unavailable in the last run, if it was.
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
        """Return the latest committed time before a night: its window starts there."""
        earlier = [night for night in self.nights if night < as_of]
        if earlier:
            return earlier[-1]
        # The night is older than all kept ones, but the history before it was ingested.
        forgotten = len(self.nights) >= NIGHTS_KEPT
        return as_of - timedelta(days=1) if forgotten else None

    def after(self, plan: RunPlan, outcome: StreamOutcome) -> "Watermark":
        """Return what is committed after a run.

        It moves only forward, and only over what was ingested without a gap: a backfill of old
        dates does not change it, and one without an earlier watermark sets none, so the first
        night still fetches the whole history. An unavailable stream does not move.
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
            moved = replace(moved, nights=_nights((*self.nights, outcome.window.end)))
        return moved

    def without(self, content: Content) -> "Watermark":
        """Return it without the fingerprints of days that were rebuilt."""
        kept = {day: text for day, text in self.content.items() if day not in content}
        return replace(self, content=kept)

    def _reaches(self, plan: RunPlan, outcome: StreamOutcome) -> bool:
        """Return whether everything up to the end of the window is ingested now."""
        window, value = outcome.window, self.value
        if not outcome.is_settled:
            return False
        if plan.is_backfill and value is not None and window.end < value:
            return False
        # A night's window begins at the watermark, except in a backfill or a trial.
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
    def from_json(cls, document: Json | None) -> "Watermark":
        """Read the stored form, also that of older versions, which kept only the nights."""
        if document is None:
            return cls()
        built_at = document.get("built_at")
        return cls(
            tuple(parse_timestamp(night) for night in document["nights"]),
            document.get("content", {}),
            None if built_at is None else parse_timestamp(built_at),
            document.get("unavailable"),
        )


@dataclass(frozen=True)
class StreamWatermarks:
    """All watermarks of a stream, by the medias that they cover."""

    marks: Mapping[Medias, Watermark] = field(default_factory=dict)

    def of(self, medias: Medias) -> Watermark:
        """Return what is committed for these medias by nights for them, or for more medias.

        Fingerprints come only from nights for exactly these medias: they are sums over all rows.
        """
        own = self.marks.get(medias)
        if own is None:
            whole = self.marks.get(None, Watermark())
            own = replace(whole, content={}, built_at=None)
        wider = (mark for asked, mark in self.marks.items() if _includes(asked, medias))
        return replace(own, nights=_nights(night for mark in wider for night in mark.nights))

    def after(self, plan: RunPlan, outcome: StreamOutcome, medias: Medias) -> "StreamWatermarks":
        """Return what is committed after a run for these medias."""
        moved = self.of(medias).after(plan, outcome)
        others = {asked: mark for asked, mark in self.marks.items() if asked != medias}
        if outcome.is_built and not outcome.unavailable:
            # A figure that changes and changes back between two of their nights would look known.
            others = {asked: mark.without(outcome.content) for asked, mark in others.items()}
        return StreamWatermarks(_needed({**others, medias: moved}))

    def to_json(self) -> Json:
        """Return the stored form: the watermark for all medias, and inside it those for some."""
        document = self.marks.get(None, Watermark()).to_json()
        narrowed = [
            {"media_ids": sorted(asked), **mark.to_json()}
            for asked, mark in self.marks.items()
            if asked is not None
        ]
        # Only people read this: `make status` of an account that always ingests some medias.
        watermark = document["watermark"] or max(
            (mark["watermark"] for mark in narrowed if mark["watermark"]), default=None
        )
        return document | {"watermark": watermark, "narrowed": narrowed}

    @classmethod
    def from_json(cls, document: Json | None) -> "StreamWatermarks":
        """Read the stored form, also that of older versions, which had only all medias."""
        if document is None:
            return cls()
        marks: dict[Medias, Watermark] = {None: Watermark.from_json(document)}
        for mark in document.get("narrowed", ()):
            marks[frozenset(mark["media_ids"])] = Watermark.from_json(mark)
        return cls(marks)


def _includes(wider: Medias, medias: Medias) -> bool:
    return wider is None or (medias is not None and medias <= wider)


def _nights(nights: Iterable[datetime]) -> tuple[datetime, ...]:
    return tuple(sorted(set(nights))[-NIGHTS_KEPT:])


def _needed(marks: Mapping[Medias, Watermark]) -> dict[Medias, Watermark]:
    """Drop a watermark that another one covers, and the oldest if there are too many."""

    def age(asked: Medias) -> datetime:
        return marks[asked].value or _NEVER

    def is_covered(asked: Medias) -> bool:
        return any(
            other != asked and _includes(other, asked) and age(other) >= age(asked)
            for other in marks
        )

    narrowed = (asked for asked in marks if asked is not None and not is_covered(asked))
    newest = sorted(narrowed, key=age)[-NARROWED_KEPT:]
    return {asked: marks[asked] for asked in (None, *newest) if asked in marks}


def read_watermarks(store: ObjectStore, stream: str) -> StreamWatermarks:
    """Read a stream's watermarks; a stream that was never committed has none."""
    found = store.read_json(layout.watermark_key(stream))
    return StreamWatermarks.from_json(None if found is None else found[0])


def commit_stream(
    store: ObjectStore, stream: str, plan: RunPlan, outcome: StreamOutcome, medias: Medias
) -> datetime | None:
    """Commit what a run did with a stream and return the new watermark of its medias.

    Parameters
    ----------
    medias
        The medias that the run asked about; None for all.
    """

    def changed(document: Json | None) -> Json | None:
        before = StreamWatermarks.from_json(document)
        after = before.after(plan, outcome, medias)
        if after == before or (document is None and plan.is_backfill):
            return None
        stamp = {"run_id": plan.run_id, "committed_at": format_timestamp(utc_now())}
        return {"stream": stream} | after.to_json() | stamp

    store.update_json(layout.watermark_key(stream), changed)
    return read_watermarks(store, stream).of(medias).value
