"""What dbt builds lies where nothing expires and no erasure deletes, stored test failures included."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from localaws.testing import LocalAws
from orchestration.cli.erase import ERASED_PREFIXES
from tests.support.dbt_runs import ROOT, DbtProject, failed_nodes
from tests.support.staged_world import World
from tests.support.staging_tables import StagingTables

NIGHT = date(2026, 4, 12)
TEMPLATE = ROOT / "orchestration/infrastructure/template.yml"
# Fails, because a visitor is staged twice.
FAILING = "stg_wistia__visitors_are_listed_once_per_snapshot"
HIVE = "with (table_type='hive', is_external=true)"


def expiring_prefixes() -> list[str]:
    """Return the prefixes of the data bucket whose current objects expire."""

    class Loader(yaml.SafeLoader):
        """Reads CloudFormation's short forms as null."""

    Loader.add_multi_constructor("!", lambda *_: None)
    template = yaml.load(Path(TEMPLATE).read_text(encoding="utf-8"), Loader)
    bucket = template["Resources"]["DataBucket"]["Properties"]
    rules = bucket["LifecycleConfiguration"]["Rules"]
    return [rule.get("Prefix", "") for rule in rules if "ExpirationInDays" in rule]


class Built:
    """A built night in which a test failed, over a dim_media of before."""

    def __init__(self, localaws: LocalAws, tables: StagingTables, dbt_project: DbtProject) -> None:
        self.dbt_project, self.tables = dbt_project, tables
        self._localaws = localaws
        self.glue: Any = localaws.client("glue")
        self.bucket = tables.bucket

    def location(self, table: dict[str, Any]) -> str:
        """Return where the target `prod` would put a table, as a key of the data bucket.

        These tests build with the target `ci`, whose own folder expires after a pull request.
        """
        location = str(table["StorageDescriptor"]["Location"])
        assert location.startswith(f"s3://{self.bucket}/"), location
        key = location.removeprefix(f"s3://{self.bucket}/")
        return re.sub(r"^processed_ci/[^/]+/", "processed/", key)

    def all(self) -> dict[str, dict[str, Any]]:
        """Return the tables of the analytics database, without views."""
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=self.dbt_project.schema)
        return {
            table["Name"]: table
            for page in pages
            for table in page["TableList"]
            if table["TableType"] != "VIRTUAL_VIEW"
        }

    def statements(self) -> list[str]:
        """Return every CREATE TABLE … AS that was sent, temporary tables included."""
        athena = self._localaws.client("athena")
        pages = athena.get_paginator("list_query_executions").paginate(
            WorkGroup=self.tables.workgroup
        )
        found = []
        for page in pages:
            answer = athena.batch_get_query_execution(QueryExecutionIds=page["QueryExecutionIds"])
            found += [
                execution["Query"]
                for execution in answer["QueryExecutions"]
                if execution.get("SubstatementType") == "CREATE_TABLE_AS_SELECT"
            ]
        return found


@pytest.fixture(scope="module")
def built(localaws: LocalAws, staging: StagingTables, dbt_project: DbtProject) -> Built:
    found = Built(localaws, staging, dbt_project)
    # As dbt-athena left dim_media before it was an Iceberg table: without a location of its own.
    found.glue.create_database(DatabaseInput={"Name": dbt_project.schema})
    dbt_project.rows(f"create table dim_media {HIVE} as select 'old' as media_id, 1 as plays")
    assert found.location(found.all()["dim_media"]).startswith("athena-results/")
    world = World(seed=20260412, first_night=NIGHT)
    world.live(NIGHT, 30)
    world.stage(staging, NIGHT, NIGHT, NIGHT)
    result = dbt_project.run("run", as_of=f"{NIGHT}T02:00:00Z")
    assert result.success, (result.exception, failed_nodes(result))
    # Once more over the tables that are there now, so that temporary ones are made.
    assert dbt_project.run("run", as_of=f"{NIGHT}T02:00:00Z").success
    visitors = [{"visitor_id": "a" * 64}] * 2 + [{"visitor_id": "b" * 64}] * 3
    staging.write("visitors", NIGHT.isoformat(), visitors)
    result = dbt_project.run(
        "test", "--select", FAILING, "--store-failures", as_of=f"{NIGHT}T02:00:00Z"
    )
    assert failed_nodes(result) == [FAILING]
    return found


def test_every_table_is_iceberg_and_lies_where_nothing_expires_or_is_erased(built: Built) -> None:
    tables = built.all()
    assert {"dim_media", "fact_events", FAILING} <= set(tables)
    assert "athena-results/" in ERASED_PREFIXES
    forbidden = (*expiring_prefixes(), *ERASED_PREFIXES)
    for name, table in tables.items():
        assert table["Parameters"].get("table_type") == "ICEBERG", name
        assert not built.location(table).startswith(forbidden), (name, built.location(table))


def test_no_statement_leaves_the_location_of_a_table_to_the_workgroup(built: Built) -> None:
    """GIVEN the builds WHEN their statements are read THEN temporary tables have a location, too."""
    sent = [sql for sql in built.statements() if HIVE not in sql]
    assert any("__dbt_tmp" in sql for sql in sent)
    for sql in sent:
        assert re.search(rf"[\s,]location='s3://{built.bucket}/processed[^']*'", sql), sql[:300]


def test_a_hive_dim_media_of_before_is_replaced_by_the_next_build(built: Built) -> None:
    medias = built.dbt_project.rows("select media_id from dim_media")
    assert len(medias) > 1
    assert ("old",) not in medias
    left = [name for name in built.all() if name.startswith("dim_media_")]
    assert left == []


def test_a_stored_failure_can_be_erased_by_viewer(built: Built) -> None:
    """GIVEN failing rows with viewers WHEN one is deleted THEN the others stay."""
    rows = f"select visitor_id, row_count from {FAILING} order by 1"
    assert built.dbt_project.rows(rows) == [("a" * 64, "2"), ("b" * 64, "3")]
    built.dbt_project.rows(f"delete from {FAILING} where visitor_id = '{'a' * 64}'")
    assert built.dbt_project.rows(rows) == [("b" * 64, "3")]
