"""Odd values in an answer fail no night: the row is landed, and the normalize job judges it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from ingestion_night import FIRST, Night, event

from wistia_simulator.testing import Fault, Faults, Rule

GivenNight = Callable[..., Night]
EVENTS = tuple(event(number, f"2026-03-01T10:00:0{number}Z") for number in range(3))


@pytest.mark.parametrize(
    "received_at", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+01:00", "", "yesterday"]
)
def test_an_event_of_an_impossible_time_is_landed_beside_the_others(
    given_night: GivenNight, received_at: str
) -> None:
    night = given_night(*EVENTS)
    served = "2026-03-01T10:00:01.000Z"
    night.simulator.faults = Faults(
        rules=(Rule(Fault.REWRITE, path="*/stats/events", replace=served, by=received_at),)
    )
    plan, _ = night.run_at(FIRST)
    times = {line["record"]["received_at"] for line in night.lines(plan, "events")}
    assert times == {"2026-03-01T10:00:00.000Z", received_at, "2026-03-01T10:00:02.000Z"}


@pytest.mark.parametrize("value", ["NaN", "1e400", "-Infinity", r'"\ud83d"', "[[]]", "null", '""'])
def test_daily_statistics_with_an_odd_value_are_landed(given_night: GivenNight, value: str) -> None:
    night = given_night(*EVENTS).having(streams=("media", "events", "media_daily_stats"))
    night.simulator.faults = Faults(
        rules=(
            Rule(
                Fault.REWRITE,
                path="*/by_date",
                replace='"hours_watched": 0.0}',
                by=f'"hours_watched": {value}}}',
            ),
        )
    )
    plan, _ = night.run_at(FIRST)
    values = [line["record"]["hours_watched"] for line in night.lines(plan, "media_daily_stats")]
    assert len(values) == 41
    assert json.loads(value) in values or value == "NaN"
