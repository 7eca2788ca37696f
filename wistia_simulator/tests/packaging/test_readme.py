"""Every code block of the README runs, as somebody would who has only the README."""

import json
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from simulator_support.installed import PROJECT, Environment, copied_repository, new_environment
from simulator_support.readme import Block, blocks

BLOCKS = blocks(PROJECT / "README.md")
REPOSITORY_ADDRESS = "https://git.example.com/analytics.git"


class Reader:
    """Somebody with an environment, a folder and the address of the repository."""

    def __init__(self, environment: Environment, repository: Path) -> None:
        self.environment = environment
        self.folder = environment.folder
        self._repository = repository

    def bash(self, text: str) -> str:
        """Run lines of the README in which the address is that of a local copy."""
        local = text.replace(REPOSITORY_ADDRESS, f"file://localhost{self._repository}")
        return self.environment.output("bash", "-euo", "pipefail", "-c", local)


@pytest.fixture(scope="module")
def reader(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    # pip finds everything installed that it would download: this is about the lines, not the network.
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    scratch = tmp_path_factory.mktemp("readme")
    environment = new_environment(scratch, **offline)
    environment.install("pip", "setuptools", wheel)
    repository = copied_repository(scratch / "repository")
    git = ["git", "-c", "user.name=reader", "-c", "user.email=reader@example.com"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "copy"]):
        subprocess.run([*git, *arguments], cwd=repository, check=True, capture_output=True)
    return Reader(environment, repository)


def installs(reader: Reader, block: Block) -> None:
    command = reader.environment.venv / "bin" / "wistia-simulator"
    reader.environment.run("pip", "uninstall", "--quiet", "--yes", "wistia-simulator")
    assert not command.exists()
    reader.bash(block.text)
    assert "serve" in reader.bash("wistia-simulator --help")


def serves(reader: Reader, block: Block) -> None:
    """Run the first command until it prints what the block shows, then the second one."""
    serve, shown, curl = block.text.splitlines()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
    with subprocess.Popen(
        ["bash", "-c", f"exec {serve.removeprefix('$ ').replace('8080', port)}"],
        cwd=reader.folder,
        env={**reader.environment.environment(), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == shown.replace("8080", port)
            if shutil.which("curl") is None:
                pytest.skip("curl is not installed")
            retry = " --retry 20 --retry-connrefused --retry-delay 1"
            events = json.loads(reader.bash(curl.removeprefix("$ ").replace("8080", port) + retry))
            assert len(events) == 1
        finally:
            process.terminate()


def runs_in_python(reader: Reader, block: Block) -> None:
    assert reader.environment.output("python", "-c", block.text)


RUNNERS: dict[tuple[str, str, int], Callable[[Reader, Block], None]] = {
    ("Start it", "bash", 0): installs,
    ("Start it", "bash", 1): installs,
    ("Start it", "console", 0): serves,
    ("In a test", "python", 0): runs_in_python,
    ("In a test", "python", 1): runs_in_python,
}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: "-".join(map(str, block.key)))
def test_every_block_runs(reader: Reader, block: Block):
    if block.not_run is not None:
        assert block.key not in RUNNERS, "it is marked as not run, and has a runner"
        return
    assert block.key in RUNNERS, "nothing here runs this block, and no comment above it says why"
    RUNNERS[block.key](reader, block)


def test_every_runner_has_a_block():
    assert RUNNERS.keys() <= {block.key for block in BLOCKS}
