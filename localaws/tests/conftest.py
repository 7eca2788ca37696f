"""Fixtures that tests of all parts share."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from unittest import mock

import pytest

from localaws import testing as localaws_testing
from localaws.downloads import ensure_engines
from localaws.settings import Settings
from localaws.testing import LocalAws

DEAD_PROXY = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
"""Nothing listens there."""


@pytest.fixture(scope="session")
def localaws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """One AWS for the whole session: use names of your own, and do not reset it.

    It is behind a proxy that does not answer: neither the server nor any child, Java or Python,
    may use a proxy to reach localaws.
    """
    home = tmp_path_factory.mktemp("localaws")
    ensure_engines(Settings(home=home))
    with ExitStack() as stack:
        with mock.patch.dict(os.environ, DEAD_PROXY):
            for name in ("NO_PROXY", "no_proxy"):
                os.environ.pop(name, None)
            aws = stack.enter_context(localaws_testing.start(home, trino_eager=False))
        yield aws
