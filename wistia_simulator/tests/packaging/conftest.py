"""The wheel of the simulator, built once."""

from pathlib import Path

import pytest
from simulator_support.installed import built_wheel


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built_wheel(tmp_path_factory.mktemp("wheel"))
