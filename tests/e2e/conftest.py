"""One home for all whole nights of a session: they share its start and its first night."""

from collections.abc import Iterator

import pytest

from tests.support.first_night import SEED, after_first_night
from tests.support.pipeline import Pipeline


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A pipeline whose first night has succeeded."""
    with after_first_night(tmp_path_factory.mktemp("nights")) as pipeline:
        yield pipeline


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seed of the world if something failed in it."""
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        terminalreporter.write_line(
            f"The world of these nights: SIMULATOR_SEED={SEED}; repeat with make test-e2e SEED={SEED}"
        )
