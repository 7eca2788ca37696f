"""Real runs of dbt, as the command line does them, for tests with their own staging database."""

import json
import shutil
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from dbt.cli.main import dbtRunner, dbtRunnerResult

from localaws.testing import LocalAws
from orchestration.dbt_task.service_models import share_service_models

share_service_models()  # as the dbt task does; it halves the time of these tests

ROOT = Path(__file__).resolve().parents[2]


class Staging(Protocol):
    """The staging database that dbt reads, and queries of the marts."""

    bucket: str
    database: str
    workgroup: str

    def query(self, sql: str, schema: str) -> tuple[list[str], list[tuple[str | None, ...]]]:
        """Return the names of the columns and the rows."""


class DbtProject:
    """Runs dbt as the command line does, against the tests' own staging database and schema."""

    def __init__(self, tables: Staging, folder: Path) -> None:
        self._tables = tables
        self._folder = folder
        self._constant = {"staging_database": tables.database}
        self.schema = f"ci_{tables.database}_wistia_analytics"
        shutil.copy(ROOT / "profiles.yml.example", folder / "profiles.yml")

    def run(self, *arguments: str, **variables: Any) -> dbtRunnerResult:
        """Run a dbt command with vars and return its result."""
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
        """Return the rows of a query as Athena shows them."""
        return self.result(sql)[1]

    def result(self, sql: str) -> tuple[list[str], list[tuple[str | None, ...]]]:
        """Return the names of the columns and the rows of a query."""
        return self._tables.query(sql, self.schema)

    def table(self, name: str) -> list[tuple[str | None, ...]]:
        """Return all rows of a mart in an order that depends on their content only."""
        return sorted(self.rows(f"select * from {name}"), key=repr)


def failed_nodes(result: dbtRunnerResult) -> list[str]:
    """Return the names of the nodes of a run that failed."""
    return [r.node.name for r in result.result.results if r.status in ("error", "fail")]


@contextmanager
def dbt_environment(localaws: LocalAws, tables: Staging) -> Iterator[None]:
    """Set what `profiles.yml.example` reads for the target `ci`."""
    localaws.wait_for_trino()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in localaws.environment().items():
            patch.setenv(name, value)
        patch.setenv("DATA_BUCKET", tables.bucket)
        patch.setenv("ATHENA_WORKGROUP", tables.workgroup)
        patch.setenv("ATHENA_POLL_SECONDS", "0.05")
        patch.setenv("CI_RUN_ID", tables.database)
        patch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
        yield
