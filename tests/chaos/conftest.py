"""A home of its own for each module: what is broken here may not leak into other tests."""

from collections.abc import Iterator

import pytest

from orchestration.testing import Pipeline


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A pipeline whose first night has succeeded."""
    pipeline = Pipeline(tmp_path_factory.mktemp("chaos"), events=1500)
    try:
        pipeline.run("up")
        pipeline.listen()
        pipeline.night()
        yield pipeline
    finally:
        pipeline.run("down")
