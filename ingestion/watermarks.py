"""Up to where each stream has been ingested, and through every step after it, for good.

A watermark file keeps the committed nights, not only the last one: a night that is run again
resolves the same window as the first time, because it starts from the night before it. It also
keeps the fingerprints of what was processed, by which the next night knows what is new.

A night may ask about some medias only, so each watermark says for which medias it stands. What a
night for a few medias has read says nothing about the history of the others.
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
# Whoever looks at one media after the other must not make the file grow: a watermark that is
# forgotten costs its medias one more reading of their history.
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
    """What is committed of a stream, for all medias or for some.

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

    def after(self, plan: RunPlan, outcome: StreamOutcome) -> "Watermark":
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
            moved = replace(moved, nights=_nights((*self.nights, outcome.window.end)))
        return moved

    def without(self, content: Content) -> "Watermark":
        """Return it without the fingerprints of days that were built anew."""
        kept = {day: text for day, text in self.content.items() if day not in content}
        return replace(self, content=kept)

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
    def from_json(cls, document: Json | None) -> "Watermark":
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


@dataclass(frozen=True)
class StreamWatermarks:
    """All watermarks of a stream, by the medias that they stand for."""

    marks: Mapping[Medias, Watermark] = field(default_factory=dict)

    def of(self, medias: Medias) -> Watermark:
        """Return what is committed for these medias, by nights for them or for more than them.

        Fingerprints are those of nights for just these medias: they are sums over all rows.
        """
        own = self.marks.get(medias)
        if own is None:
            whole = self.marks.get(None, Watermark())
            own = replace(whole, content={}, built_at=None)
        wider = (mark for asked, mark in self.marks.items() if _includes(asked, medias))
        return replace(own, nights=_nights(night for mark in wider for night in mark.nights))

    def after(self, plan: RunPlan, outcome: StreamOutcome, medias: Medias) -> "StreamWatermarks":
        """Return what is committed once a run for these medias is."""
        moved = self.of(medias).after(plan, outcome)
        others = {asked: mark for asked, mark in self.marks.items() if asked != medias}
        if outcome.is_built and not outcome.unavailable:
            # A figure that moves and moves back between two of their nights would pass for known.
            others = {asked: mark.without(outcome.content) for asked, mark in others.items()}
        return StreamWatermarks(_needed({**others, medias: moved}))

    def to_json(self) -> Json:
        """Return the stored form: that for all medias, and in it those for some."""
        document = self.marks.get(None, Watermark()).to_json()
        narrowed = [
            {"media_ids": sorted(asked), **mark.to_json()}
            for asked, mark in self.marks.items()
            if asked is not None
        ]
        # Only people read this one: `make status` of an account that is always asked for some.
        watermark = document["watermark"] or max(
            (mark["watermark"] for mark in narrowed if mark["watermark"]), default=None
        )
        return document | {"watermark": watermark, "narrowed": narrowed}

    @classmethod
    def from_json(cls, document: Json | None) -> "StreamWatermarks":
        """Read the stored form, also that of older versions, which knew all medias alone."""
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
    """Leave out what another watermark says of more medias, and the oldest of too many."""

    def age(asked: Medias) -> datetime:
        return marks[asked].value or _NEVER

    def is_said(asked: Medias) -> bool:
        return any(
            other != asked and _includes(other, asked) and age(other) >= age(asked)
            for other in marks
        )

    narrowed = (asked for asked in marks if asked is not None and not is_said(asked))
    newest = sorted(narrowed, key=age)[-NARROWED_KEPT:]
    return {asked: marks[asked] for asked in (None, *newest) if asked in marks}


def read_watermarks(store: ObjectStore, stream: str) -> StreamWatermarks:
    """Read a stream's watermarks; a stream that was never committed has none."""
    found = store.read_json(layout.watermark_key(stream))
    return StreamWatermarks.from_json(None if found is None else found[0])


def commit_stream(
    store: ObjectStore, stream: str, plan: RunPlan, outcome: StreamOutcome, medias: Medias
) -> datetime | None:
    """Commit what a run did with a stream and return the watermark that then holds for its medias.

    Parameters
    ----------
    medias
        Those that the run asked the stream about.
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
