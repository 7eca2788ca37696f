"""Which day a row belongs to, and which times no row can have."""

from datetime import date

import pytest

from tests.support.wistia_records import envelope, event

# An unknown field makes a line odd, so that Python reads it instead of Spark.
READINGS = pytest.mark.parametrize("unknown", [{}, {"new_field": 1}], ids=["Spark", "Python"])
DAYS = {
    "2026-02-27": date(2026, 2, 27),
    "2026-02-27T00:00:00+09:00": date(2026, 2, 27),
    "2026-02-27T23:30:00-05:00": date(2026, 2, 27),
    "2026-02-27 12:00:00.000Z": date(2026, 2, 27),
    # The run's `as_of` is 2026-03-02T02:00Z: the whole day after it is possible, and no other.
    "2026-03-03T02:00:05.001Z": date(2026, 3, 3),
    "2026-03-03T23:59:59.999-05:00": date(2026, 3, 3),
    "2026-03-04": None,
    "2026-03-04T00:00:00+09:00": None,
    "2026-02-30": None,
}


@READINGS
def test_the_day_of_a_daily_figure_is_the_one_that_is_written(make_lake, unknown) -> None:
    lake = make_lake(threshold=1.0)
    rows = [
        envelope(
            {"date": text, "play_count": 1} | unknown, stream="media_daily_stats", media_id=text
        )
        for text in DAYS
    ]
    lake.land("media_daily_stats", rows)
    lake.normalize("media_daily_stats")
    found = {row["media_id"]: row["event_date"] for row in lake.staging("media_daily_stats")}
    assert {text: found.get(text) for text in DAYS} == DAYS
    reasons = {note["reason"] for note in lake.quarantined("media_daily_stats")}
    assert reasons == {"impossible_value:event_date", "missing:event_date"}


@READINGS
def test_a_line_of_an_impossible_ingestion_time_is_quarantined(make_lake, unknown) -> None:
    # GIVEN lines that a broken clock dated
    lake = make_lake(threshold=1.0)
    times = ("9999-12-31T23:59:59.999Z", "2100-01-02T00:00:00Z", "2005-12-31T00:00:00Z")
    rows = [envelope(event(time) | unknown, ingested_at=time) for time in times]
    lake.land("events", [envelope(event("good") | unknown), *rows])
    # WHEN the job runs
    summary = lake.normalize("events")
    # THEN it does not stop, and the line beside them is in staging
    assert [row["event_key"] for row in lake.staging("events")] == ["good"]
    assert summary["streams"]["events"]["reasons"] == {"impossible_value:ingested_at": len(times)}
