"""Test localaws on each Python, with each dbt: ``python localaws/tests/matrix/run.py``.

For each version in ``versions.toml`` the wheel is installed with the newest dependencies that it
allows, and on the first Python also with the oldest ones. ``PYTHONS`` names interpreters that are not
on the PATH. A version without an interpreter is reported and fails the run, unless ``SKIP_MISSING=1``.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MATRIX = Path(__file__).parent
PROJECT = MATRIX.parents[1]
UV = Path(sys.executable).with_name("uv")
TOOLS = ("hypothesis", "pytest", "pytest-timeout", "pytest-xdist")
# Compares the code with the documentation, which no wheel holds, and with the pinned boto3.
DOCUMENTED = "tests/unit/athena/test_support_table.py"
UNIT = ("tests/unit", f"--ignore={DOCUMENTED}")
ACCOUNT = ("tests/matrix", "-k", "test_an_object_and_a_table")
DBT = ("tests/matrix", "-k", "test_dbt_builds_twice")
GLUE_JOB = (
    "tests/matrix",
    "tests/integration/glue_jobs",
    "-k",
    "test_a_glue_job_calls_python or test_a_script_reads_and_writes_s3",
)
OLDEST = "oldest dependencies"


@dataclass(frozen=True)
class Result:
    """The result of one combination."""

    python: str
    what: str
    outcome: str
    seconds: float
    details: str = ""


def interpreter(version: str) -> Path | None:
    """Return the interpreter of a version: one of PYTHONS, or what uv finds on this machine."""
    for name in os.environ.get("PYTHONS", "").split():
        asked = [name, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if _run(asked).stdout.strip() == version:
            return Path(name)
    found = _run([UV, "python", "find", "--no-python-downloads", version])
    return Path(found.stdout.strip()) if found.returncode == 0 else None


class Environment:
    """A virtual environment with the wheel."""

    def __init__(self, python: Path, version: str, scratch: Path) -> None:
        self._version = version
        self._venv = scratch / "venv"
        self._scratch = scratch
        _must([UV, "venv", "--quiet", "--clear", "--python", python, self._venv])

    def install(self, *requirements: str | Path) -> None:
        python = self._venv / "bin" / "python"
        _must([UV, "pip", "install", "--quiet", "--python", python, *requirements])

    def test(self, what: str, arguments: tuple[str, ...]) -> Result:
        began = time.monotonic()
        command = [self._venv / "bin" / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
            "LOCALAWS_CACHE": str(_engines(self._scratch)),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        done = subprocess.run(
            [*command, f"--basetemp={self._scratch / 'tests'}", *arguments],
            cwd=PROJECT,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        last = (done.stdout.strip().splitlines() or ["it printed nothing"])[-1]
        outcome = "FAILED" if done.returncode else "passed"
        if " skipped" in last:
            outcome = "FAILED"
        details = f"{done.stdout}{done.stderr}" if outcome == "FAILED" else last
        return Result(self._version, what, outcome, time.monotonic() - began, details)


def results(version: str, python: Path, wheel: Path, scratch: Path) -> Iterator[Result]:
    """Test one Python with the newest dependencies, with each dbt, and with Spark."""
    environment = Environment(python, version, scratch)
    environment.install(wheel, *TOOLS)
    yield environment.test("unit tests", UNIT)
    yield environment.test("S3, Athena", ACCOUNT)
    for dbt, requirements in _versions()["dbt"].items():
        environment.install(wheel, *requirements)
        yield environment.test(f"dbt {dbt}", DBT)
    environment = Environment(python, version, scratch)
    environment.install(f"{wheel}[spark]", *TOOLS)
    yield environment.test("Glue job", GLUE_JOB)


def results_of_the_oldest(
    version: str, python: Path, wheel: Path, scratch: Path
) -> Iterator[Result]:
    """Test the lower bounds that pyproject.toml declares."""
    environment = Environment(python, version, scratch)
    environment.install("--resolution", "lowest-direct", "-r", PROJECT / "pyproject.toml")
    environment.install("--no-deps", wheel)
    environment.install(*TOOLS)
    yield environment.test(f"unit tests, {OLDEST}", UNIT)
    yield environment.test(f"S3, Athena, {OLDEST}", ACCOUNT)


def main() -> int:
    """Test every combination; return 1 if one failed or could not be tested."""
    bad = 0
    pythons = _versions()["pythons"]
    with tempfile.TemporaryDirectory(prefix="localaws-matrix-") as name:
        scratch = Path(name)
        wheel = _wheel(scratch)
        for version in pythons:
            python = interpreter(version)
            if python is None:
                print(f"NOT TESTED: Python {version} (not found)", flush=True)
                bad += os.environ.get("SKIP_MISSING") != "1"
                continue
            kinds = [results, results_of_the_oldest] if version == pythons[0] else [results]
            for kind in kinds:
                for result in kind(version, python, wheel, scratch):
                    bad += _show(result)
    for what, reason in _versions()["not-tested"].items():
        print(f"NOT TESTED: {what} ({reason})")
    return int(bad > 0)


def _show(result: Result) -> bool:
    failed = result.outcome == "FAILED"
    if failed:
        print(result.details)
    summary = "" if failed else result.details.strip("= ")
    print(
        f"{result.outcome}  Python {result.python}  {result.what:32s} {result.seconds:4.0f} s  {summary}",
        flush=True,
    )
    return failed


def _versions() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((MATRIX / "versions.toml").read_text(encoding="utf-8"))


def _engines(scratch: Path) -> Path:
    """Return a cache with the engines of this user's, but with its own archives of Spark's classes.

    Each is for one environment, and there is room for three: ours would drop those that are in use.
    """
    cache = scratch / "cache"
    cache.mkdir(exist_ok=True)
    users = Path(os.environ.get("LOCALAWS_CACHE", "~/.cache/localaws")).expanduser().resolve()
    for engine in users.glob("*-*/.complete"):
        if not (cache / engine.parent.name).exists():
            (cache / engine.parent.name).symlink_to(engine.parent)
    return cache


def _wheel(scratch: Path) -> Path:
    """Build the wheel from a copy: an old build/ folder would add modules that are gone."""
    copy = scratch / "source"
    shutil.copytree(
        PROJECT, copy, ignore=shutil.ignore_patterns("build", "*.egg-info", ".*", "tests")
    )
    _must([UV, "build", "--quiet", "--wheel", "--out-dir", scratch / "wheels", copy])
    (wheel,) = (scratch / "wheels").glob("*.whl")
    return wheel


def _must(command: list[str | Path]) -> None:
    done = _run(command)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def _run(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
