"""The bill of materials has every package that is shipped, and every license is allowed."""

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from orchestration.settings import REPOSITORY_ROOT


def _load() -> ModuleType:
    path = REPOSITORY_ROOT / "requirements/sbom.py"
    spec = importlib.util.spec_from_file_location("sbom", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sbom"] = module
    spec.loader.exec_module(module)
    return module


sbom = _load()


@pytest.fixture(scope="module")
def stated() -> dict[str, str]:
    """The licenses of what is installed."""
    return sbom.licenses()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make sbom` writes."""
    folder = tmp_path_factory.mktemp("sbom")
    sbom.main(folder)
    return folder


def _components(written: Path, artifact: str) -> dict[str, Any]:
    document = json.loads((written / f"{artifact}.cdx.json").read_text())
    return {item["name"]: item for item in document["components"]}


@pytest.mark.parametrize(("artifact", "pins"), [("lambda", "lambda"), ("dbt-image", "dbt_image")])
def test_each_shipped_package_is_in_it_with_version_and_hashes(
    written: Path, artifact: str, pins: str
) -> None:
    """GIVEN the pins, read without the tool WHEN compared THEN nothing is missing or different."""
    text = (REPOSITORY_ROOT / f"requirements/{pins}.txt").read_text()
    blocks = [it for it in re.split(r"\n(?=[a-z])", text) if "==" in it]
    elsewhere = ("sys_platform == 'win32'", "python_full_version >= '3.12'")
    blocks = [it for it in blocks if not any(marker in it for marker in elsewhere)]
    components = _components(written, artifact)
    assert len(blocks) > 10
    for block in blocks:
        match = re.match(r"([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", block)
        assert match is not None, block
        component = components.pop(canonicalize_name(match[1]))
        assert component["version"] == match[2]
        (reference,) = component["externalReferences"]
        assert {it["content"] for it in reference["hashes"]} == set(
            re.findall(r"sha256:(\w{64})", block)
        )
        assert component["licenses"]
    assert components == {}


def test_the_glue_library_has_the_package_of_its_table(written: Path) -> None:
    assert set(_components(written, "normalize-library")) == {"iso3166-2"}


@pytest.mark.parametrize("artifact", sbom.ARTIFACTS)
def test_it_is_valid_cyclonedx(written: Path, artifact: str) -> None:
    text = (written / f"{artifact}.cdx.json").read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_no_license_is_outside_the_allowed_list(stated: dict[str, str]) -> None:
    assert sbom.refused(stated) == []


def test_a_license_that_is_not_allowed_ends_the_command(
    stated: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sbom, "licenses", lambda: stated | {"requests": "AGPL-3.0"})
    with pytest.raises(SystemExit, match=r"requests .* in lambda: AGPL-3.0"):
        sbom.main(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_report_names_each_package_once(written: Path) -> None:
    lines = (written / "licenses.md").read_text().splitlines()[2:]
    names = [line.split("|")[1].strip() for line in lines]
    assert len(names) == len(set(names)) > 40
