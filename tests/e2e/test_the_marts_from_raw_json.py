"""Every value of every mart equals a computation in plain Python straight from the raw JSON.

The name puts this after the nights, the repeated night and the resumed one, and before a viewer is erased.
Each session has a random world (see `conftest.py`).
"""

import pytest
from independent_marts import MARTS, Staged, differences
from raw_world import RawBucket, read

from orchestration import athena
from orchestration.testing import Pipeline

ENOUGH_ROWS = 1_000_000


@pytest.fixture(scope="module")
def staged(pipeline: Pipeline) -> Staged:
    """What the API served in all nights, typed by this test's own code."""
    cloud = pipeline.cloud
    secret = cloud.client("secretsmanager").get_secret_value(
        SecretId=f"{cloud.settings.stack_name}/pseudonym-key"
    )
    return read(RawBucket(cloud.client("s3"), cloud.data_bucket), secret["SecretString"])


@pytest.mark.parametrize("mart", MARTS)
def test_every_value_equals_the_independent_computation(
    pipeline: Pipeline, staged: Staged, mart: str
) -> None:
    """GIVEN the raw JSON of all nights WHEN computed in Python THEN the mart says the same."""
    found = athena.query(pipeline.cloud, f"select * from {mart}", limit=ENOUGH_ROWS)

    told = differences(mart, staged, found.columns, found.rows)

    world = f"SIMULATOR_SEED={pipeline.environment['SIMULATOR_SEED']}"
    assert found.rows, world
    assert not told, "\n".join([f"{len(told)} differences in the world of {world}", *told[:20]])
