"""UTC timestamps as they are written in payloads, and as Wistia writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def format_timestamp(moment: datetime) -> str:
    """Write a moment as ``2026-03-02T02:00:00Z``, with microseconds only if there are any."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_timestamp(text: str) -> datetime:
    """Read an ISO 8601 timestamp; one without a zone is UTC.

    Raises
    ------
    ValueError
        The text is not a timestamp, or it is one that lies outside of the years 1 to 9999 in UTC.
    """
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} has no UTC time within the years 1 to 9999") from error


def start_of_day(day: date) -> datetime:
    """Return midnight UTC at which a date begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def last_date_before(end: datetime) -> date:
    """Return the last UTC date that a half-open interval ending at ``end`` touches."""
    return (end - timedelta(microseconds=1)).date()
