"""The simulator as a user has it: a wheel in a virtual environment outside the checkout."""

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).parents[2]
REPOSITORY = PROJECT.parent
UV = Path(sys.executable).with_name("uv")


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and the folder in which its commands run.

    Nothing of this process's environment reaches a command.
    """

    venv: Path
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def install(self, *arguments: str | Path) -> None:
        """Install in the pinned versions; without the network if uv's cache has everything."""
        command = [UV, "pip", "install", "--quiet", "--python", self.venv / "bin" / "python"]
        pins = ["--constraints", REPOSITORY / "requirements" / "development.txt"]
        done = _run([*command, *pins, "--offline", *arguments])
        if done.returncode:
            done = _run([*command, *pins, *arguments])
        assert done.returncode == 0, done.stderr

    def environment(self) -> dict[str, str]:
        return {
            "PATH": f"{self.venv / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            **self.variables,
        }

    def run(self, *command: str | Path, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )

    def output(self, *command: str | Path) -> str:
        """Return what a command prints, which must succeed."""
        done = self.run(*command)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout


def new_environment(folder: Path, **variables: str) -> Environment:
    """Make an empty virtual environment, with a folder beside it to work in."""
    done = _run([UV, "venv", "--quiet", "--python", sys.executable, folder / "venv"])
    assert done.returncode == 0, done.stderr
    (folder / "work").mkdir()
    return Environment(folder / "venv", folder / "work", variables)


def copied_repository(target: Path) -> Path:
    """Copy what git tracks of the simulator: an old build/ folder would add modules that are gone."""
    listed = _run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
    assert listed.returncode == 0, listed.stderr
    for name in filter(None, listed.stdout.split("\0")):
        if (PROJECT / name).is_file():
            copy = target / PROJECT.name / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT / name, copy)
    return target


def built_wheel(scratch: Path) -> Path:
    """Return a new wheel of the simulator."""
    project = copied_repository(scratch / "source") / PROJECT.name
    command = [UV, "build", "--wheel", "--no-build-isolation", "--python", sys.executable]
    done = _run([*command, "--out-dir", scratch / "wheels", project])
    assert done.returncode == 0, done.stderr
    (wheel,) = (scratch / "wheels").glob("*.whl")
    return wheel


def _run(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
