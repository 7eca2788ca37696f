"""The fixture that localaws gives to every pytest."""

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from localaws import lifecycle
from localaws.connections.endpoints import is_running
from localaws.settings import Settings

USES_THE_ACCOUNT = """
    import os
    from pathlib import Path

    import pytest

    @pytest.mark.parametrize("name", ["one", "two"])
    def test_an_account(localaws, name):
        s3 = localaws.client("s3")
        before = sorted(bucket["Name"] for bucket in s3.list_buckets()["Buckets"])
        s3.create_bucket(Bucket=name)
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        with Path("seen").open("a") as seen:
            print(worker, localaws.settings.home, *before, file=seen)
"""
USES_NOTHING = """
    import sys

    def test_nothing_of_localaws_is_imported_but_the_plugin():
        loaded = {name for name in sys.modules if name.split(".")[0] == "localaws"}
        assert loaded == {"localaws", "localaws.pytest_plugin"}
"""
MOST_MILLISECONDS = 50


class Project:
    """A folder with a test, as any user of localaws has one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(textwrap.dedent(text))

    def pytest(self, *arguments: str) -> None:
        """Run pytest in a process of its own; its tests must pass."""
        outer = ("PYTEST_", "LOCALAWS_HOME", "LOCALAWS_TRINO_EAGER")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
            cwd=self.folder,
            env={name: value for name, value in os.environ.items() if not name.startswith(outer)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def seen(self) -> list[list[str]]:
        """Return for each test its worker, the home of its account, and the buckets in it."""
        return [line.split() for line in (self.folder / "seen").read_text().splitlines()]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.write("test_it.py", USES_THE_ACCOUNT)
    return made


def test_each_worker_of_xdist_has_an_account_that_ends_with_it(project: Project):
    # GIVEN two tests
    # WHEN two workers run them
    project.pytest("-n", "2", "--dist", "each")
    # THEN each worker had an account of its own, and none runs any more
    homes: dict[str, set[str]] = {}
    for worker, home, *buckets in project.seen():
        homes.setdefault(worker, set()).add(home)
        assert buckets in ([], ["one"])
    assert homes.keys() == {"gw0", "gw1"}
    assert len(homes["gw0"] | homes["gw1"]) == 2
    assert not any(is_running(Settings(home=home)) for (home,) in homes.values())


def test_a_named_home_keeps_the_account_between_sessions(project: Project):
    # GIVEN an ini file with a home
    project.write("pytest.ini", "[pytest]\nlocalaws_home = kept\n")
    # WHEN two sessions run
    project.pytest("-k", "one")
    project.pytest("-k", "two")
    # THEN the second one finds what the first one had made, and nothing runs afterwards
    home = str(project.folder / "kept")
    assert project.seen() == [["alone", home], ["alone", home, "one"]]
    assert not is_running(Settings(home=home))


def test_an_account_that_runs_is_used_and_goes_on(project: Project):
    # GIVEN an account that somebody has started
    settings = Settings(home=project.folder / "started", trino_eager=False)
    lifecycle.up(settings)
    try:
        # WHEN a session names its home on the command line
        project.pytest("--localaws-home", "started", "-k", "one")
        # THEN its tests ran there, and the account still runs
        assert project.seen() == [["alone", str(settings.home)]]
        assert is_running(settings)
    finally:
        lifecycle.down(settings)


def test_a_session_that_does_not_use_it_imports_the_plugin_only(project: Project):
    project.write("test_it.py", USES_NOTHING)
    project.pytest()


def test_the_plugin_costs_pytest_next_to_nothing():
    command = [sys.executable, "-X", "importtime", "-c", "import pytest, localaws.pytest_plugin"]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    found = re.search(r"\|\s*(\d+) \|\s+localaws\.pytest_plugin$", report, re.MULTILINE)
    assert found is not None
    assert int(found[1]) / 1000 < MOST_MILLISECONDS
