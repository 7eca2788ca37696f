"""The figures that alarms watch: once a run, and true whatever kind of run it is."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.ingestion_night import FIRST, SECOND, THIRD, Night, event
from wistia_simulator.testing import Fault, Faults, Rule

GivenNight = Callable[..., Night]
Capture = pytest.CaptureFixture[str]
OLD, NEW = event(1, "2024-08-01T10:00:00Z"), event(2, "2026-03-01T20:00:00Z")


def _figures(capsys: Capture) -> list[dict[str, Any]]:
    """What was emitted for whole runs since the last call."""
    lines = [it for it in capsys.readouterr().out.splitlines() if '"CloudWatchMetrics"' in it]
    documents = [json.loads(line) for line in lines]
    names = {"NewRows", "LagSeconds", "RunThrottles"}
    return [
        {name: value[0] for name, value in document.items() if name in names}
        for document in documents
        if "stream" not in document
    ]


def test_a_first_night_of_two_years_is_as_old_as_its_newest_event(
    given_night: GivenNight, capsys: Capture
) -> None:
    """GIVEN a window in four slices WHEN ingested THEN the lag is six hours, emitted once."""
    night = given_night(OLD, NEW).having(initial_history_days=729)
    plan, _ = night.run_at(FIRST)
    assert sum(task["stream"] == "events" for task in plan["tasks"]) == 4
    assert _figures(capsys) == [{"NewRows": 2, "LagSeconds": 6 * 3600, "RunThrottles": 0}]


def test_a_quiet_night_has_no_new_rows_and_a_growing_lag(
    given_night: GivenNight, capsys: Capture
) -> None:
    night = given_night(NEW)
    night.run_at(FIRST)
    night.run_at(SECOND)
    assert _figures(capsys)[1] == {"NewRows": 0, "LagSeconds": 30 * 3600, "RunThrottles": 0}


def test_a_backfill_says_nothing_of_freshness(given_night: GivenNight, capsys: Capture) -> None:
    night = given_night(OLD, NEW)
    night.run_at(FIRST)
    _figures(capsys)
    night.run_at(SECOND, start_date="2024-08-01", end_date="2024-08-01")
    assert _figures(capsys) == [{"RunThrottles": 0}]


def test_a_night_for_some_medias_says_nothing_of_freshness(
    given_night: GivenNight, capsys: Capture
) -> None:
    night = given_night(NEW)
    night.run_at(FIRST, media_ids=["abcdefghij"])
    assert _figures(capsys) == [{"RunThrottles": 0}]


def test_a_stack_for_some_medias_reports_of_these(given_night: GivenNight, capsys: Capture) -> None:
    night = given_night(NEW).having(media_ids=("abcdefghij",))
    night.run_at(FIRST)
    assert _figures(capsys) == [{"NewRows": 1, "LagSeconds": 6 * 3600, "RunThrottles": 0}]


def test_an_old_night_that_is_repeated_is_no_older_than_it_was(
    given_night: GivenNight, capsys: Capture
) -> None:
    night = given_night(NEW)
    night.run_at(FIRST)
    night.simulator.clock.set(THIRD)
    night.run(as_of=FIRST)
    assert _figures(capsys)[1]["LagSeconds"] == 6 * 3600


def test_throttled_requests_are_counted_over_all_tasks(
    given_night: GivenNight, capsys: Capture
) -> None:
    night = given_night(NEW)
    night.simulator.faults = Faults(
        rules=tuple(Rule(Fault.STATUS_429, path=path, times=2) for path in ("*/medias", "*/events"))
    )
    night.run_at(FIRST)
    assert _figures(capsys)[0]["RunThrottles"] == 4
