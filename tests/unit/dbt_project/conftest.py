"""The project as dbt parses it: no engine, no network."""

import json
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return target/manifest.json of a parse."""
    target = tmp_path_factory.mktemp("manifest")
    folder = str(target)
    (target / "profiles.yml").write_text((ROOT / "profiles.yml.example").read_text())
    with chdir(ROOT), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        result = dbtRunner().invoke(
            [
                *("parse", "--quiet", "--target", "local", "--profiles-dir", folder),
                *("--target-path", folder, "--log-path", folder),
            ]
        )
    assert result.success, result.exception
    loaded: dict[str, Any] = json.loads((target / "manifest.json").read_text())
    return loaded
