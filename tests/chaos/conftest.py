"""Each module has its own home: what it breaks must not affect other tests."""

from collections.abc import Iterator

import pytest

from tests.support.first_night import after_first_night
from tests.support.pipeline import Pipeline


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A pipeline whose first night has succeeded."""
    with after_first_night(tmp_path_factory.mktemp("chaos")) as pipeline:
        yield pipeline
