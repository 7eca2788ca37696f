"""UTC timestamps in payloads, and as Wistia writes them."""

import re
from datetime import UTC, date, datetime, timedelta

_DATE = r"\d{4}-\d\d-\d\d"
_TYPED_DATE = re.compile(_DATE, re.ASCII)
_TYPED_TIMESTAMP = re.compile(
    rf"{_DATE}([Tt ]\d\d:\d\d(:\d\d(\.\d{{1,9}})?)?([Zz]|[+-]\d\d:?\d\d)?)?", re.ASCII
)


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def format_timestamp(moment: datetime) -> str:
    """Return a moment as ``2026-03-02T02:00:00Z``, with microseconds only if there are any."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def parse_timestamp(text: str) -> datetime:
    """Read a timestamp that a program wrote, in any form of ISO 8601; one without a zone is UTC.

    Raises
    ------
    ValueError
        The text is not a timestamp, or in UTC it is outside the years 1 to 9999.
    """
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} has no UTC time within the years 1 to 9999") from error


def parse_typed_timestamp(text: str) -> datetime:
    """Read a date, or a date and a time, that a person typed; without a zone it is UTC.

    Python alone reads the zone of ``2026-03-02+02:00`` as a time of day, accepts any character as
    the ``T``, and ``2026-W10`` as a date: the night would run as of a moment that nobody meant.

    Raises
    ------
    ValueError
        The text does not have this form, there is no such moment, or in UTC it is out of range.

    Examples
    --------
    >>> parse_typed_timestamp("2026-03-02 02:00+02:00").isoformat()
    '2026-03-02T00:00:00+00:00'
    """
    if not _TYPED_TIMESTAMP.fullmatch(text):
        raise ValueError(f"{text!r} is not a timestamp such as 2026-03-02T02:00:00Z")
    try:
        return parse_timestamp(text.upper())
    except OverflowError as error:
        raise ValueError(f"{text!r} is out of range in UTC") from error


def parse_typed_date(text: str) -> date:
    """Read a date that a person typed, such as ``2026-01-31``.

    Raises
    ------
    ValueError
        The text does not have this form, or there is no such day.
    """
    if not _TYPED_DATE.fullmatch(text):
        raise ValueError(f"{text!r} is not a date such as 2026-01-31")
    return date.fromisoformat(text)


def start_of_day(day: date) -> datetime:
    """Return the midnight UTC at which a date begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def last_date_before(end: datetime) -> date:
    """Return the last UTC date that a half-open interval ending at ``end`` touches."""
    return (end - timedelta(microseconds=1)).date()
