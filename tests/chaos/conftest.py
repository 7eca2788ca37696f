"""A home of its own for each module: what is broken here may not leak into other tests."""

import os
import secrets
from collections.abc import Iterator

import pytest

from orchestration.testing import Pipeline

# Another world each time; SIMULATOR_SEED (make's SEED) brings one back.
SEED = os.environ.get("SIMULATOR_SEED") or str(secrets.randbelow(1_000_000))


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A pipeline whose first night has succeeded."""
    pipeline = Pipeline(tmp_path_factory.mktemp("chaos"), events=1500)
    pipeline.environment["SIMULATOR_SEED"] = SEED
    try:
        pipeline.run("up")
        pipeline.listen()
        pipeline.night()
        yield pipeline
    finally:
        pipeline.run("down")
