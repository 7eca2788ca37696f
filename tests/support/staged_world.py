"""A random account that changes from night to night, and the staging partitions that each night leaves.

Everything that makes incremental models go wrong happens here: sessions that arrive late, grow or move
across midnight, medias that are swapped, renamed, archived, deleted, restored or known only from their
events or from the list of deleted medias. Nights may be staged in any order: as the normalization does, an
old night adds sessions and statistics of its days, and leaves snapshots alone that a newer one has passed.
"""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.support.independent_marts import Staged, days_between
from tests.support.staging_tables import StagingTables, columns_of

LOOKBACK_DAYS = 3
Row = dict[str, Any]


@dataclass
class World:
    """The account, and its staged rows so far."""

    seed: int
    first_night: date
    medias: dict[str, Row] = field(default_factory=dict)
    events: dict[str, Row] = field(default_factory=dict)
    staged_events: dict[date, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))
    staged_medias: dict[date, list[Row]] = field(default_factory=dict)
    staged_daily: dict[tuple[str, date], Row] = field(default_factory=dict)
    staged_deleted: dict[date, list[Row]] = field(default_factory=dict)
    staged_stats: dict[date, list[Row]] = field(default_factory=dict)
    staged_curves: dict[date, list[Row]] = field(default_factory=dict)
    staged_analytics: dict[tuple[str, date], Row] = field(default_factory=dict)
    number: int = 0
    fetches: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        for _ in range(4):
            self.add_media(
                datetime.combine(self.first_night, datetime.min.time()) - timedelta(days=40)
            )

    # ── what happens between two nights ──────────────────────────────────────────────────────────
    def live(self, night: date, sessions: int) -> None:
        """Let a day pass before the night: sessions, growth, corrections, swaps, deletions."""
        moment = datetime.combine(night, datetime.min.time()) + timedelta(hours=2)
        for _ in range(sessions):
            late_days = self.random.choice([0, 0, 0, 0, 1, 2])
            received = moment - timedelta(days=late_days, seconds=self.random.randrange(86_400))
            self.add_event(received)
        recent = [
            event
            for event in self.events.values()
            if event["received_at"] >= moment - timedelta(days=LOOKBACK_DAYS)
        ]
        for event in self.random.sample(recent, min(len(recent), 6)):
            change = self.random.choice(["grow", "convert", "move", "place"])
            if change == "grow":
                event["percent_viewed"] = min(1.0, (event["percent_viewed"] or 0) + 0.25)
            elif change == "convert":
                event["is_conversion"] = True
            elif change == "place":
                event["country_code"] = "NZ"
            else:
                # Never past the night's own time, and within the window that the night reads again.
                moved = event["received_at"] + timedelta(hours=self.random.choice([-20, 20]))
                if moment - timedelta(days=LOOKBACK_DAYS) <= moved < moment:
                    event["received_at"] = moved
        self._change_medias(moment)

    def _change_medias(self, moment: datetime) -> None:
        listed = [media for media in self.medias.values() if media["listed"]]
        deleted = [media for media in self.medias.values() if not media["listed"]]
        for media in listed:
            roll = self.random.random()
            if roll < 0.2 and media["duration_seconds"]:
                media["duration_seconds"] = float(self.random.randrange(30, 900))
                media["updated_at"] = moment - timedelta(minutes=self.random.randrange(1, 1_300))
            elif roll < 0.3:
                media["media_name"] += "*"  # a change without a time from Wistia
            elif roll < 0.4:
                media["is_archived"] = not media["is_archived"]
            elif roll < 0.5 and len(listed) > 2:
                self._delete(media, moment)
        for media in deleted:
            if self.random.random() < 0.15:
                media |= {"listed": True, "deleted_at": None}
        if self.random.random() < 0.5:
            self.add_media(moment - timedelta(hours=5))
        if self.random.random() < 0.3:
            # No list of all medias ever shows it: created and deleted between two nights.
            self._delete(self.add_media(moment - timedelta(hours=7)), moment, is_named=True)
        if "ghost00001" not in self.medias and self.random.random() < 0.1:
            self.add_media(datetime(2025, 1, 1), "ghost00001")  # noqa: DTZ001

    def _delete(self, media: Row, moment: datetime, *, is_named: bool | None = None) -> None:
        """Delete a media: two of three can be restored, and the list of deleted ones names these."""
        is_named = self.random.random() < 0.67 if is_named is None else is_named
        deleted_at = moment - timedelta(minutes=self.random.randrange(1, 400))
        media |= {"listed": False, "deleted_at": deleted_at if is_named else None}

    def add_media(self, created: datetime, media_id: str | None = None) -> Row:
        """Let a media be there that was created at a moment; return what Wistia says of it."""
        self.number += 1
        media_id = media_id or f"media{self.number:05d}"
        is_document = self.random.random() < 0.2
        seconds = float(self.random.randrange(30, 900))
        media = self.medias[media_id] = {
            "media_id": media_id,
            "media_numeric_id": self.number,
            "media_name": f"Media {self.number}",
            "media_type": "PdfDocument" if is_document else "Video",
            "status": "ready",
            "is_archived": False,
            "created_at": created,
            "updated_at": created,
            "duration_seconds": None if is_document else seconds,
            "page_count": int(seconds) if is_document else None,
            "tags": ["one", "two"][: self.random.randrange(3)],
            "listed": True,
            "deleted_at": None,
        }
        return media

    def add_event(self, received: datetime, media_id: str | None = None) -> str:
        """Let a session begin at a moment, of any media unless one is named; return its key."""
        self.number += 1
        # One media in ten is in no list: deleted before the first night.
        media_id = media_id or self.random.choice([*self.medias, *self.medias, "ghost00001"])
        event_key = f"event{self.number:06d}"
        self.events[event_key] = {
            "event_key": event_key,
            "received_at": received.replace(microsecond=0),
            "visitor_id": f"visitor{self.random.randrange(25):04d}",
            "media_id": media_id,
            "media_name": self.medias.get(media_id, {"media_name": "Ghost"})["media_name"],
            "percent_viewed": self.random.choice(
                [0.003, 0.1, 0.25, 0.5, 0.75, 0.9, 0.993, 1.0, None]
            ),
            "embed_host": self.random.choice(["a.example", "b.example", "Unknown", None]),
            "utm_source": self.random.choice(["mail", "None", "", None]),
            "country_code": self.random.choice(["DE", "US", " UNKNOWN ", None]),
            "region_name": self.random.choice(["Florida", "Unknown", None]),
            "platform": self.random.choice(["Mac", "iOS", "unknown", "", None]),
            "browser": self.random.choice(["Chrome", "Safari"]),
            "is_mobile": self.random.choice([True, False, None]),
            "is_conversion": self.random.random() < 0.1,
            "is_new_lead": False,
            "has_email": False,
        }
        return event_key

    # ── what a night stages ──────────────────────────────────────────────────────────────────────
    def stage(self, tables: StagingTables, night: date, start: date, end: date) -> None:
        """Fetch the days from start to end (inclusive) and write the partitions that changed."""
        self.fetches += 1
        lineage = {
            # Naive UTC, as parquet holds it.
            "ingested_at": datetime(2026, 11, 1) + timedelta(minutes=self.fetches),  # noqa: DTZ001
            # As the pipeline names its runs: the as_of first.
            "run_id": f"{night:%Y%m%d}T020000Z-{self.fetches:03d}",
        }
        self._stage_events(tables, start, end, night, lineage)
        listed = [{**media, **lineage} for media in self.medias.values() if media["listed"]]
        if night >= max(self._nights(), default=night):
            self._stage_snapshots(tables, night, listed, lineage)
        played = Counter(
            (event["media_id"], event["received_at"].date()) for event in self.events.values()
        )
        for day in days_between(start, end):
            for media in listed:
                plays = played[media["media_id"], day]
                self.staged_daily[media["media_id"], day] = {
                    "media_id": media["media_id"],
                    "load_count": plays * 3,
                    "play_count": plays,
                    "modelled_hours_watched": plays / 10,
                    **lineage,
                }
            rows = [row for (_, row_day), row in self.staged_daily.items() if row_day == day]
            tables.write("media_daily_stats", day.isoformat(), rows)
            # Days of an account in New York: 02:00 UTC is before the end of the day before.
            started = datetime.combine(day, datetime.min.time()) + timedelta(hours=5)
            for media in listed:
                self.staged_analytics[media["media_id"], day] = {
                    "media_id": media["media_id"],
                    "bucket_started_at": started,
                    "plays": played[media["media_id"], day],
                    "unique_loads": 0,
                    **lineage,
                }
            measured = [
                row for (_, row_day), row in self.staged_analytics.items() if row_day == day
            ]
            tables.write("media_analytics", day.isoformat(), measured)

    def _stage_snapshots(
        self, tables: StagingTables, night: date, listed: list[Row], lineage: Row
    ) -> None:
        media_ids = [media["media_id"] for media in listed]
        if self.random.random() < 0.2:
            # A row of the list is in quarantine: its media is not gone.
            del listed[self.random.randrange(len(listed))]
            listed = [{**media, "_is_partial": True} for media in listed]
        snapshots: dict[str, tuple[dict[date, list[Row]], list[Row]]] = {
            "media": (self.staged_medias, listed),
            "deleted_media": (
                self.staged_deleted,
                [
                    {name: media.get(name) for name in columns_of("deleted_media")} | lineage
                    for media in self.medias.values()
                    if media["deleted_at"]
                ],
            ),
            "media_stats": (
                self.staged_stats,
                [self._lifetime(media_id) | lineage for media_id in media_ids[1:]],
            ),
            "media_engagement": (
                self.staged_curves,
                [self._curve(media_id, night) | lineage for media_id in media_ids],
            ),
        }
        for table, (staged, rows) in snapshots.items():
            staged[night] = rows  # a night that is run again replaces its own
            tables.write(table, night.isoformat(), rows)

    def _lifetime(self, media_id: str) -> Row:
        plays = sum(event["media_id"] == media_id for event in self.events.values())
        if self.random.random() < 0.1:
            return {"media_id": media_id}  # Wistia has the media but no figure
        return {"media_id": media_id, "load_count": 3 * plays, "play_count": plays}

    def _stage_events(
        self, tables: StagingTables, start: date, end: date, night: date, lineage: Row
    ) -> None:
        horizon = datetime.combine(night, datetime.min.time()) + timedelta(hours=2)
        touched = set()
        for position, event in enumerate(self.events.values()):
            day = event["received_at"].date()
            if not start <= day <= end or event["received_at"] >= horizon:
                continue
            kept = self.staged_events[day].get(event["event_key"])
            if kept is not None and all(kept[name] == value for name, value in event.items()):
                continue
            self.staged_events[day][event["event_key"]] = {
                **event,
                **lineage,
                "ingested_page": 1,
                "ingested_position": position,
            }
            touched.add(day)
        for day in touched:
            tables.write("events", day.isoformat(), list(self.staged_events[day].values()))

    def erase_a_viewer(self, tables: StagingTables) -> tuple[str, set[date]]:
        """Remove the viewer with the fewest sessions everywhere; return its id and its days."""
        staged = [row for rows in self.staged_events.values() for row in rows.values()]
        sessions = Counter(row["visitor_id"] for row in staged)
        visitor_id = min(sessions, key=lambda viewer: (sessions[viewer], viewer))
        self.events = {
            key: event for key, event in self.events.items() if event["visitor_id"] != visitor_id
        }
        days = set()
        for day, rows in self.staged_events.items():
            kept = {key: row for key, row in rows.items() if row["visitor_id"] != visitor_id}
            if len(kept) < len(rows):
                self.staged_events[day] = kept
                tables.write("events", day.isoformat(), list(kept.values()))
                days.add(day)
        return str(visitor_id), days

    def shows(self, night: date, media_id: str) -> bool:
        """Return whether the list that a night staged has this media."""
        return any(media["media_id"] == media_id for media in self.staged_medias.get(night, []))

    def _nights(self) -> list[date]:
        """Return the nights with snapshots, without those in the future."""
        today = datetime.now(UTC).date()
        return [night for night in self.staged_medias if night <= today]

    def staged(self) -> Staged:
        """Return what has been staged so far, for the independent computation.

        What is dated after the newest real night is the trace of a wrong run, and is not there.
        """
        as_of = max(self._nights())
        return Staged(
            as_of=as_of,
            events=[
                dict.fromkeys(columns_of("events")) | row
                for day, rows in self.staged_events.items()
                for row in rows.values()
                if day <= as_of
            ],
            medias=_by_id(self.staged_medias, as_of),
            deleted=_by_id(self.staged_deleted, as_of),
            stats=_by_id(self.staged_stats, as_of),
            daily={key: row for key, row in self.staged_daily.items() if key[1] <= as_of},
            curves=_by_id(self.staged_curves, as_of),
            analytics={
                key: dict.fromkeys(columns_of("media_analytics")) | row
                for key, row in self.staged_analytics.items()
                if key[1] <= as_of
            },
        )

    def _curve(self, media_id: str, night: date) -> Row:
        # From one cell to many more than there are per cents, with peaks; the two curves may differ in length.
        chance = random.Random(f"{media_id}{night}")
        cells = chance.choice([chance.randrange(1, 40), chance.randrange(90, 110), 1_000])
        rewatched = max(0, cells + chance.choice([0, 0, -1, 1, -cells, cells]))
        return {
            "media_id": media_id,
            "engagement_rate": 0.5,
            "engagement_data": [chance.choice([40, 50, 94]) for _ in range(cells)],
            "rewatch_data": [chance.randrange(4) for _ in range(rewatched)],
        }


def _by_id(snapshots: dict[date, list[Row]], as_of: date) -> dict[date, dict[str, Row]]:
    return {
        day: {row["media_id"]: row for row in rows}
        for day, rows in snapshots.items()
        if day <= as_of
    }
