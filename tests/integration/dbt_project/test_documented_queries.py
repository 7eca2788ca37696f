"""Every query that the documents show runs as it is written and returns rows."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from tests.support.dbt_runs import DbtProject, failed_nodes
from tests.support.documented_queries import Example, examples
from tests.support.staged_world import LOOKBACK_DAYS, World
from tests.support.staging_tables import StagingTables

FIRST_NIGHT = date(2026, 3, 2)
NIGHTS = 9
"""More than a week, so that one is complete."""


@pytest.fixture(scope="module")
def marts(staging: StagingTables, dbt_project: DbtProject) -> World:
    """The marts of an account over which a complete week has passed; two videos share a name."""
    world = World(seed=20260302, first_night=FIRST_NIGHT)
    first, second, *_ = world.medias.values()
    second["media_name"] = first["media_name"]
    night = FIRST_NIGHT + timedelta(days=NIGHTS)
    for days in range(NIGHTS):
        world.live(FIRST_NIGHT + timedelta(days=days), 20)
    first |= {"listed": True, "media_name": "Twin"}
    second |= {"listed": True, "media_name": "Twin"}
    for media in (first, second):
        world.add_event(datetime.combine(FIRST_NIGHT, time(hour=9)), media["media_id"])
    world.stage(staging, night, FIRST_NIGHT - timedelta(days=LOOKBACK_DAYS), night)
    result = dbt_project.run("run", as_of=f"{night}T02:00:00Z")
    assert result.success, (result.exception, failed_nodes(result))
    return world


def runnable(sql: str, staging: StagingTables, dbt_project: DbtProject) -> str:
    """Return a query with the tests' schema and what a reader fills in: bucket, time of a snapshot."""
    committed = 'select cast(max(committed_at) as varchar) from "fact_events$snapshots"'
    filled = sql.replace("wistia_analytics.", f"{dbt_project.schema}.").replace(
        "<bucket>", staging.bucket
    )
    if "<committed_at>" in filled:
        filled = filled.replace("<committed_at>", str(dbt_project.rows(committed)[0][0]))
    return filled


@pytest.mark.parametrize("example", examples(), ids=str)
def test_a_documented_query_returns_rows(
    marts: World, staging: StagingTables, dbt_project: DbtProject, example: Example
) -> None:
    """GIVEN marts of some nights WHEN a query is typed as documented THEN it answers."""
    del marts
    columns, rows = dbt_project.result(runnable(example.sql, staging, dbt_project))
    created = re.match(r"create table (\w+)", example.sql)
    if created:
        rows = dbt_project.rows(f"select 1 from {created.group(1)}")
        dbt_project.rows(f"drop table {created.group(1)}")
    assert rows, f"{example.place} returns nothing: {example.sql}"
    assert not any(all(value is None for value in column) for column in zip(*rows, strict=True)), (
        f"{example.place}: a column of {columns} is null in every row"
    )


@pytest.mark.parametrize(
    "example", [found for found in examples() if "media_name" in found.sql], ids=str
)
def test_two_videos_of_one_name_stay_two_in_a_documented_query(
    marts: World, staging: StagingTables, dbt_project: DbtProject, example: Example
) -> None:
    """GIVEN two videos named alike WHEN a query shows names THEN no row mixes the two."""
    del marts
    sql = runnable(example.sql, staging, dbt_project)
    if "group by" not in sql:
        assert "media_id" in sql or "sum(" not in sql
        return
    unlimited = re.sub(r"limit \d+\s*$", "", sql.strip())
    columns, rows = dbt_project.result(unlimited)
    name = columns.index("media_name")
    assert [row[name] for row in rows].count("Twin") == 2


def test_an_analysis_returns_rows(marts: World, dbt_project: DbtProject) -> None:
    """GIVEN the analyses of the project WHEN compiled and run THEN each answers."""
    del marts
    result = dbt_project.run("compile", "--select", "resource_type:analysis")
    analyses = [found.node for found in result.result.results]
    assert analyses
    for analysis in analyses:
        assert dbt_project.rows(analysis.compiled_code), analysis.name


def test_the_documents_show_queries() -> None:
    """GIVEN the documents WHEN searched THEN README, overview, runbook and models have examples."""
    places: dict[str, Any] = {}
    for example in examples():
        places.setdefault(example.place.split(":")[0].split("/")[-1], []).append(example)
    for name in ("README.md", "overview.md", "runbook.md", "fact_media_engagement.yml"):
        assert places.get(name), f"no query found in {name}: {sorted(places)}"
