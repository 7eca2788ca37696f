"""The marts once more, in plain Python over the staged rows, written from the definitions alone."""

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from staged_world import World, days_between

Row = dict[str, Any]


def newest_events(world: World) -> dict[str, Row]:
    """Return the copy of every session that was fetched last."""
    newest: dict[str, Row] = {}
    for rows in world.staged_events.values():
        for key, row in rows.items():
            if key not in newest or row["ingested_at"] > newest[key]["ingested_at"]:
                newest[key] = row
    return newest


def duration_at(world: World, media_id: str, moment: datetime) -> float | None:
    """Return the duration that a media had at a moment, as far as the snapshots tell."""
    nights = sorted(world.staged_medias)
    history: list[tuple[datetime, float]] = []
    previous: Row | None = None
    for before, night in zip([None, *nights], nights, strict=False):
        row = next((m for m in world.staged_medias[night] if m["media_id"] == media_id), None)
        if row is None:
            continue
        if previous is None:
            # Naive UTC, as parquet holds it.
            history.append((datetime.min, row["duration_seconds"]))  # noqa: DTZ901
        else:
            bumped = row["updated_at"] > previous["updated_at"]
            plausible = before is not None and before <= row["updated_at"].date() <= night
            since = (
                row["updated_at"]
                if bumped and plausible
                else datetime.combine(night, datetime.min.time())
            )
            history.append((since, row["duration_seconds"]))
        previous = row
    valid = [duration for since, duration in history if since <= moment]
    return valid[-1] if valid else None


def fact_events(world: World) -> dict[str, tuple[Any, ...]]:
    """Return day, media, share viewed and watch seconds per session."""
    facts = {}
    for key, row in newest_events(world).items():
        duration = duration_at(world, row["media_id"], row["received_at"])
        watched = None if duration is None else round(row["percent_viewed"] * duration, 3)
        facts[key] = (
            row["received_at"].date().isoformat(),
            row["media_id"],
            row["percent_viewed"],
            watched,
        )
    return facts


def fact_media_engagement(world: World, as_of: date) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return the measures of every media and day since the media was first seen."""
    first_seen: dict[str, date] = {}

    def seen(media_id: str, day: date) -> None:
        first_seen[media_id] = min(day, first_seen.get(media_id, day))

    sessions: dict[tuple[str, date], list[Row]] = defaultdict(list)
    for row in newest_events(world).values():
        day = row["received_at"].date()
        seen(row["media_id"], day)
        sessions[row["media_id"], day].append(row)
    for night, medias in world.staged_medias.items():
        for media in medias:
            seen(media["media_id"], night)
    for (media_id, day), row in world.staged_daily.items():
        if row["load_count"] or row["play_count"]:
            seen(media_id, day)
    facts = {}
    for media_id, first in first_seen.items():
        for day in days_between(first, as_of):
            rows = sessions[media_id, day]
            watched = [duration_at(world, media_id, row["received_at"]) for row in rows]
            seconds = sum(
                round(row["percent_viewed"] * duration, 3)
                for row, duration in zip(rows, watched, strict=True)
                if duration is not None
            )
            shares = [row["percent_viewed"] for row in rows]
            reported = world.staged_daily.get((media_id, day))
            facts[media_id, day.isoformat()] = (
                len(rows),
                len({row["visitor_id"] for row in rows}),
                round(seconds, 3),
                round(sum(shares) / len(shares), 6) if shares else None,
                sum(share >= 0.25 for share in shares),
                sum(share >= 0.9 for share in shares),
                sum(share >= 1.0 for share in shares),
                sum(row["is_conversion"] for row in rows),
                None if reported is None else reported["load_count"],
                None if reported is None else reported["play_count"],
            )
    return facts


def dim_media(world: World) -> dict[str, tuple[bool, bool, float | None]]:
    """Return deleted, inferred and current duration per media ever seen."""
    newest = max(world.staged_medias)
    listed = {media["media_id"] for media in world.staged_medias[newest]}
    known = {
        m["media_id"]: m
        for night in sorted(world.staged_medias)
        for m in world.staged_medias[night]
    }
    medias: dict[str, tuple[bool, bool, float | None]] = {
        media_id: (media_id not in listed, False, media["duration_seconds"])
        for media_id, media in known.items()
    }
    for row in newest_events(world).values():
        medias.setdefault(row["media_id"], (False, True, None))
    return medias
