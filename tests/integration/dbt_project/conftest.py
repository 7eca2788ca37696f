"""A staging database that tests fill, and real dbt runs against it."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult
from staging_tables import StagingTables

from localaws.testing import LocalAws
from orchestration.dbt_task.service_models import share_service_models

share_service_models()  # as the dbt task does; it halves the time of these tests

ROOT = Path(__file__).resolve().parents[3]


class DbtProject:
    """Runs dbt as the command line does, against the tests' own staging database and schema."""

    def __init__(self, tables: StagingTables, folder: Path) -> None:
        self._tables = tables
        self._folder = folder
        self._constant = {"staging_database": tables.database}
        self.schema = f"ci_{tables.database}_wistia_analytics"
        shutil.copy(ROOT / "profiles.yml.example", folder / "profiles.yml")

    def run(self, *arguments: str, **variables: Any) -> dbtRunnerResult:
        """Run a dbt command with vars and give its result."""
        return self.invoke(*arguments, variables={**self._constant, **variables})

    def invoke(self, *arguments: str, variables: dict[str, Any]) -> dbtRunnerResult:
        """Run a dbt command with exactly these vars."""
        options = ["--profiles-dir", str(self._folder), "--target", "ci", "--quiet"]
        options += ["--target-path", str(self._folder / "target"), "--log-path", str(self._folder)]
        with chdir(ROOT):
            # As the dbt task does: parsed without what differs from night to night, so that all but the
            # first parse are read from the file that it left.
            constant = json.dumps(self._constant)
            parsed = dbtRunner().invoke(["parse", *options, "--vars", constant])
            assert parsed.success, parsed.exception
            return dbtRunner(manifest=parsed.result).invoke(
                [*arguments, *options, "--vars", json.dumps(variables)]
            )

    def rows(self, sql: str) -> list[tuple[str | None, ...]]:
        """Give the rows of a query as Athena shows them."""
        return self.result(sql)[1]

    def result(self, sql: str) -> tuple[list[str], list[tuple[str | None, ...]]]:
        """Give the names of the columns and the rows of a query."""
        return self._tables.query(sql, self.schema)

    def table(self, name: str) -> list[tuple[str | None, ...]]:
        """Give all rows of a mart in an order that depends on their content only."""
        return sorted(self.rows(f"select * from {name}"), key=repr)


def failed_nodes(result: dbtRunnerResult) -> list[str]:
    """Return the names of the nodes of a run that failed."""
    return [r.node.name for r in result.result.results if r.status in ("error", "fail")]


@pytest.fixture(scope="module")
def staging(request: pytest.FixtureRequest, localaws: LocalAws) -> StagingTables:
    """Empty staging tables of the module's own, as the template declares them."""
    name = request.module.__name__.removeprefix("test_")
    place = f"dbt-tests-{name.replace('_', '-')}"
    tables = StagingTables(localaws.client, place, place.replace("-", "_"), place)
    tables.create()
    return tables


@pytest.fixture(scope="module")
def dbt_project(
    localaws: LocalAws, staging: StagingTables, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DbtProject]:
    """The project, ready to run."""
    localaws.wait_for_trino()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in localaws.environment().items():
            patch.setenv(name, value)
        patch.setenv("DATA_BUCKET", staging.bucket)
        patch.setenv("ATHENA_WORKGROUP", staging.workgroup)
        patch.setenv("ATHENA_POLL_SECONDS", "0.05")
        patch.setenv("CI_RUN_ID", staging.database)
        patch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
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
