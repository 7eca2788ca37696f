"""Medias, their versions and their figures, computed a second time."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta

from tests.support.independent_marts.staged import (
    ATTRIBUTES,
    NEWEST_DAYS,
    Mart,
    Row,
    Staged,
    first_given,
    newest_events,
)


def histories(staged: Staged) -> dict[str, list[Row]]:
    """Return the versions of every media that a list ever showed, oldest first."""
    lists = [*staged.medias.values(), *staged.deleted.values()]
    media_ids = sorted({media_id for medias in lists for media_id in medias})
    return {media_id: _history(staged, media_id) for media_id in media_ids}


def _history(staged: Staged, media_id: str) -> list[Row]:
    history: list[Row] = []
    shown: Row | None = None
    last_seen: Row | None = None
    last_update: datetime | None = None
    before: date | None = None
    for night in sorted(staged.medias.keys() | staged.deleted.keys()):
        is_list = bool(staged.medias.get(night))
        is_whole = not any(row.get("_is_partial") for row in staged.medias.get(night, {}).values())
        listed, trashed = _as_told(staged, media_id, night)
        # A night without a whole list of medias says nothing about medias that it does not list as deleted.
        if listed or trashed or (is_list and is_whole and history):
            seen = None if listed is None else {name: listed.get(name) for name in ATTRIBUTES}
            now = None if trashed or seen is None else seen
            last_seen = seen or last_seen
            if not history or now != shown:
                between = before, _fetched_date(staged, media_id, night)
                told = (
                    _changed(now, trashed, last_update, between)
                    if history
                    else _began(now, trashed, last_seen)
                )
                since = told or datetime.combine(night, time.min)
                if history:
                    since = max(since, history[-1]["valid_from_at"])
                    history[-1] |= {"valid_to_at": since, "is_current": False}
                described = now or last_seen or {n: (trashed or {}).get(n) for n in ATTRIBUTES}
                history.append(
                    described
                    | {
                        "media_version_id": f"{media_id}@{night}",
                        "media_id": media_id,
                        "version_number": len(history) + 1,
                        "valid_from_at": since,
                        "valid_to_at": None,
                        "is_current": True,
                        "is_deleted": now is None,
                        "first_snapshot_date": night,
                        "previous_snapshot_date": before,
                    }
                )
            shown = now
            if (
                seen
                and seen["updated_at"]
                and (not last_update or seen["updated_at"] > last_update)
            ):
                last_update = seen["updated_at"]
        # A partial list without the media may contain it in one of the rows that are missing.
        before = night if is_list and (is_whole or listed) else before
    return history


def _as_told(staged: Staged, media_id: str, night: date) -> tuple[Row | None, Row | None]:
    """Return the media as listed and as deleted on a night; of both, the one fetched later."""
    listed = staged.medias.get(night, {}).get(media_id)
    trashed = staged.deleted.get(night, {}).get(media_id)
    if listed and trashed and trashed["ingested_at"] < listed["ingested_at"]:
        return listed, None
    return listed, trashed


def _fetched_date(staged: Staged, media_id: str, night: date) -> date:
    """Return the day on which a night's lists were fetched, for a night may be run days late."""
    rows = [lists.get(night, {}).get(media_id) for lists in (staged.medias, staged.deleted)]
    return max([night, *(row["ingested_at"].date() for row in rows if row)])


def _began(now: Row | None, trashed: Row | None, last_seen: Row | None) -> datetime | None:
    """Return Wistia's own time of the first version of a media, if it has any."""
    deleted_at = (trashed or {}).get("deleted_at") if now is None else None
    return deleted_at or (last_seen or {}).get("created_at")


def _changed(
    now: Row | None,
    trashed: Row | None,
    last_update: datetime | None,
    between: tuple[date | None, date],
) -> datetime | None:
    """Return Wistia's own time of a change between two lists, if it can be that."""
    if now is None:
        moment, known = (trashed or {}).get("deleted_at"), None
    else:
        moment, known = now["updated_at"], last_update
    before, fetched = between
    if moment is None or before is None or not before <= moment.date() <= fetched:
        return None
    return moment if known is None or moment > known else None


def version_at(history: list[Row], moment: datetime) -> Row | None:
    """Return the version of a media that was valid at a moment; before the first, the first."""
    for version in history:
        begun = version["version_number"] == 1 or version["valid_from_at"] <= moment
        if begun and (version["valid_to_at"] is None or moment < version["valid_to_at"]):
            return version
    return None


def media_versions(staged: Staged) -> Mart:
    """Return every version of every media."""
    return {
        (version["media_version_id"],): version
        for history in histories(staged).values()
        for version in history
    }


def first_active_dates(staged: Staged) -> dict[str, date]:
    """Return the first day with a session or a figure above zero, per media."""
    days: dict[str, list[date]] = defaultdict(list)
    for row in newest_events(staged).values():
        days[row["media_id"]].append(row["received_at"].date())
    for (media_id, day), row in staged.daily.items():
        if (row["load_count"] or 0) > 0 or (row["play_count"] or 0) > 0:
            days[media_id].append(day)
    for (media_id, day), row in staged.analytics.items():
        if (row["unique_loads"] or 0) > 0 or (row["plays"] or 0) > 0:
            days[media_id].append(day)
    return {media_id: min(found) for media_id, found in days.items()}


def dim_media(staged: Staged) -> Mart:
    """Return every media that was ever listed, played or counted."""
    known, active = histories(staged), first_active_dates(staged)
    last_played: dict[str, Row] = {}
    for row in newest_events(staged).values():
        newest = last_played.setdefault(row["media_id"], row)
        if (row["received_at"], row["event_key"]) > (newest["received_at"], newest["event_key"]):
            last_played[row["media_id"]] = row
    lifetimes, folders = last_reported(staged), _newest(staged, staged.folders)
    marts: Mart = {}
    for media_id in known.keys() | active.keys():
        history = known.get(media_id, [])
        current = history[-1] if history else dict.fromkeys((*ATTRIBUTES, "media_version_id"))
        is_deleted = bool(history) and current["is_deleted"]
        played = last_played.get(media_id, {})
        folder = folders.get(str(current["folder_id"]), {})
        reported_date, lifetime = lifetimes.get(media_id, (None, {}))
        first_days = [day for day in (active.get(media_id), _first_listed(history)) if day]
        kept = (
            *("media_version_id", "media_numeric_id", "media_type", "status", "section"),
            *("description", "is_archived", "is_protected", "folder_id", "subfolder_id"),
            *("subfolder_name", "duration_seconds", "page_count", "asset_count"),
            *(
                "original_file_bytes",
                "original_width",
                "original_height",
                "thumbnail_url",
                "created_at",
                "updated_at",
            ),
        )
        marts[media_id,] = {name: current[name] for name in kept} | {
            "media_id": media_id,
            "media_name": first_given(current["media_name"], played.get("media_name")),
            "tags": None if current["tags"] is None else ", ".join(current["tags"]),
            "media_state": _state(current if history else None),
            "is_deleted": is_deleted,
            "is_inferred": not history,
            "folder_name": first_given(folder.get("folder_name"), current["folder_name"]),
            "folder_description": folder.get("description"),
            "first_seen_date": min(first_days),
            "deleted_date": current["valid_from_at"].date() if is_deleted else None,
            "last_played_at": played.get("received_at"),
            "lifetime_loads_reported": lifetime.get("load_count"),
            "lifetime_plays_reported": lifetime.get("play_count"),
            "lifetime_visitors_reported": lifetime.get("visitor_count"),
            "lifetime_play_rate": lifetime.get("play_rate"),
            "lifetime_engagement_rate": lifetime.get("engagement_rate"),
            "lifetime_modelled_hours_watched": lifetime.get("modelled_hours_watched"),
            "lifetime_reported_date": reported_date,
        }
    return marts


def _state(current: Row | None) -> str:
    if current is None:
        return "never_listed"
    if current["is_deleted"]:
        return "deleted"
    return "archived" if current["is_archived"] else "listed"


LIFETIME = (
    *("load_count", "play_count", "visitor_count"),
    *("play_rate", "engagement_rate", "modelled_hours_watched"),
)


def last_reported(staged: Staged) -> dict[str, tuple[date, Row]]:
    """Return the latest lifetime figures of every media, and their night."""
    return {
        media_id: (night, row)
        for night in sorted(staged.stats)
        for media_id, row in staged.stats[night].items()
        if any(row.get(name) is not None for name in LIFETIME)
    }


def was_there(history: list[Row], day: date) -> bool:
    """Return whether a media existed on a day, including the days of its creation and deletion.

    A media that the first list of all shows was there before; one that a later list shows first came
    after the list before that.
    """
    if not history or day < (history[0]["previous_snapshot_date"] or date.min):
        return False
    return not any(
        version["valid_from_at"].date() < day
        and (version["valid_to_at"] is None or day < version["valid_to_at"].date())
        for version in history
        if version["is_deleted"]
    )


def _first_listed(history: list[Row]) -> date | None:
    return history[0]["first_snapshot_date"] if history else None


def _newest(staged: Staged, snapshots: dict[date, dict[str, Row]]) -> dict[str, Row]:
    recent = [day for day in snapshots if day >= staged.as_of - timedelta(days=NEWEST_DAYS)]
    return snapshots[max(recent)] if recent else {}


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────
