"""A simulator, and a client of it that does not really wait."""

from collections.abc import Iterator

import pytest

from ingestion.client.http import WistiaClient
from tests.support.wistia_clients import TOKEN, connect
from wistia_simulator.testing import Faults, Simulator, World, running


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(World(events=50, medias=3, history_days=30), token=TOKEN) as simulator:
        yield simulator


@pytest.fixture
def sleeps() -> list[float]:
    return []


@pytest.fixture
def client(simulator: Simulator, sleeps: list[float]) -> WistiaClient:
    simulator.faults = Faults()
    simulator.requests.reset()
    return connect(simulator.base_url, sleeps)
