"""Each alarm is in ALARM when it should be, and never because of how its window is cut.

Months are simulated in five-minute steps; the alarms are those of the template.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from tests.support.alarm_months import MONTHS
from tests.support.alarm_states import Clock, Metrics, states
from tests.support.alarm_worlds import END, HOUR, MINUTE, START, World
from tests.support.filled_template import STACK, FilledTemplate

CLOCK = Clock(START, END, 5 * MINUTE)
TIMES = CLOCK.times()
# How far CloudWatch looks back beyond the window is not documented.
FARTHER_BACK = (0, 2)
# An alarm that looks back for days is evaluated once an hour, and may look at two hours more; an
# hour that is cut in two still has what happened in it.
DELAY, DELAY_OF_DAYS = 5 * MINUTE, 4 * HOUR + 5 * MINUTE
MONTH_NAMES = [month.name for month in MONTHS]


def _alarms(template: dict[str, Any], month: World) -> dict[str, dict[str, Any]]:
    resolved = FilledTemplate(template, **month.parameters)
    found = resolved.resources("AWS::CloudWatch::Alarm").values()
    return {alarm["AlarmName"].removeprefix(f"{STACK}-"): alarm for alarm in found}


def _looks_back_for_days(alarm: dict[str, Any]) -> bool:
    return int(alarm["EvaluationPeriods"]) > 24


@pytest.fixture(scope="module")
def states_of(template: dict[str, Any]) -> Callable[[str], dict[tuple[str, int], list[str]]]:
    """The states of each alarm in a month, by the alarm and how far CloudWatch looks back."""

    @cache
    def compute(name: str) -> dict[tuple[str, int], list[str]]:
        month = next(month for month in MONTHS if month.name == name)
        metrics = month.metrics()
        return {
            (alarm, back): _states(properties, month, metrics, back)
            for alarm, properties in _alarms(template, month).items()
            for back in FARTHER_BACK
        }

    return compute


def _states(alarm: dict[str, Any], month: World, metrics: Metrics, farther_back: int) -> list[str]:
    return states(
        alarm,
        metrics,
        CLOCK,
        created=month.deployed,
        farther_back=farther_back,
        minutes_between=60 if farther_back and _looks_back_for_days(alarm) else 5,
    )


def _times_fired(found: list[str]) -> int:
    return sum(now == "ALARM" != before for before, now in zip(["", *found], found, strict=False))


@pytest.mark.parametrize("month", MONTHS, ids=MONTH_NAMES)
def test_an_alarm_fires_as_often_as_something_happened(
    states_of: Callable[[str], Any], month: World
) -> None:
    """GIVEN a month WHEN each alarm is evaluated THEN it sends the mails that it should, no other."""
    fired = {key: _times_fired(found) for key, found in states_of(month.name).items()}
    for back in FARTHER_BACK:
        assert {name: n for (name, it), n in fired.items() if n and it == back} == month.fires


def _on_for(month: World, hours: int, now: datetime) -> bool:
    since = now - timedelta(hours=hours)
    return any(max(begin, month.deployed) <= since and now < end for begin, end in month.on)


def _silence(month: World, hours: int, events: list[datetime]) -> list[bool]:
    """Whether, at each time, the schedule was on for so many hours, and none of the events in them."""
    events = sorted(events)
    found = []
    for now in TIMES:
        newest = bisect_right(events, now)
        is_silent = not newest or events[newest - 1] <= now - timedelta(hours=hours)
        found.append(is_silent and _on_for(month, hours, now))
    return found


def _did_not_start(month: World) -> list[bool]:
    hours = int(str(month.parameters.get("NightHours", 26)))
    started = [night.started for night in month.nights if not night.is_redrive]
    return _silence(month, hours, started)


def _no_events(month: World) -> list[bool]:
    hours = 24 * int(str(month.parameters.get("NoEventsDays", 3))) + 2
    brought = [
        night.started + night.minutes / 3 * MINUTE
        for night in month.nights
        if night.new_rows and not night.fails_early
    ]
    return _silence(month, hours, brought)


def _last(figure: str, limit: float, share: float) -> Callable[[World], list[bool]]:
    """Whether, at each time, the last night's figure is over a limit."""

    def is_over(month: World) -> list[bool]:
        known = sorted(
            (night.started + night.minutes * share * MINUTE, getattr(night, figure))
            for night in month.nights
            if not night.fails_early and getattr(night, figure) is not None
        )
        known = [item for item in known if item[0] >= month.deployed]
        newest = [bisect_right(known, now, key=lambda item: item[0]) for now in TIMES]
        return [index > 0 and known[index - 1][1] > limit for index in newest]

    return is_over


# What is true at a moment, told from the nights alone.
TRUTHS = {
    "night-did-not-start": _did_not_start,
    "no-events": _no_events,
    "ingest-lag": _last("lag_seconds", 172_800, 1 / 3),
    "quarantine": _last("quarantined", 100, 1 / 2),
    "throttled": _last("throttles", 50, 1 / 3),
}


@pytest.mark.parametrize("name", TRUTHS)
@pytest.mark.parametrize("month", MONTHS, ids=MONTH_NAMES)
def test_an_alarm_that_describes_a_state_is_on_exactly_in_its_hours(
    template: dict[str, Any], states_of: Callable[[str], Any], month: World, name: str
) -> None:
    """GIVEN what is true at each moment WHEN compared THEN the alarm follows it within its delay."""
    alarm = _alarms(template, month).get(name)
    if alarm is None:
        assert month.parameters["NightHours"] == 0
        return
    delay = (DELAY_OF_DAYS if _looks_back_for_days(alarm) else DELAY) // CLOCK.step + 1
    found = states_of(month.name)
    for index, recent in _last_ones(TRUTHS[name](month), delay):
        for back in FARTHER_BACK:
            if recent == {True}:
                assert found[name, back][index] == "ALARM", TIMES[index]
            elif recent == {False}:
                assert found[name, back][index] != "ALARM", TIMES[index]


def _last_ones(values: list[bool], count: int) -> Iterator[tuple[int, set[bool]]]:
    for index in range(len(values)):
        yield index, set(values[max(0, index - count + 1) : index + 1])


def test_no_alarm_is_on_right_after_a_deploy(template: dict[str, Any]) -> None:
    """GIVEN deploys at any hour of the day WHEN the first two days pass THEN no alarm is on."""
    for hours in range(0, 24, 3):
        deployed = START + timedelta(hours=hours)
        nights = tuple(night for night in MONTHS[0].nights if night.started >= deployed)
        month = World("deployed", nights, on=((deployed, END),), deployed=deployed)
        metrics, days = month.metrics(), Clock(START, START + timedelta(days=3), 5 * MINUTE)
        for name, alarm in _alarms(template, month).items():
            assert "ALARM" not in states(alarm, metrics, days, created=deployed), (name, hours)


def test_every_alarm_is_made_to_fire(template: dict[str, Any]) -> None:
    assert {name for month in MONTHS for name in month.fires} == set(_alarms(template, MONTHS[0]))


def test_no_alarm_looks_at_more_than_cloudwatch_allows(template: dict[str, Any]) -> None:
    """Seven days with periods of an hour or more, one day with shorter ones; ten metrics."""
    for days, hours in ((1, 1), (3, 26), (6, 168)):
        month = World("limits", (), parameters={"NoEventsDays": days, "NightHours": hours})
        for name, alarm in _alarms(template, month).items():
            items = [it["MetricStat"] for it in alarm.get("Metrics", ()) if "MetricStat" in it]
            period = int(alarm["Period"] if "Period" in alarm else items[0]["Period"])
            longest = 604_800 if period >= 3600 else 86_400
            assert period * int(alarm["EvaluationPeriods"]) <= longest, name
            assert len(items) <= 10, name
