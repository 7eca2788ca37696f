"""One home for all whole nights of a session: the first one pays for the start."""

import os
import secrets
from collections.abc import Iterator

import pytest

from orchestration.testing import Pipeline

# Another world each time; SIMULATOR_SEED (make's SEED) brings one back.
SEED = os.environ.get("SIMULATOR_SEED") or str(secrets.randbelow(1_000_000))


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A pipeline whose first night has succeeded."""
    pipeline = Pipeline(tmp_path_factory.mktemp("nights"), events=1500)
    pipeline.environment["SIMULATOR_SEED"] = SEED
    try:
        pipeline.run("up")
        pipeline.listen()
        pipeline.first = pipeline.night()
        yield pipeline
    finally:
        pipeline.run("down")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which world it was, when something failed in it."""
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        terminalreporter.write_line(
            f"The world of these nights: SIMULATOR_SEED={SEED}; again with make test-e2e SEED={SEED}"
        )
