"""What is typed after `make` reaches the command unchanged: neither make nor bash expands it."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.settings import REPOSITORY_ROOT

# To make or to bash, each of these texts means something else.
TEXTS = [
    "select '$(x' ${HOME} $HOME $$x \"q\" a\\b * %[draft]! ü\nb",
    "$(shell touch pwned) `touch pwned` $$(touch pwned); touch pwned #b",
    "--help",
]
# Every target that takes texts, with the option that carries each. "" is an argument without one.
OPTIONS = {
    "nightly": {"AS_OF": "--as-of", "FROM": "--from", "TO": "--to", "MEDIA_IDS": "--media-ids"},
    "query": {"SQL": "", "FORMAT": "--format", "LIMIT": "--limit"},
    "logs": {"STATE": "--state", "LINES": "--lines"},
    "redrive": {"EXECUTION": ""},
    "erase": {"VISITOR": ""},
    "slim": {"DBT_TARGET": "--dbt-target"},
    "schedule-fire": {"SCHEDULE": ""},
    "undeploy": {"DELETE_DATA": "--delete-data", "YES": "--yes"},
}
# Settings travel in the environment, not as options.
SETTINGS = ["WISTIA_API_TOKEN", "WISTIA_API_BASE_URL", "STACK_NAME", "ALERT_EMAIL", "TARGET"]
WORLD = {"EVENTS": "SIMULATOR_EVENTS", "SEED": "SIMULATOR_SEED"}


@dataclass
class Make:
    """The Makefile, with commands that record their arguments."""

    folder: Path

    def run(self, target: str, *typed: str, **exported: str) -> tuple[list[str], dict[str, str]]:
        """Return the arguments and the environment of the command behind a target."""
        # Otherwise what was typed after the `make test` that runs this would be passed on here too.
        others = {"MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL"}
        others |= {name for names in OPTIONS.values() for name in names} | {*SETTINGS, *WORLD}
        environment = {name: value for name, value in os.environ.items() if name not in others}
        subprocess.run(
            ["make", "-C", str(self.folder), "-s", target, f"VENV={self.folder}/venv", *typed],
            env=environment | exported,
            check=True,
            timeout=60,
        )
        arguments, seen = (
            (self.folder / name).read_text(encoding="utf-8").split("\0")[:-1]
            for name in ("arguments", "environment")
        )
        return arguments, dict(item.split("=", 1) for item in seen)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    (tmp_path / "Makefile").symlink_to(REPOSITORY_ROOT / "Makefile")
    commands = tmp_path / "venv/bin"
    commands.mkdir(parents=True)
    declared = [
        path / "pyproject.toml" for path in (Path(), Path("localaws"), Path("wistia_simulator"))
    ]
    for name in ("requirements/runtime.txt", "requirements/bootstrap.txt", *declared):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    for name in ("venv/bin/uv", "venv/.runtime", "profiles.yml.example", "profiles.yml"):
        (tmp_path / name).touch()
    for name in ("wistia-pipeline", "localaws"):
        (commands / name).write_text(
            "#!/bin/bash\nprintf '%s\\0' \"$@\" > arguments; env -0 > environment\n"
        )
        (commands / name).chmod(0o755)
    return Make(tmp_path)


def _value(arguments: list[str], option: str) -> str:
    if not option:
        return arguments[-1]
    (found,) = (given for given in arguments if given.startswith(f"{option}="))
    return found.removeprefix(f"{option}=")


@pytest.mark.parametrize("text", TEXTS, ids=["expansions", "commands", "option"])
@pytest.mark.parametrize("target", OPTIONS)
def test_every_value_arrives_as_it_was_typed_or_exported(
    target: str, text: str, make: Make
) -> None:
    names = OPTIONS[target]
    typed, _ = make.run(target, *(f"{name}={text}" for name in names))
    exported, _ = make.run(target, **dict.fromkeys(names, text))
    for arguments in (typed, exported):
        assert [_value(arguments, option) for option in names.values()] == [text] * len(names)
    assert not (make.folder / "pwned").exists()


@pytest.mark.parametrize("text", TEXTS, ids=["expansions", "commands", "option"])
def test_every_setting_arrives_as_it_was_typed(text: str, make: Make) -> None:
    _, seen = make.run("status", *(f"{name}={text}" for name in (*SETTINGS, *WORLD)))
    assert {name: seen[name] for name in SETTINGS} == dict.fromkeys(SETTINGS, text)
    assert {name: seen[name] for name in WORLD.values()} == dict.fromkeys(WORLD.values(), text)
    _, seen = make.run("status", **dict.fromkeys(WORLD, text))
    assert {name: seen[name] for name in WORLD.values()} == dict.fromkeys(WORLD.values(), text)
    assert not (make.folder / "pwned").exists()


@pytest.mark.parametrize("name", ["AS_OF", "FROM", "TO", "MEDIA_IDS"])
def test_a_blank_value_of_a_night_is_passed_on_and_an_unset_one_is_not(
    name: str, make: Make
) -> None:
    option = OPTIONS["nightly"][name]
    assert f"{option}=" in make.run("nightly", f"{name}=")[0]
    assert not [given for given in make.run("nightly")[0] if given.startswith(option)]


def test_a_setting_that_is_left_out_does_not_become_an_empty_variable(make: Make) -> None:
    _, environment = make.run("status")
    assert not {*SETTINGS, "AWS_REGION"} & (environment.keys() - os.environ.keys())
