"""A stream that the account lacks is left out, and is caught up with as soon as it is there."""

from __future__ import annotations

from collections.abc import Callable

from ingestion_night import FIRST, SECOND, THIRD, Night, event

from wistia_simulator.testing import Faults

FOURTH = "2026-03-05T02:00:00Z"
STREAMS = ("media", "events", "media_analytics")
EVENTS = [
    event(number, f"2026-03-0{day}T10:00:00Z") for number, day in enumerate([1, 2, 3, 4], start=1)
]


def test_unavailable_stream_keeps_its_watermark(given_night: Callable[..., Night]) -> None:
    night = given_night(*EVENTS).having(streams=STREAMS)
    night.run_at(FIRST)
    night.simulator.faults = Faults(without_analytics=True)
    night.run_at(SECOND)
    assert night.watermark("media_analytics") == FIRST
    assert night.watermark("events") == SECOND


def test_stream_that_never_was_there_does_not_widen_every_night(
    given_night: Callable[..., Night],
) -> None:
    # GIVEN a plan without analytics since ever
    night = given_night(*EVENTS).having(streams=STREAMS)
    night.simulator.faults = Faults(without_analytics=True)
    night.run_at(FIRST)
    assert night.watermark("media_analytics") is None
    # THEN dbt is not told to rebuild the whole history because of it
    second, _ = night.run_at(SECOND)
    assert second["window"]["start"] == "2026-02-27T00:00:00Z"


def test_stream_that_comes_back_is_fetched_from_where_it_stopped(
    given_night: Callable[..., Night],
) -> None:
    # GIVEN a stream that never was there for two nights
    night = given_night(*EVENTS).having(streams=STREAMS, lookback_days=0)
    night.simulator.faults = Faults(without_analytics=True)
    night.run_at(FIRST)
    night.run_at(SECOND)
    # WHEN it is there THEN the night that sees it commits nothing of it
    night.simulator.faults = Faults()
    night.run_at(THIRD)
    assert night.watermark("media_analytics") is None
    # and the next one fetches all of its history, and tells dbt so
    fourth, _ = night.run_at(FOURTH)
    assert fourth["window"]["start"] == "2026-01-24T00:00:00Z"
    assert night.watermark("media_analytics") == FOURTH
    days = {line["record"]["timestamp"][:10] for line in night.lines(fourth, "media_analytics")}
    assert "2026-01-24" in days


def test_stream_that_was_away_for_one_night_misses_no_day(
    given_night: Callable[..., Night],
) -> None:
    night = given_night(*EVENTS).having(streams=STREAMS, lookback_days=0)
    night.run_at(FIRST)
    night.simulator.faults = Faults(without_analytics=True)
    night.run_at(SECOND)
    night.simulator.faults = Faults()
    # WHEN it is back THEN two nights later its watermark is at the others', without a gap
    landed = [night.run_at(THIRD)[0], night.run_at(FOURTH)[0]]
    assert night.watermark("media_analytics") == FOURTH
    days = {
        line["record"]["timestamp"][:10]
        for plan in landed
        for line in night.lines(plan, "media_analytics")
    }
    assert {"2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05"} <= days
