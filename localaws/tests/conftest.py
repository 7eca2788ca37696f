"""Fixtures that tests of all parts share."""

from collections.abc import Iterator

import pytest

from localaws import testing as localaws_testing
from localaws.testing import LocalAws


@pytest.fixture(scope="session")
def localaws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """One AWS for the whole session: use names of your own, and do not reset it."""
    home = tmp_path_factory.mktemp("localaws")
    with localaws_testing.start(home, trino_eager=False) as aws:
        yield aws
