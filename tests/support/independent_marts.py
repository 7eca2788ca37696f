"""A second computation of the marts, in plain Python over staged rows, from the definitions alone.

Two kinds of tests compare the warehouse with this: those of the dbt project, over the staged rows of a
made-up account, and whole nights, over what `raw_world.py` reads out of the raw JSON.
"""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

Row = dict[str, Any]
Mart = dict[tuple[Any, ...], Row]
"""Rows by the columns that identify one, as text where the column is a date."""

COMPLETED_FROM = 0.9
WHOLE_FROM = 0.99
"""Share that counts as the whole media: Wistia's own figures hardly ever say 1.0."""
NEWEST_DAYS = 3
"""Days before the last night in which the newest snapshot of statistics and folders is looked for."""

ATTRIBUTES = (
    *("media_numeric_id", "media_name", "media_type", "status", "section", "description", "tags"),
    *("is_archived", "is_protected", "folder_id", "folder_numeric_id", "folder_name"),
    *("subfolder_id", "subfolder_name", "duration_seconds", "page_count", "progress"),
    *("asset_count", "original_file_bytes", "original_width", "original_height", "thumbnail_url"),
    *("thumbnail_width", "thumbnail_height", "created_at", "updated_at"),
)


@dataclass
class Staged:
    """The staged rows to compute from. Timestamps are naive UTC, as Athena shows them.

    Parameters
    ----------
    as_of
        Date of the newest night, whichever was built last.
    as_of_time
        Time of that night within its date.
    sessions_until
        Until when sessions have no gap, if that is not the newest night.
    events
        Every staged copy of every session, in any order.
    medias, deleted, stats, curves, folders
        Snapshots by date, rows by id; `deleted` are the lists of deleted medias.
    daily, analytics
        Rows by media and date.
    """

    as_of: date
    events: list[Row]
    medias: dict[date, dict[str, Row]]
    daily: dict[tuple[str, date], Row]
    curves: dict[date, dict[str, Row]]
    analytics: dict[tuple[str, date], Row] = field(default_factory=dict)
    stats: dict[date, dict[str, Row]] = field(default_factory=dict)
    folders: dict[date, dict[str, Row]] = field(default_factory=dict)
    deleted: dict[date, dict[str, Row]] = field(default_factory=dict)
    as_of_time: time = time(hour=2)
    sessions_until: datetime | None = None

    @property
    def first_open_day(self) -> date:
        """The first day that is not over, or may lack sessions."""
        return self.as_of if self.sessions_until is None else self.sessions_until.date()


def newest_events(staged: Staged) -> dict[str, Row]:
    """Return the copy of every session that was fetched last."""
    newest: dict[str, Row] = {}

    def order(row: Row) -> tuple[Any, ...]:
        return (
            *(row["ingested_at"], row["run_id"]),
            *(row["ingested_page"], row["ingested_position"]),
        )

    for row in staged.events:
        key = row["event_key"]
        if key not in newest or order(row) > order(newest[key]):
            newest[key] = row
    return newest


# ── medias ───────────────────────────────────────────────────────────────────────────────────────
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
            "media_name": _first(current["media_name"], played.get("media_name")),
            "tags": None if current["tags"] is None else ", ".join(current["tags"]),
            "media_state": _state(current if history else None),
            "is_deleted": is_deleted,
            "is_inferred": not history,
            "folder_name": _first(folder.get("folder_name"), current["folder_name"]),
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
def fact_events(staged: Staged) -> Mart:
    """Return every viewing session."""
    known = histories(staged)
    facts: Mart = {}
    for key, row in newest_events(staged).items():
        version = version_at(known.get(row["media_id"], []), row["received_at"]) or {}
        share, duration = row["percent_viewed"], version.get("duration_seconds")
        is_mobile = row["is_mobile"]
        facts[key,] = row | {
            "media_version_id": version.get("media_version_id"),
            "event_date": row["received_at"].date(),
            "duration_seconds": duration,
            "watch_seconds": (
                None if share is None or duration is None else _milliseconds(share * duration)
            ),
            "is_completed": None if share is None else share >= COMPLETED_FROM,
            "device_type": (
                "unknown" if is_mobile is None else "mobile" if is_mobile else "desktop"
            ),
        }
    return facts


def _milliseconds(seconds: float) -> float:
    """Round to milliseconds as SQL does, half away from zero; Python's round would go to even."""
    return math.floor(seconds * 1000 + 0.5) / 1000


def session_measures(sessions: Iterable[Row]) -> Row:
    """Return the measures that every aggregate of sessions has."""
    rows = list(sessions)
    shares = [row["percent_viewed"] for row in rows if row["percent_viewed"] is not None]
    watched = [row["watch_seconds"] for row in rows if row["watch_seconds"] is not None]
    return {
        "plays": len(rows),
        "unique_viewers": len({row["visitor_id"] for row in rows} - {None}),
        # No plays, no seconds; plays without a known length: unknown.
        "watch_seconds": round(sum(watched), 3) if watched else None if rows else 0.0,
        "plays_with_duration": len(watched),
        "plays_with_percent_viewed": len(shares),
        "average_percent_viewed": math.fsum(shares) / len(shares) if shares else None,
        "completion_count": sum(bool(row["is_completed"]) for row in rows),
        "conversions": sum(bool(row["is_conversion"]) for row in rows),
    }


def _grouped(staged: Staged, keys: Callable[[Row], Row]) -> Mart:
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    names: dict[tuple[Any, ...], Row] = {}
    for session in fact_events(staged).values():
        named = {"event_date": session["event_date"], **keys(session)}
        values = tuple(str(value) for value in named.values())
        names[values] = named
        groups[values].append(session)
    return {
        values: names[values]
        | session_measures(rows)
        | {"is_complete_day": names[values]["event_date"] < staged.first_open_day}
        for values, rows in groups.items()
    }


def _said(*values: str | None) -> str:
    """Return the first known value; "unknown" in any spelling does not count."""
    return next(
        (value for value in values if (value or "").strip().lower() not in _SILENT), "unknown"
    )


def _campaign(value: str | None) -> str:
    """Return a part of a campaign; a page without one may leave it out, empty, or say so."""
    silent = (value or "").strip().lower() in {*_SILENT, "none"}
    return "none" if silent or value is None else value


_SILENT = {"", "unknown"}


def agg_geo_engagement(staged: Staged) -> Mart:
    """Return sessions per day and place."""
    return _grouped(
        staged,
        lambda row: {
            "country_code": _said(row["country_code"]),
            "region_name": _said(row["region_name"], row.get("region_code")),
        },
    )


def agg_device_engagement(staged: Staged) -> Mart:
    """Return sessions per day and device."""
    return _grouped(
        staged,
        lambda row: {
            "device_type": row["device_type"],
            "platform": _said(row["platform"]),
            "browser": _said(row["browser"]),
        },
    )


def agg_traffic_engagement(staged: Staged) -> Mart:
    """Return sessions per day, page's host and campaign."""
    return _grouped(
        staged,
        lambda row: {
            "embed_host": _said(row["embed_host"]),
            "utm_source": _campaign(row["utm_source"]),
            "utm_medium": _campaign(row.get("utm_medium")),
            "utm_campaign": _campaign(row.get("utm_campaign")),
        },
    )


def dim_viewer(staged: Staged) -> Mart:
    """Return every pseudonymous viewer of a session."""
    sessions: dict[str, list[Row]] = defaultdict(list)
    for session in fact_events(staged).values():
        if session["visitor_id"] is not None:
            sessions[session["visitor_id"]].append(session)
    viewers: Mart = {}
    for visitor_id, rows in sessions.items():
        last = max(rows, key=lambda row: (row["received_at"], row["event_key"]))
        measures = session_measures(rows)
        viewers[visitor_id,] = {
            name: value for name, value in measures.items() if name != "unique_viewers"
        } | {
            "visitor_id": visitor_id,
            "first_seen_at": min(row["received_at"] for row in rows),
            "last_seen_at": last["received_at"],
            "medias_watched": len({row["media_id"] for row in rows}),
            "active_days": len({row["event_date"] for row in rows}),
            "last_country_code": _said(last["country_code"]),
            "last_device_type": _said(last["device_type"]),
            "last_browser": _said(last["browser"]),
            "last_platform": _said(last["platform"]),
            # From the stream of visitors, which these accounts do not fetch.
            "lifetime_loads_reported": None,
            "lifetime_plays_reported": None,
        }
    return viewers


# ── media days, curves, days ─────────────────────────────────────────────────────────────────────
def fact_media_engagement(staged: Staged) -> Mart:
    """Return every media on every day that it existed, and on other days with activity."""
    sessions: dict[tuple[str, date], list[Row]] = defaultdict(list)
    for session in fact_events(staged).values():
        sessions[session["media_id"], session["event_date"]].append(session)
    known = histories(staged)
    facts: Mart = {}
    for (media_id,), media in dim_media(staged).items():
        for day in days_between(media["first_seen_date"], staged.as_of):
            played = sessions[media_id, day]
            reported = staged.daily.get((media_id, day), {})
            measured = staged.analytics.get((media_id, day), {})
            happened = (
                *(len(played), reported.get("load_count"), reported.get("play_count")),
                *(measured.get("unique_loads"), measured.get("plays")),
            )
            if any(happened) or was_there(known.get(media_id, []), day):
                facts[media_id, str(day)] = _media_day(
                    media_id, day, played, reported, measured
                ) | _over(staged, day, staged.analytics.get((media_id, day)))
    return facts


def _over(staged: Staged, day: date, measured: Row | None) -> Row:
    """Return which of the two days were over at the last night: UTC's and the account's own."""
    night = datetime.combine(staged.as_of, staged.as_of_time)
    started = measured and measured.get("bucket_started_at")
    is_over = None
    if measured and started:
        is_over = started + timedelta(hours=24) <= min(night, measured["ingested_at"])
    return {
        "is_complete_day": day < staged.first_open_day,
        "is_complete_day_measured": is_over,
    }


def _media_day(media_id: str, day: date, sessions: list[Row], reported: Row, measured: Row) -> Row:
    plays = len(sessions)
    row = session_measures(sessions) | {
        "media_day_id": f"{media_id}@{day}",
        "media_id": media_id,
        "event_date": day,
        "new_leads": sum(bool(session["is_new_lead"]) for session in sessions),
        "loads": reported.get("load_count"),
        "plays_reported": reported.get("play_count"),
        "modelled_hours_watched": reported.get("modelled_hours_watched"),
        "plays_measured": measured.get("plays"),
        "unique_plays_measured": measured.get("unique_plays"),
        "unique_loads_measured": measured.get("unique_loads"),
        "unique_visitors_measured": measured.get("unique_visitors"),
        "play_rate": measured.get("play_rate"),
        "engagement_rate_measured": measured.get("engagement_rate"),
        "played_seconds_measured": measured.get("played_seconds"),
    }
    for percent in (25, 50, 75, 90, 100):
        share = WHOLE_FROM if percent == 100 else percent / 100
        reached = sum((session["percent_viewed"] or 0) >= share for session in sessions)
        row[f"reached_{percent}_count"] = reached
        row[f"reached_{percent}_rate"] = reached / plays if plays else None
    row["completion_rate"] = row["completion_count"] / plays if plays else None
    return row


def fact_media_retention(staged: Staged) -> Mart:
    """Return the newest curve of every media, stretched to 101 positions."""
    newest: dict[str, tuple[date, Row]] = {}
    for day in sorted(staged.curves):
        for media_id, curve in staged.curves[day].items():
            if curve["engagement_data"]:
                newest[media_id] = (day, curve)
    known = histories(staged)
    positions: Mart = {}
    for media_id, (day, curve) in newest.items():
        viewers, rewatches = curve["engagement_data"], curve["rewatch_data"] or []
        listed = [
            version for version in known.get(media_id, ()) if version["first_snapshot_date"] <= day
        ]
        duration = listed[-1]["duration_seconds"] if listed else None
        for percent, (peak, again) in enumerate(
            zip(_peaks(viewers), _peaks(rewatches), strict=True)
        ):
            positions[media_id, str(percent)] = {
                "media_position_id": f"{media_id}@{percent}",
                "media_id": media_id,
                "percent_position": percent,
                "position_seconds": duration and _milliseconds(duration * percent / 100),
                "viewers": peak,
                "rewatches": again,
                "retention_rate": peak / viewers[0] if viewers[0] and peak is not None else None,
                "snapshot_date": day,
            }
    return positions


def _peaks(curve: list[int]) -> list[int | None]:
    """Return the largest cell of every per cent; one without a cell has the cell around it."""
    last = len(curve) - 1
    if last < 0:
        return [None] * 101
    first_cells = [percent * last // 100 for percent in range(101)]
    peaks: list[int | None] = [None] * 101
    for cell, value in enumerate(curve):
        percent = bisect_right(first_cells, cell) - 1
        peaks[percent] = max(value, peaks[percent] or 0)
    return [
        curve[cell] if peak is None else peak for cell, peak in zip(first_cells, peaks, strict=True)
    ]


def dim_date(staged: Staged) -> Mart:
    """Return the calendar, with the days that were over at the last night."""
    days: Mart = {}
    for day in days_between(date(2015, 1, 1), date(2035, 12, 31)):
        iso = day.isocalendar()
        days[str(day),] = {
            "date_day": day,
            "calendar_year": day.year,
            "quarter_of_year": (day.month + 2) // 3,
            "month_of_year": day.month,
            "month_name": f"{day:%B}",
            "month_start_date": day.replace(day=1),
            "week_start_date": day - timedelta(days=day.weekday()),
            "iso_year": iso.year,
            "iso_week": iso.week,
            "iso_day_of_week": iso.weekday,
            "day_name": f"{day:%A}",
            "is_weekend": iso.weekday > 5,
            "is_complete_day": day < staged.first_open_day,
            "is_complete_week": iso_week_end(day) < staged.first_open_day,
            "is_complete_month": month_end(day) < staged.first_open_day,
        }
    return days


MARTS: dict[str, tuple[tuple[str, ...], Callable[[Staged], Mart]]] = {
    "media_versions": (("media_version_id",), media_versions),
    "dim_media": (("media_id",), dim_media),
    "dim_viewer": (("visitor_id",), dim_viewer),
    "dim_date": (("date_day",), dim_date),
    "fact_events": (("event_key",), fact_events),
    "fact_media_engagement": (("media_id", "event_date"), fact_media_engagement),
    "fact_media_retention": (("media_id", "percent_position"), fact_media_retention),
    "agg_geo_engagement": (("event_date", "country_code", "region_name"), agg_geo_engagement),
    "agg_device_engagement": (
        ("event_date", "device_type", "platform", "browser"),
        agg_device_engagement,
    ),
    "agg_traffic_engagement": (
        ("event_date", "embed_host", "utm_source", "utm_medium", "utm_campaign"),
        agg_traffic_engagement,
    ),
}
"""Key columns and computation of every mart."""


def iso_week_end(day: date) -> date:
    """Return the Sunday of a day's ISO week."""
    return day + timedelta(days=6 - day.weekday())


def month_end(day: date) -> date:
    """Return the last day of a day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def days_between(start: date, end: date) -> list[date]:
    """Return the days from start to end, both inclusive."""
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


# ── comparing with Athena ────────────────────────────────────────────────────────────────────────
# Computed from the attributes, which are compared.
NOT_COMPARED = {"attributes_hash"}


def differences(
    mart: str, staged: Staged, columns: list[str], rows: Iterable[Iterable[str | None]]
) -> list[str]:
    """Compare a mart as Athena shows it with the computation, column by column.

    Returns
    -------
    list[str]
        What differs, one line each; empty when every value of every row agrees.
    """
    keys, compute = MARTS[mart]
    expected = compute(staged)
    found: dict[tuple[Any, ...], Row] = {}
    told: list[str] = []
    for cells in rows:
        row = dict(zip(columns, cells, strict=True))
        key = tuple(row[name] for name in keys)
        if key in found:
            told.append(f"{mart} {key}: there twice")
        found[key] = row
    told += [f"{mart} {key}: missing" for key in expected.keys() - found.keys()]
    told += [f"{mart} {key}: too much" for key in found.keys() - expected.keys()]
    for key in expected.keys() & found.keys():
        for name in columns:
            if name not in NOT_COMPARED and not _equal(expected[key][name], found[key][name]):
                told.append(
                    f"{mart} {key} {name}: {found[key][name]!r}, computed {expected[key][name]!r}"
                )
    return sorted(told)


def _equal(expected: Any, text: str | None) -> bool:
    """Return whether a text from Athena means a Python value."""
    if expected is None or text is None:
        return expected is None and text is None
    if isinstance(expected, float):
        # Sums and means: the engine chooses the order of the additions.
        return math.isclose(float(text), expected, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(expected, datetime):
        return datetime.fromisoformat(text) == expected
    if isinstance(expected, bool):
        return text == str(expected).lower()
    if isinstance(expected, list):
        return text == f"[{', '.join(expected)}]"
    return text == str(expected)
