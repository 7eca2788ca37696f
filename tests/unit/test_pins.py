"""The pinned versions are those that the packages declare."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from orchestration.settings import REPOSITORY_ROOT

FILES = {
    "lambda": "lambda",
    "dbt-image": "dbt_image",
    "local": "runtime",
    "development": "development",
}
# Installed from their folders.
OWN = {"localaws", "wistia-simulator"}
# iso3166-2 needs them only to search by a misspelled name (see the Makefile).
LEFT_OUT = {"pycountry", "thefuzz", "rapidfuzz", "natsort"}


def _declarations(package: str = "") -> dict[str, Any]:
    path = REPOSITORY_ROOT / package / "pyproject.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _of_group(name: str) -> Iterator[Requirement]:
    for item in _declarations()["dependency-groups"][name]:
        if isinstance(item, dict):
            yield from _of_group(item["include-group"])
        else:
            yield Requirement(item)


def _pins(file: str) -> dict[str, str]:
    text = (REPOSITORY_ROOT / "requirements" / f"{file}.txt").read_text(encoding="utf-8")
    found = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def _declared(group: str) -> list[Requirement]:
    found = list(_of_group(group))
    if group in {"local", "development"}:
        found += map(Requirement, _declarations()["project"]["dependencies"])
        for package in ("localaws", "wistia_simulator"):
            project = _declarations(package)["project"]
            found += map(Requirement, project["dependencies"])
            for extra in project.get("optional-dependencies", {}).values():
                found += map(Requirement, extra)
    return [item for item in found if canonicalize_name(item.name) not in OWN]


@pytest.mark.parametrize("group", FILES)
def test_what_a_package_declares_is_pinned_to_a_version_that_it_allows(group: str) -> None:
    pins = _pins(FILES[group])
    for requirement in _declared(group):
        version = pins.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement} is not pinned; run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement} is pinned to {version}"


@pytest.mark.parametrize("file", ["lambda", "dbt_image", "runtime"])
def test_a_package_has_one_version_everywhere(file: str) -> None:
    everywhere = _pins("development")
    assert {name: everywhere.get(name) for name in _pins(file)} == _pins(file)


@pytest.mark.parametrize("group", FILES)
def test_nothing_is_pinned_that_nobody_needs(group: str) -> None:
    """GIVEN the comments of the compiler WHEN a pin has no `via` THEN it is one that is declared."""
    path: Path = REPOSITORY_ROOT / "requirements" / f"{FILES[group]}.txt"
    blocks = re.split(r"\n(?=[a-z])", path.read_text(encoding="utf-8"))
    declared = {canonicalize_name(item.name) for item in _declared(group)}
    for block in blocks:
        name = canonicalize_name(re.split(r"[\[=]", block, maxsplit=1)[0])
        comment = block[block.rfind("# via") :]
        parents = re.findall(r"#\s+(?:via\s+)?([\w.-]+)", comment)
        needed = {canonicalize_name(parent) for parent in parents if "/" not in parent}
        assert name in declared or needed & set(_pins(FILES[group])), f"{name} is pinned for nobody"


@pytest.mark.parametrize("file", FILES.values())
def test_no_pin_lacks_its_hashes(file: str) -> None:
    text = (REPOSITORY_ROOT / "requirements" / f"{file}.txt").read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[a-z])", text):
        assert not block.strip() or "--hash=sha256:" in block, block.splitlines()[0]
    assert LEFT_OUT.isdisjoint(_pins(file))
