"""Measured days are days of the account's zone: none is lost, and each has the account's own date."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.support.wistia_records import envelope

# Every current rule for changing clocks applies in these months.
FIRST, LAST = date(2026, 1, 1), date(2027, 6, 30)
DAY = timedelta(days=1)
# Further out, a bucket may belong to the east or to the west.
WEST, EAST = timedelta(hours=-10), timedelta(hours=13, minutes=45)


@cache
def started_at(zone: str, day: date) -> datetime:
    """The first moment of a day in a zone, also where clocks skip midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@cache
def days_of(zone: str) -> tuple[date, ...]:
    """The days around each change of the clocks, and the first two of all."""
    days = [FIRST + DAY * number for number in range((LAST - FIRST).days)]
    is_change = [started_at(zone, day + DAY) - started_at(zone, day) != DAY for day in days]
    found = {FIRST, FIRST + DAY}
    for day, changes in zip(days, is_change, strict=True):
        if changes:
            found |= {day - DAY, day, day + DAY, day + 2 * DAY}
    return tuple(sorted(found))


@pytest.fixture(scope="module")
def zones() -> list[str]:
    """One zone of all that have the same days."""
    found = {
        tuple(started_at(zone, day) for day in days_of(zone)): zone
        for zone in sorted(available_timezones())
    }
    return list(found.values())


@pytest.fixture
def dated(lake, zones):
    """The days and the dates of every zone's buckets, with one media per zone."""
    lake.as_of = datetime(LAST.year + 1, 1, 2, 2, tzinfo=UTC)
    lake.land(
        "media_analytics",
        [
            envelope(
                {"timestamp": f"{started_at(zone, day):%Y-%m-%d %H:%M:%S}.000Z", "plays": 1},
                stream="media_analytics",
                media_id=zone,
            )
            for zone in zones
            for day in days_of(zone)
        ],
    )
    summary = lake.normalize("media_analytics")["streams"]["media_analytics"]
    dates = {zone: [] for zone in zones}
    for row in sorted(lake.staging("media_analytics"), key=lambda row: row["bucket_started_at"]):
        dates[row["media_id"]].append(row["event_date"])
    return summary, dates


def test_no_zone_loses_a_day_and_almost_all_have_their_own_date(dated, zones) -> None:
    summary, dates = dated
    assert summary["duplicates"] == 0
    assert summary["rows_out"] == summary["rows_in"]
    for zone in zones:
        days = list(days_of(zone))
        offsets = [
            ZoneInfo(zone).utcoffset(datetime.combine(day, datetime.min.time())) for day in days
        ]
        shift = DAY if max(offsets) < WEST else -DAY if min(offsets) > EAST else timedelta(0)
        assert dates[zone] == [day + shift for day in days], zone
