"""Sizes, names and histories have Step Functions' limits."""

import datetime as dt

import pytest
from moto.stepfunctions.exceptions import InvalidName, ValidationException

from localaws.step_functions import limits


@pytest.mark.parametrize("name", ["a", "a" * 80, "night-2026_03.02", "äö+=@!(x)"])
def test_names_of_allowed_characters_are_taken(name: str) -> None:
    limits.check_name(name)


@pytest.mark.parametrize(
    "name", ["", "a" * 81, "a b", "a/b", "a:b", "a*", "a?", "<a>", "{a}", "a\x00", "a\x85", "a$"]
)
def test_other_names_are_refused_and_shown(name: str) -> None:
    with pytest.raises(InvalidName, match="Invalid Name: "):
        limits.check_name(name)


def test_an_input_is_as_long_as_its_bytes() -> None:
    limits.check_input('"' + "x" * (limits.MOST_BYTES - 2) + '"')
    with pytest.raises(ValidationException, match="less than or equal to 262144"):
        limits.check_input('"' + "ä" * (limits.MOST_BYTES // 2) + '"')


def test_a_result_may_have_exactly_the_limit() -> None:
    assert limits._is_within_quota("x" * limits.MOST_BYTES)
    assert not limits._is_within_quota("x" * (limits.MOST_BYTES + 1))
    assert limits._is_within_quota({"a": "x" * (limits.MOST_BYTES - len('{"a":""}'))})


@pytest.mark.parametrize(
    ("events", "days", "good"), [(10, 13, True), (24_999, 1, False), (9, 15, False)]
)
def test_an_old_or_a_full_execution_is_not_redriven(events: int, days: int, good: bool) -> None:
    ended = dt.datetime.now(tz=dt.UTC) - dt.timedelta(days=days)
    assert (limits.why_not_redrivable(events, ended) is None) == good
