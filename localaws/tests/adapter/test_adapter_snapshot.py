"""Snapshots. dbt's basic snapshot tests update a seed in place, which a Hive table refuses."""

import pytest
from dbt.tests.util import run_dbt

_SOURCE = """
{{ config(materialized='table') }}
select
    id,
    name,
    cast(updated_at as timestamp) as updated_at
from (values {{ var('rows') }}) as t (id, name, updated_at)
"""
_SNAPSHOT = """
{{% snapshot people_snapshot %}}
{{{{ config(
    target_schema=schema, unique_key='id', table_type='{table_type}', {strategy},
    invalidate_hard_deletes=True
) }}}}
select id, name, {timestamp} as updated_at from {{{{ ref('people') }}}}
{{% endsnapshot %}}
"""
_TIMESTAMP = "strategy='timestamp', updated_at='updated_at'"
_CHECK = "strategy='check', check_cols=['name']"
_FIRST = "(1, 'a', '2026-01-01 00:00:00'), (2, 'b', '2026-01-01 00:00:00')"
_SECOND = "(1, 'x', '2026-01-02 00:00:00'), (3, 'c', '2026-01-02 00:00:00')"


class _Snapshot:
    table_type = "hive"
    strategy = _TIMESTAMP
    timestamp = "updated_at"

    @pytest.fixture(scope="class")
    def models(self):
        return {"people.sql": _SOURCE}

    @pytest.fixture(scope="class")
    def snapshots(self):
        return {
            "people_snapshot.sql": _SNAPSHOT.format(
                table_type=self.table_type, strategy=self.strategy, timestamp=self.timestamp
            )
        }

    def test_versions_follow_the_rows(self, project):
        # GIVEN a snapshot of two rows
        run_dbt(["run", "--vars", f'rows: "{_FIRST}"'])
        run_dbt(["snapshot", "--vars", f'rows: "{_FIRST}"'])
        # WHEN one changes, one goes and one comes
        run_dbt(["run", "--vars", f'rows: "{_SECOND}"'])
        run_dbt(["snapshot", "--vars", f'rows: "{_SECOND}"'])
        # THEN each version is there, the old ones closed
        found = project.run_sql(
            "select id, name, dbt_valid_to is null from {schema}.people_snapshot order by id, name",
            fetch="all",
        )
        assert [tuple(row) for row in found] == [
            (1, "a", False),
            (1, "x", True),
            (2, "b", False),
            (3, "c", True),
        ]


class TestTimestampHive(_Snapshot):
    pass


class TestCheckHive(_Snapshot):
    strategy = _CHECK


class TestTimestampIceberg(_Snapshot):
    table_type = "iceberg"
    timestamp = "cast(updated_at as timestamp(6))"


class TestCheckIceberg(_Snapshot):
    table_type = "iceberg"
    strategy = _CHECK
    timestamp = "cast(updated_at as timestamp(6))"
