"""Incremental strategies on Iceberg and Hive tables."""

import re

import pytest
from dbt.tests.adapter.incremental import test_incremental_unique_id as unique_id
from dbt.tests.adapter.incremental.test_incremental_merge_exclude_columns import (
    BaseMergeExcludeColumns,
)
from dbt.tests.adapter.incremental.test_incremental_microbatch import BaseMicrobatch
from dbt.tests.adapter.incremental.test_incremental_on_schema_change import (
    BaseIncrementalOnSchemaChange,
)
from dbt.tests.adapter.incremental.test_incremental_predicates import BaseIncrementalPredicates
from dbt.tests.adapter.incremental.test_incremental_unique_id import BaseIncrementalUniqueKey

_ICEBERG_INPUT = """
{{ config(materialized='table', event_time='event_time', table_type='iceberg') }}
select 1 as id, cast(timestamp '2020-01-01 00:00:00' as timestamp(6)) as event_time
union all
select 2 as id, cast(timestamp '2020-01-02 00:00:00' as timestamp(6)) as event_time
union all
select 3 as id, cast(timestamp '2020-01-03 00:00:00' as timestamp(6)) as event_time
"""
_ICEBERG_MICROBATCH = """
{{ config(
    materialized='incremental', incremental_strategy='microbatch', event_time='event_time',
    batch_size='day', begin=modules.datetime.datetime(2020, 1, 1, 0, 0, 0), unique_key='id',
    table_type='iceberg'
) }}
select * from {{ ref('input_model') }}
"""
_HIVE_INPUT = _ICEBERG_INPUT.replace(", table_type='iceberg'", "").replace(
    "timestamp(6)", "timestamp"
)
_HIVE_MICROBATCH = _ICEBERG_MICROBATCH.replace(
    "table_type='iceberg'", "partitioned_by=['event_time']"
).replace("unique_key='id',", "")


class _Iceberg:
    @pytest.fixture(scope="class")
    def project_config_update(self):
        return {"models": {"+table_type": "iceberg", "+incremental_strategy": "merge"}}


class TestMicrobatchIceberg(BaseMicrobatch):
    @pytest.fixture(scope="class")
    def models(self):
        return {"input_model.sql": _ICEBERG_INPUT, "microbatch_model.sql": _ICEBERG_MICROBATCH}


class TestMicrobatchHive(BaseMicrobatch):
    @pytest.fixture(scope="class")
    def models(self):
        return {"input_model.sql": _HIVE_INPUT, "microbatch_model.sql": _HIVE_MICROBATCH}


class TestMergeExcludeColumns(_Iceberg, BaseMergeExcludeColumns):
    pass


class TestPredicates(_Iceberg, BaseIncrementalPredicates):
    @pytest.fixture(scope="class")
    def models(self):
        return {
            "delete_insert_incremental_predicates.sql": """
{{ config(
    materialized='incremental', table_type='iceberg', incremental_strategy='merge',
    unique_key='id', incremental_predicates=["target.id != 2"]
) }}
{% if not is_incremental() %}
select 1 as id, 'hello' as msg, 'blue' as color
union all
select 2 as id, 'goodbye' as msg, 'red' as color
{% else %}
select 1 as id, 'hey' as msg, 'blue' as color
union all
select 2 as id, 'yo' as msg, 'green' as color
union all
select 3 as id, 'anyway' as msg, 'purple' as color
{% endif %}
"""
        }


class TestOnSchemaChangeIceberg(BaseIncrementalOnSchemaChange):
    @pytest.fixture(scope="class")
    def project_config_update(self):
        return {"models": {"+table_type": "iceberg", "+incremental_strategy": "append"}}


def _unique_key_on_iceberg(sql):
    """Merge by the key, or append where there is none; Athena has no date in quotes alone."""
    has_key = re.search(r"unique_key=(?!''|\[\])", sql) is not None
    strategy = "merge" if has_key else "append"
    sql = sql.replace(
        "materialized='incremental'",
        f"materialized='incremental', incremental_strategy='{strategy}'",
    )
    return re.sub(r"('\d{4}-\d\d-\d\d')", r"date \1", sql)


def _published_sql(start):
    return {
        f"{name.removeprefix(start).removeprefix('expected__').removesuffix('_sql')}.sql": (
            _unique_key_on_iceberg(sql)
        )
        for name, sql in vars(unique_id).items()
        if name.startswith(start) and name.endswith("_sql")
    }


class TestUniqueKey(BaseIncrementalUniqueKey):
    @pytest.fixture(scope="class")
    def project_config_update(self):
        return {"models": {"+table_type": "iceberg"}}

    @pytest.fixture(scope="class")
    def seeds(self):
        return {"seed.csv": unique_id.seeds__seed_csv, **_published_sql("seeds__")}

    @pytest.fixture(scope="class")
    def models(self):
        return _published_sql("models__")
