"""What earlier nights processed, as Plan finds it. Tonight's data is new if it differs from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingestion import layout
from ingestion.landing.content import Content, is_known
from ingestion.object_store import ObjectStore
from ingestion.payloads import Json, RunPlan
from ingestion.timestamps import format_timestamp, parse_timestamp
from ingestion.watermarks import Watermark

# One quiet night may pass without a build, not two: days without activity would be missing in the
# marts, and the freshness check treats a media snapshot of more than 49 hours as a broken pipeline.
LONGEST_WITHOUT_BUILD = timedelta(hours=36)


@dataclass(frozen=True)
class Known:
    """What was processed before a run began.

    Attributes
    ----------
    content
        Fingerprints by stream.
    repeated
        Streams that have committed this very night before.
    built_at
        Logical time of the last night that built all streams; None if there was none. A night for
        some medias builds lists, but leaves out the days of other medias.
    """

    content: dict[str, Content] = field(default_factory=dict)
    repeated: frozenset[str] = frozenset()
    built_at: datetime | None = None

    @classmethod
    def of(cls, watermarks: Mapping[str, Watermark], as_of: datetime) -> "Known":
        """Collect it from the watermarks."""
        there = [mark for mark in watermarks.values() if not mark.unavailable]
        built = [mark.built_at for mark in there if mark.built_at is not None]
        return cls(
            {name: dict(mark.content) for name, mark in watermarks.items()},
            frozenset(name for name, mark in watermarks.items() if as_of in mark.nights),
            min(built, default=None),
        )

    def holds(self, stream: str, content: Content) -> bool:
        """Return whether all of this was processed before."""
        return is_known(content, self.content.get(stream, {}))

    def had_rows(self, stream: str) -> bool:
        """Return whether a stream had rows when it was last built."""
        return not is_known(self.content.get(stream, {}), {})

    def is_build_due(self, plan: RunPlan) -> bool:
        """Return whether a run must be built even if it has no new data.

        Whoever requests a backfill, a full refresh or the same night again wants fresh output.
        """
        return (
            plan.full_refresh
            or plan.is_backfill
            or bool(self.repeated)
            or self.built_at is None
            or plan.as_of - self.built_at > LONGEST_WITHOUT_BUILD
        )

    def to_json(self) -> Json:
        """Return the stored form."""
        return {
            "content": self.content,
            "repeated": sorted(self.repeated),
            "built_at": None if self.built_at is None else format_timestamp(self.built_at),
        }


def write_known(store: ObjectStore, run_id: str, known: Known) -> None:
    """Keep it for the run, so that other runs that commit meanwhile do not affect this one."""
    store.write_json(layout.known_key(run_id), known.to_json())


def read_known(store: ObjectStore, run_id: str) -> Known:
    """Read it; a run that was planned by an older version has none."""
    found = store.read_json(layout.known_key(run_id))
    if found is None:
        return Known()
    document, built_at = found[0], found[0]["built_at"]
    return Known(
        document["content"],
        frozenset(document["repeated"]),
        None if built_at is None else parse_timestamp(built_at),
    )
