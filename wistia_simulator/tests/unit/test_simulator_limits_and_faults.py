"""The request limit, the schedule of faults, and their JSON forms."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wistia_simulator.errors import SimulatorInputError
from wistia_simulator.faults import FaultSchedule
from wistia_simulator.limits import RateLimiter
from wistia_simulator.testing import Fault, Faults, Rule


class Time:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_so_many_requests_pass_in_any_sixty_seconds_and_the_next_is_told_when():
    time = Time()
    limiter = RateLimiter(600, time)
    assert [limiter.retry_after_seconds() for _ in range(600)] == [0] * 600
    time.now += 12.5
    assert limiter.retry_after_seconds() == 48
    time.now += 48
    assert limiter.retry_after_seconds() == 0


def test_a_steady_pace_at_the_limit_is_never_refused():
    time = Time()
    limiter = RateLimiter(600, time)
    for _ in range(2_000):
        assert limiter.retry_after_seconds() == 0
        time.now += 0.1001


def test_refused_requests_do_not_count():
    time = Time()
    limiter = RateLimiter(2, time)
    for _ in range(10):
        limiter.retry_after_seconds()
    time.now += 60.1
    assert [limiter.retry_after_seconds() for _ in range(3)] == [0, 0, 60]


def test_no_limit_refuses_nothing():
    limiter = RateLimiter(0)
    assert {limiter.retry_after_seconds() for _ in range(2_000)} == {0}


rules = st.builds(
    Rule,
    fault=st.sampled_from(Fault),
    path=st.sampled_from(["*", "/modern/stats/*"]),
    requests=st.lists(st.integers(1, 20), max_size=4).map(tuple),
    every=st.none() | st.integers(1, 9),
    probability=st.none() | st.floats(0, 1),
    times=st.none() | st.integers(0, 5),
    seed=st.integers(0, 99),
)


@settings(max_examples=25)
@given(st.lists(rules, max_size=3).map(tuple))
def test_a_schedule_gives_the_same_faults_every_time(drawn):
    def fates() -> list[str | None]:
        schedule = FaultSchedule(Faults(rules=drawn))
        found = [schedule.next_fault("/modern/stats/events") for _ in range(30)]
        return [rule.fault if rule else None for rule in found]

    assert fates() == fates()


@settings(max_examples=25)
@given(st.lists(rules, max_size=3).map(tuple), st.booleans())
def test_faults_survive_the_way_through_json(drawn, flag):
    faults = Faults(shuffle_events=flag, missing_media_ids=("a",), rules=drawn)
    assert Faults.from_json(faults.to_json()) == faults


def test_a_rule_counts_only_the_paths_it_matches():
    schedule = FaultSchedule(Faults(rules=(Rule(Fault.STATUS_500, path="/a", requests=(2,)),)))
    assert [bool(schedule.next_fault(path)) for path in ("/a", "/b", "/a", "/a")] == [
        False,
        False,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("given_json", "message"),
    [
        ({"shufle": True}, "unknown switches: shufle"),
        ({"rules": [{"fault": "lightning"}]}, "unknown fault 'lightning'"),
        ({"rules": [{"fault": "500", "when": 3}]}, "unknown fields of a rule: when"),
        ([], "must be a JSON object"),
    ],
)
def test_a_wrong_switch_is_refused_with_the_right_names(given_json, message):
    with pytest.raises(SimulatorInputError, match=message):
        Faults.from_json(given_json)
