"""One account, one Spark and one warehouse for a sequence of nights."""

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from ingestion.object_store import ObjectStore
from localaws.testing import LocalAws
from tests.support.account_nights import AccountNights, night_settings
from tests.support.dbt_runs import DbtProject, dbt_environment
from tests.support.ingestion_night import Night
from tests.support.sequences import FIRST_AS_OF, SEED
from tests.support.spark_session import spark_session
from tests.support.staging_tables import StagingTables
from wistia_simulator.testing import World, running


@pytest.fixture(scope="session")
def spark(localaws: LocalAws) -> Iterator[SparkSession]:
    """The session of the normalize job, on the S3 of this AWS."""
    keys = localaws.environment()
    with spark_session(
        localaws.endpoint_url, keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"]
    ) as session:
        yield session


@pytest.fixture(scope="module")
def account(
    localaws: LocalAws, spark: SparkSession, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AccountNights]:
    """An account in a world with swaps, renames, deletions, archived medias and late rows."""
    tables = StagingTables(localaws.client)
    tables.create()
    world = World(
        seed=SEED, clock=f"{FIRST_AS_OF:%Y-%m-%dT%H:%M:%SZ}", events=300, medias=14, history_days=30
    )
    with running(world) as simulator, dbt_environment(localaws, tables):
        night = Night(ObjectStore(tables.client("s3"), tables.bucket), simulator)
        dbt = DbtProject(tables, tmp_path_factory.mktemp("dbt"))
        nights = AccountNights(tables, night.having(**night_settings(night.settings)), spark, dbt)
        nights.prepare()
        yield nights
