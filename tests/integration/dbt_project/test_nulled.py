"""A field that Wistia suddenly serves in another shape is null in staging: dbt's tests name the column."""

from datetime import date
from typing import Any

import pytest

from ingestion.normalize.schemas import TABLES
from tests.support.dbt_runs import DbtProject
from tests.support.staging_tables import StagingTables

DAY = date(2026, 5, 1)
ROWS = 200


def rows_of(table: str, nulled: int) -> list[dict[str, Any]]:
    """Return rows of a table, so many of them with a column that did not fit."""
    return [
        {TABLES[table].key[0]: f"row{number:04d}"}
        | {"_nulled": [column_of(table)] if number < nulled else None}
        for number in range(ROWS)
    ]


def column_of(table: str) -> str:
    return TABLES[table].columns[-1].name


@pytest.fixture(scope="module", autouse=True)
def staged(staging: StagingTables, dbt_project: DbtProject) -> None:
    """One per cent of the rows of every table lack a column, and no more."""
    for table in TABLES:
        staging.write(table, DAY.isoformat(), rows_of(table, ROWS // 100))
    result = dbt_project.run("run", "--select", "staging", as_of=f"{DAY}T02:00:00Z")
    assert result.success, result.exception


def statuses(dbt_project: DbtProject) -> dict[str, str]:
    result = dbt_project.run(
        "test", "--select", "test_name:few_values_are_nulled", as_of=f"{DAY}T02:00:00Z"
    )
    return {r.node.name: r.status.value for r in result.result.results}


def test_every_staging_table_is_tested_and_single_odd_values_are_silent(
    dbt_project: DbtProject,
) -> None:
    """GIVEN one odd value in a hundred rows WHEN tested THEN every table's test passes."""
    found = statuses(dbt_project)
    assert found == {f"stg_wistia__{table}_has_few_nulled_values": "pass" for table in TABLES}


@pytest.mark.parametrize("table", TABLES)
def test_a_column_that_is_nulled_more_often_is_named(
    table: str, staging: StagingTables, dbt_project: DbtProject
) -> None:
    """GIVEN one odd value more WHEN tested THEN that table's test warns and names the column."""
    nulled = ROWS // 100 + 1
    staging.write(table, DAY.isoformat(), rows_of(table, nulled))
    name = f"stg_wistia__{table}_has_few_nulled_values"
    result = dbt_project.run("test", "--select", name, as_of=f"{DAY}T02:00:00Z")
    assert [r.status.value for r in result.result.results] == ["warn"]
    columns, rows = dbt_project.result(f"select * from {name}")
    assert [dict(zip(columns, row, strict=True)) for row in rows] == [
        {
            "column_name": column_of(table),
            "nulled_count": str(nulled),
            "row_count": str(ROWS),
            "nulled_share": str(nulled / ROWS),
        }
    ]
