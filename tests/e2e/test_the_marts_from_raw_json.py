"""Every value of every mart equals a plain Python computation from the raw JSON.

It works after any number of nights. The name puts it after the nights, one of which was resumed, and
before a viewer is erased. Each session has a random world (see `conftest.py`).
"""

import pytest

from tests.support.independent_marts import MARTS, Staged
from tests.support.marts_of_nights import assert_true_to_raw, landed
from tests.support.pipeline import Pipeline


@pytest.fixture(scope="module")
def staged(pipeline: Pipeline) -> Staged:
    """What the API served in all nights so far."""
    return landed(pipeline)


@pytest.mark.parametrize("mart", MARTS)
def test_every_value_equals_the_independent_computation(
    pipeline: Pipeline, staged: Staged, mart: str
) -> None:
    """GIVEN the raw JSON of all nights WHEN computed in Python THEN the mart has the same values."""
    assert_true_to_raw(pipeline, staged, mart)
