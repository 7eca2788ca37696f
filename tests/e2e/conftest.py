"""One home for all whole nights of a session: the first one pays for the start."""

from collections.abc import Iterator

import pytest

from orchestration.testing import Pipeline


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A pipeline whose first night has succeeded."""
    pipeline = Pipeline(tmp_path_factory.mktemp("nights"), events=1500)
    try:
        pipeline.run("up")
        pipeline.listen()
        pipeline.first = pipeline.night()
        yield pipeline
    finally:
        pipeline.run("down")
