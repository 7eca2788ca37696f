"""Timestamps are RFC 3339, in every comparison of a Choice."""

import operator
from types import SimpleNamespace
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations import (
    timestamp_operators,
)

from localaws.step_functions import timestamps

MIDNIGHT = "2026-01-01T00:00:00Z"
COMPARISONS = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
}


@pytest.fixture(autouse=True)
def _installed() -> None:
    timestamps.install()


@pytest.mark.parametrize(
    ("text", "seconds_after_midnight"),
    [
        ("2026-01-01T00:30:00-02:00", 9000.0),
        ("2026-01-01T00:00:00.500Z", 0.5),
        ("2026-01-01T00:00:00.000000000Z", 0.0),
        ("2026-01-01T01:00:00+01:00", 0.0),
        ("2025-12-31T23:59:59.75Z", -0.25),
    ],
)
@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize("form", ["", "Path"])
def test_offsets_and_fractions_count_in_every_comparison(
    text: str, seconds_after_midnight: float, name: str, form: str
) -> None:
    compare: Any = getattr(timestamp_operators, f"Timestamp{name}{form}")
    data = {"other": MIDNIGHT}
    env = SimpleNamespace(stack=[data, text])
    compare.eval(env, "$.other" if form else MIDNIGHT)
    assert env.stack.pop() == COMPARISONS[name](seconds_after_midnight, 0)


@pytest.mark.parametrize(
    "text",
    [
        *("2026-01-01", "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01-01t00:00:00Z"),
        *("2026-01-01T00:00:00z", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z", "", 5, None),
        "2026-01-01T00:00:00.Z",
    ],
)
def test_other_texts_are_no_timestamps(text: Any) -> None:
    assert timestamps.instant(text) is None
