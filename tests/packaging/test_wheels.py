"""The wheel of each distribution holds what its code reads, and declares what it imports."""

import configparser
import email.message
from fnmatch import fnmatch
from importlib.metadata import EntryPoint

import pytest
from packaging.requirements import Requirement

from tests.support.distributions import Distribution, Wheel, imported, third_party

LOCALAWS = Distribution("localaws")
DISTRIBUTIONS = (Distribution("."), LOCALAWS, Distribution("wistia_simulator"))
# Files of packages that no wheel holds, with the reason.
NOT_IN_WHEELS = {"*.md": "documentation beside the code; no code reads it"}
# Modules that a distribution imports and does not declare, with the reason.
UNDECLARED = {
    ("localaws", "pytest"): "only pytest imports localaws.pytest_plugin",
}
# Dependencies that no module imports, with the reason.
NOT_IMPORTED: dict[tuple[str, str], str] = {
    ("localaws", "cfn-lint"): "its schemas of resource types are read, not its code",
}


@pytest.fixture(scope="module", params=DISTRIBUTIONS, ids=lambda chosen: chosen.name)
def distribution(request: pytest.FixtureRequest) -> Distribution:
    return request.param


@pytest.fixture(scope="module")
def wheel(distribution: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    return Wheel(distribution.build_wheel(tmp_path_factory.mktemp("wheel")))


def _is_left_out(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in NOT_IN_WHEELS)


def test_a_wheel_holds_exactly_the_files_of_its_packages(distribution, wheel):
    # GIVEN what git tracks below the packages
    expected = {name for name in distribution.sources if not _is_left_out(name)}
    # WHEN the wheel is listed
    held = {name for name in wheel.names() if ".dist-info/" not in name}
    # THEN it holds these files: none is missing, and nothing else is there, such as a test
    assert sorted(held) == sorted(expected)
    assert expected


def test_every_kind_of_file_that_is_left_out_exists():
    names = [name for distribution in DISTRIBUTIONS for name in distribution.sources]
    for pattern in NOT_IN_WHEELS:
        assert any(fnmatch(name, pattern) for name in names), f"no file is named {pattern}"


def test_a_wheel_declares_what_pyproject_declares(distribution, wheel):
    project = distribution.pyproject["project"]
    metadata = wheel.metadata()
    required = {_normal(text) for text in metadata.get_all("Requires-Dist", [])}
    declared = {_normal(text) for text in project["dependencies"]}
    for extra, texts in project.get("optional-dependencies", {}).items():
        declared |= {_normal(f'{text} ; extra == "{extra}"') for text in texts}
    assert required == declared
    assert metadata["Name"] == project["name"]
    assert metadata["Version"] == project["version"]
    assert metadata["License-Expression"] == project["license"]
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert _versions(metadata) == set(project["requires-python"].split(","))
    assert metadata.get_payload().strip() == (distribution.path / "README.md").read_text().strip()


def test_every_entry_point_is_in_the_wheel_and_loads(distribution, wheel):
    project = distribution.pyproject["project"]
    declared = {"console_scripts": project["scripts"], **project.get("entry-points", {})}
    parser = configparser.ConfigParser(delimiters=["="])
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(wheel.information("entry_points.txt"))
    assert {group: dict(parser[group]) for group in parser.sections()} == declared
    for group, entries in declared.items():
        for name, value in entries.items():
            assert EntryPoint(name, value, group).load()


def test_the_license_is_the_same_everywhere():
    texts = {(distribution.path / "LICENSE").read_text() for distribution in DISTRIBUTIONS}
    assert len(texts) == 1


@pytest.mark.parametrize("member", DISTRIBUTIONS[1:], ids=lambda chosen: chosen.name)
def test_a_member_declares_what_it_imports_and_imports_what_it_declares(member: Distribution):
    paths = [path for name, path in member.sources.items() if name.endswith(".py")]
    own = {name.partition("/")[0] for name in member.sources}
    modules = imported(paths)
    others = third_party(modules, own)

    undeclared = {
        top: sorted(
            file
            for name, files in modules.items()
            if name.partition(".")[0] == top
            for file in files
        )
        for top, brought_by in others.items()
        if not brought_by & member.declared() and (member.name, top) not in UNDECLARED
    }
    assert undeclared == {}, "imported, and not declared"
    used = set().union(*others.values())
    unused = {name for name in member.declared() - used if (member.name, name) not in NOT_IMPORTED}
    assert unused == set(), "declared, and not imported"


def test_every_exemption_is_needed():
    for member in DISTRIBUTIONS[1:]:
        paths = [path for name, path in member.sources.items() if name.endswith(".py")]
        tops = {name.partition(".")[0] for name in imported(paths)}
        assert {top for name, top in UNDECLARED if name == member.name} <= tops
        exempt = {top for name, top in NOT_IMPORTED if name == member.name}
        assert exempt <= member.declared()


def _normal(text: str) -> tuple[object, ...]:
    requirement = Requirement(text)
    marker = str(requirement.marker or "")
    return requirement.name, frozenset(requirement.extras), str(requirement.specifier), marker


def _versions(metadata: email.message.Message) -> set[str]:
    return set(str(metadata["Requires-Python"]).split(","))
