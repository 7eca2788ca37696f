"""Every value of every mart equals a computation in plain Python straight from the raw JSON.

The name puts this after the nights, of which one was resumed and one repeated, and before a viewer is
erased.
Each session has a random world (see `conftest.py`).
"""

import pytest

from tests.support.independent_marts import MARTS, Staged
from tests.support.marts_of_nights import assert_true_to_raw, landed
from tests.support.pipeline import Pipeline


@pytest.fixture(scope="module")
def staged(pipeline: Pipeline) -> Staged:
    """What the API served in all nights."""
    return landed(pipeline)


@pytest.mark.parametrize("mart", MARTS)
def test_every_value_equals_the_independent_computation(
    pipeline: Pipeline, staged: Staged, mart: str
) -> None:
    """GIVEN the raw JSON of all nights WHEN computed in Python THEN the mart says the same."""
    assert_true_to_raw(pipeline, staged, mart)
