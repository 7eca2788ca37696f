"""The wheel works alone: in an empty environment, with nothing of the checkout."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulator_support.installed import REPOSITORY, Environment, new_environment

IMPORT_ALL = """
import importlib, pkgutil, wistia_simulator
for module in pkgutil.walk_packages(wistia_simulator.__path__, "wistia_simulator."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(wistia_simulator.__file__)
"""
START_SECONDS = 60


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = new_environment(tmp_path_factory.mktemp("alone"))
    environment.install(wheel)
    return environment


@pytest.fixture
def address(alone: Environment) -> Iterator[str]:
    """The address of `wistia-simulator serve`."""
    port_file = alone.folder / "port"
    command = [alone.venv / "bin" / "wistia-simulator", "serve", "--events", "50"]
    with subprocess.Popen(
        [*command, "--port-file", port_file], cwd=alone.folder, env=alone.environment()
    ) as process:
        deadline = time.monotonic() + START_SECONDS
        while not port_file.exists():
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port_file.read_text().strip()}"
        process.terminate()
        assert process.wait(10) == 0


def test_every_module_imports_and_comes_from_the_wheel(alone: Environment):
    file = Path(alone.output("python", "-c", IMPORT_ALL).strip())
    assert file.is_relative_to(alone.venv)
    assert not alone.folder.is_relative_to(REPOSITORY)
    folders = {path.name for path in alone.venv.glob("lib/python*/site-packages/*")}
    assert not folders & {"localaws", "ingestion", "orchestration", "pytest", "requests"}


def test_it_serves_who_has_the_token(address: str):
    url = f"{address}/modern/stats/events?per_page=2"
    token = {"Authorization": "Bearer local-wistia-token"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=token), timeout=10) as answer:
        assert len(json.loads(answer.read())) == 2
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(url, timeout=10)
