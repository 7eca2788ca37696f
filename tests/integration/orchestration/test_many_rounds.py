"""Upkeep and erasure go on until Athena has nothing left to do, however many runs that takes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localaws.testing import LocalAws, start
from tests.support.dbt_runs import ROOT, DbtProject, dbt_environment
from tests.support.named_stack import ANALYTICS, OTHER_VISITOR, VISITOR, Stack
from tests.support.staging_tables import StagingTables

PARTITIONS, FILES = 2, 3
ICEBERG_MODELS = sorted(
    path.stem
    for path in (ROOT / "models").rglob("*.sql")
    if "table_type='iceberg'" in path.read_text(encoding="utf-8")
)
SCATTERED = ICEBERG_MODELS[0]


@pytest.fixture(scope="module")
def small_rounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    """A local AWS whose Athena does little at a time."""
    home = tmp_path_factory.mktemp("rounds")
    with start(home, optimize_partitions_per_run=PARTITIONS, vacuum_files_per_run=FILES) as aws:
        yield aws


def _reasons(aws: LocalAws, workgroup: str) -> list[str]:
    """Return why queries of a workgroup failed."""
    athena = aws.client("athena")
    ids = athena.list_query_executions(WorkGroup=workgroup)["QueryExecutionIds"]
    found = athena.batch_get_query_execution(QueryExecutionIds=ids[:50])["QueryExecutions"]
    states = [execution["Status"] for execution in found]
    return [state["StateChangeReason"] for state in states if state["State"] == "FAILED"]


def test_an_erasure_repeats_its_optimize_and_its_vacuum(small_rounds: LocalAws) -> None:
    """GIVEN a scattered table of many snapshots WHEN a viewer is erased THEN no old file has them."""
    stack = Stack(small_rounds)
    stack.make()
    table = f"{ANALYTICS}.fact_events"
    stack.sql(f"drop table {table}")
    stack.sql(
        f"create table {table} (event_key string, visitor_id string, day int) partitioned by (day) "
        f"location 's3://{stack.bucket}/{ANALYTICS}/scattered/' "
        "tblproperties ('table_type'='ICEBERG')"
    )
    for write in range(3):
        rows = [f"('{write}{day}', '{VISITOR}', {day})" for day in range(5)]
        rows += [f"('{write}{day}x', '{OTHER_VISITOR}', {day})" for day in range(5)]
        stack.sql(f"insert into {table} values {', '.join(rows)}")
    ran = stack.run("erase", VISITOR)
    assert ran.returncode == 0, ran.stderr
    assert f"{table}: 15 removed, 0 left" in ran.stdout
    assert stack.sql(f"select count(*) from {table}") == [["15"]]
    assert stack.sql(f'select count(*) from "{ANALYTICS}"."fact_events$snapshots"') == [["1"]]
    reasons = _reasons(small_rounds, stack.cloud.settings.workgroup)
    for statement in ("OPTIMIZE", "VACUUM"):
        needed = f"ICEBERG_{statement}_MORE_RUNS_NEEDED"
        assert [reason for reason in reasons if reason.startswith(needed)], needed


def test_the_upkeep_repeats_its_optimize_and_its_vacuum(
    small_rounds: LocalAws, tmp_path: Path
) -> None:
    """GIVEN scattered tables WHEN upkeep runs once THEN every partition is one file."""
    tables = StagingTables(small_rounds.client, "rounds", "rounds", "rounds")
    tables.create()
    with dbt_environment(small_rounds, tables):
        project = DbtProject(tables, tmp_path)
        small_rounds.client("glue").create_database(DatabaseInput={"Name": project.schema})
        for model in ICEBERG_MODELS:
            project.rows(
                f"create table {model} (id int, p int) partitioned by (p) "
                f"location 's3://rounds/processed/{model}/' tblproperties "
                "('table_type'='iceberg', 'vacuum_max_snapshot_age_seconds'='1')"
            )
        for write in range(3):
            rows = ", ".join(f"({write}, {p})" for p in range(5))
            project.rows(f"insert into {SCATTERED} values {rows}")
        result = project.run("run-operation", "upkeep")
        assert result.success, result.exception
        files = f'select count(distinct "$path"), count(*) from {SCATTERED}'
        assert project.rows(files) == [("5", "15")]
    needed = "ICEBERG_OPTIMIZE_MORE_RUNS_NEEDED"
    assert [reason for reason in _reasons(small_rounds, "rounds") if reason.startswith(needed)]
