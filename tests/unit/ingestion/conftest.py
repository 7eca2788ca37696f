"""A bucket in moto, a Wistia in the simulator, and the four functions driven as the state machine does."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from ingestion_night import BUCKET, Night
from moto import mock_aws

from ingestion.object_store import ObjectStore
from wistia_simulator.testing import Simulator, World, running


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield ObjectStore(client, BUCKET)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(World(events=400, medias=6, history_days=30)) as simulator:
        yield simulator


@pytest.fixture
def night(store: ObjectStore, simulator: Simulator) -> Night:
    return Night(store, simulator)
