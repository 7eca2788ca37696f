"""dbt's published adapter tests, on dbt-athena against localaws."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

# dbt's fixtures make a project for each test class. Not as a plugin: pytest takes those from the
# topmost conftest only.
from dbt.tests.fixtures.project import *  # noqa: F403

from localaws.testing import LocalAws

BUCKET = "adapter-tests"


@pytest.fixture(scope="session")
def adapter_aws(localaws: LocalAws) -> Iterator[LocalAws]:
    """An account with a bucket, reached by whatever dbt-athena asks boto3 for."""
    localaws.client("s3").create_bucket(Bucket=BUCKET)
    before = dict(os.environ)
    os.environ.update(localaws.environment())
    yield localaws
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="class")
def dbt_profile_target(adapter_aws: LocalAws) -> dict[str, Any]:
    return {
        "type": "athena",
        "region_name": adapter_aws.region,
        "s3_staging_dir": f"s3://{BUCKET}/results/",
        "s3_data_dir": f"s3://{BUCKET}/tables/",
        "s3_data_naming": "schema_table_unique",
        "database": "awsdatacatalog",
        "schema": "adapter",
        "threads": 4,
        "poll_interval": 0.05,
        "num_retries": 0,
    }
