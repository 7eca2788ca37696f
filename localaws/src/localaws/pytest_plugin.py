"""The fixture ``localaws`` for every project in which localaws is installed.

pytest imports this module at each start, so everything heavy is imported by the fixture.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from localaws.testing import LocalAws

HOME_HELP = (
    "Folder of the account that the fixture localaws returns. If localaws runs there, tests use it"
    " and do not stop it. Without this option each session has a new account in a temporary folder."
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--localaws-home`` and the same as an ini option."""
    group = parser.getgroup("localaws")
    group.addoption("--localaws-home", metavar="DIR", help=HOME_HELP)
    parser.addini("localaws_home", HOME_HELP, default="")


@pytest.fixture(scope="session")
def localaws(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalAws]:
    """Return an AWS account for the session; Trino starts with the first query.

    Tests share it, so each should use names of its own and not reset the account.
    """
    from localaws import lifecycle  # noqa: PLC0415 - imports boto3
    from localaws.settings import Settings  # noqa: PLC0415 - imports pydantic
    from localaws.testing import LocalAws  # noqa: PLC0415 - imports boto3

    home = _chosen_home(pytestconfig) or tmp_path_factory.mktemp("localaws")
    settings = Settings(home=home, trino_eager=False)
    started = lifecycle.up(settings)
    try:
        yield LocalAws(settings, started.endpoints)
    finally:
        if not started.already:
            lifecycle.down(settings)


def _chosen_home(config: pytest.Config) -> Path | None:
    """Return the folder that the user named; each worker of pytest-xdist has one inside it."""
    typed = config.getoption("--localaws-home")
    from_ini = config.getini("localaws_home")
    if typed:
        home = config.invocation_params.dir / typed
    elif from_ini:
        home = config.rootpath / from_ini
    else:
        return None
    return home / os.environ.get("PYTEST_XDIST_WORKER", "")
