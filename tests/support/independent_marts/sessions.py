"""Sessions, days, viewers and retention, computed a second time."""

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Any

from tests.support.independent_marts.medias import dim_media, histories, version_at, was_there
from tests.support.independent_marts.staged import (
    COMPLETED_FROM,
    WHOLE_FROM,
    Mart,
    Row,
    Staged,
    days_between,
    iso_week_end,
    month_end,
    newest_events,
)


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
