"""The staged rows that the second computation reads, and how it counts days."""

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
def iso_week_end(day: date) -> date:
    """Return the Sunday of a day's ISO week."""
    return day + timedelta(days=6 - day.weekday())


def month_end(day: date) -> date:
    """Return the last day of a day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def days_between(start: date, end: date) -> list[date]:
    """Return the days from start to end, both inclusive."""
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


def first_given(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


# ── comparing with Athena ────────────────────────────────────────────────────────────────────────
# Computed from the attributes, which are compared.
