"""A staging database that tests fill, and real dbt runs against it."""

import json
from collections.abc import Callable, Iterator
from contextlib import chdir
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from localaws.testing import LocalAws
from tests.support.dbt_runs import ROOT, DbtProject, dbt_environment
from tests.support.staging_tables import StagingTables


@pytest.fixture(scope="module")
def staging(request: pytest.FixtureRequest, localaws: LocalAws) -> StagingTables:
    """Empty staging tables of the module's own, as the template declares them."""
    name = request.module.__name__.rpartition(".")[2].removeprefix("test_")
    place = f"dbt-tests-{name.replace('_', '-')}"
    tables = StagingTables(localaws.client, place, place.replace("-", "_"), place)
    tables.create()
    return tables


@pytest.fixture(scope="module")
def dbt_project(
    localaws: LocalAws, staging: StagingTables, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DbtProject]:
    """The project, ready to run."""
    with dbt_environment(localaws, staging):
        yield DbtProject(staging, tmp_path_factory.mktemp("dbt"))


@pytest.fixture(scope="session")
def parse(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """Parse the project with vars from scratch and return target/manifest.json."""

    def parse(**variables: str) -> dict[str, Any]:
        target = tmp_path_factory.mktemp("manifest")
        folder = str(target)
        (target / "profiles.yml").write_text((ROOT / "profiles.yml.example").read_text())
        with chdir(ROOT), pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            result = dbtRunner().invoke(
                [
                    *("parse", "--quiet", "--target", "local", "--profiles-dir", folder),
                    *("--target-path", folder, "--log-path", folder),
                    *("--vars", json.dumps(variables)),
                ]
            )
        assert result.success, result.exception
        loaded: dict[str, Any] = json.loads((target / "manifest.json").read_text())
        return loaded

    return parse


@pytest.fixture(scope="session")
def manifest(parse: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return target/manifest.json of a parse without vars."""
    return parse()
