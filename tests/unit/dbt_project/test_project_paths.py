"""dbt_project.yml names only paths that exist, and the dbt image contains all of them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestration.infrastructure import content, packaging

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def paths() -> dict[str, list[str]]:
    project: dict[str, Any] = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
    return {name: value for name, value in project.items() if name.endswith("-paths")}


def test_every_path_of_the_project_exists(paths: dict[str, list[str]]) -> None:
    """GIVEN dbt_project.yml WHEN its folders are looked up THEN each exists and has files."""
    named = {path for entries in paths.values() for path in entries}
    assert {"models", "macros", "tests/dbt"} <= named
    assert [path for path in named if not any((ROOT / path).rglob("*.*"))] == []


def test_the_image_contains_every_path_of_the_project(paths: dict[str, list[str]]) -> None:
    """GIVEN the dbt image WHEN dbt looks up its folders there THEN none is missing."""
    packaged = content.files_below(ROOT, *packaging.IMAGE_PATHS)
    named = {path for entries in paths.values() for path in entries}
    assert [p for p in named if not any(name.startswith(f"{p}/") for name in packaged)] == []


def test_the_image_does_not_contain_the_linter() -> None:
    """GIVEN lint.py, which needs moto WHEN the image is packaged THEN it is left out."""
    packaged = content.files_below(ROOT, *packaging.IMAGE_PATHS)
    assert [name for name in packaged if name.endswith("lint.py")] == []
