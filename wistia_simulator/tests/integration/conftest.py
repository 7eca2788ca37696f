"""Simulators for the tests of this folder, and a client for them."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from wistia_simulator.testing import Simulator, World, running


class Client:
    """A bare API client: one session, no retries."""

    def __init__(self, simulator: Simulator, release: str = "2026-01") -> None:
        self.base_url = simulator.base_url
        self.session = requests.Session()
        self.session.headers.update(
            {"Authorization": f"Bearer {simulator.token}", "X-Wistia-API-Version": release}
        )

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.session.get(f"{self.base_url}{path}", params=params, timeout=10)

    def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        response = self.get(path, **params)
        assert response.status_code == 200, response.text
        return list(response.json())

    def all_pages(self, path: str, **params: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        page = 1
        while found := self.rows(path, page=page, per_page=100, **params):
            rows += found
            page += 1
        return rows


@pytest.fixture(scope="session")
def shared_simulator() -> Iterator[Simulator]:
    """A generated world that no test changes."""
    with running(World(events=1_500, history_days=45, medias=24)) as simulator:
        yield simulator


@pytest.fixture(scope="session")
def client_of() -> type[Client]:
    """Create a client for a simulator and a release."""
    return Client


@pytest.fixture(scope="session")
def client(shared_simulator: Simulator) -> Client:
    return Client(shared_simulator)
