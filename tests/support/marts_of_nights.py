"""Compares the marts of whole nights with the raw JSON of these nights."""

from orchestration.cli import athena
from tests.support.independent_marts import Staged, differences
from tests.support.pipeline import Pipeline
from tests.support.raw_world import RawBucket, read

ENOUGH_ROWS = 1_000_000
SHOWN = 20


def landed(pipeline: Pipeline) -> Staged:
    """Return what the API served in all nights, typed by the tests' own code."""
    cloud = pipeline.cloud
    secret = cloud.client("secretsmanager").get_secret_value(
        SecretId=f"{cloud.settings.stack_name}/pseudonym-key"
    )
    return read(RawBucket(cloud.client("s3"), cloud.data_bucket), secret["SecretString"])


def assert_true_to_raw(pipeline: Pipeline, staged: Staged, mart: str) -> None:
    """Compare every value of a mart with its computation in Python.

    Raises
    ------
    AssertionError
        The mart is empty or a value differs; the text names the world and the rows.
    """
    found = athena.query(pipeline.cloud, f"select * from {mart}", limit=ENOUGH_ROWS)
    world = f"SIMULATOR_SEED={pipeline.environment['SIMULATOR_SEED']}"
    if not found.rows:
        raise AssertionError(f"{mart} is empty in the world of {world}")
    told = differences(mart, staged, found.columns, found.rows)
    if told:
        heading = f"{len(told)} differences of {mart} in the world of {world}"
        raise AssertionError("\n".join([heading, *told[:SHOWN]]))
