"""A bucket in moto, a Wistia in the simulator, and the four functions called as the state machine does."""

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ingestion.object_store import ObjectStore
from tests.support.ingestion_night import FIRST, MEDIA, Night
from wistia_simulator.testing import Event, Media, Simulator, World, running

_buckets = count(1)


@pytest.fixture(scope="session")
def s3_client() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        yield boto3.client("s3", region_name="us-east-1")


@pytest.fixture(scope="session")
def new_store(s3_client: Any) -> Callable[[], ObjectStore]:
    def new() -> ObjectStore:
        bucket = f"data-{next(_buckets)}"
        s3_client.create_bucket(Bucket=bucket)
        return ObjectStore(s3_client, bucket)

    return new


@pytest.fixture
def store(new_store: Callable[[], ObjectStore]) -> ObjectStore:
    return new_store()


@pytest.fixture(scope="session")
def served() -> Iterator[Simulator]:
    """One server for all tests: each loads its own world."""
    with running(World(events=0)) as simulator:
        yield simulator


@pytest.fixture
def simulator(served: Simulator) -> Simulator:
    served.load(World(events=400, medias=6, history_days=30))
    return served


@pytest.fixture
def night(store: ObjectStore, simulator: Simulator) -> Night:
    return Night(store, simulator)


@pytest.fixture
def given_night(new_store: Callable[[], ObjectStore], served: Simulator) -> Callable[..., Night]:
    """A night with exactly the events of a test."""

    def given(*events: Event, medias: tuple[Media, ...] = (MEDIA,)) -> Night:
        served.load(World.from_records(medias, events, clock=FIRST))
        return Night(new_store(), served).having(streams=("media", "events"))

    return given
