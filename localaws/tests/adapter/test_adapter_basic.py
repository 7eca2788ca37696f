"""Materialisations, tests, ephemeral models and docs, on Hive and on Iceberg tables."""

import pytest
from dbt.tests.adapter.basic import files
from dbt.tests.adapter.basic.expected_catalog import base_expected_catalog, no_stats
from dbt.tests.adapter.basic.test_adapter_methods import BaseAdapterMethod
from dbt.tests.adapter.basic.test_base import BaseSimpleMaterializations
from dbt.tests.adapter.basic.test_docs_generate import BaseDocsGenerate
from dbt.tests.adapter.basic.test_empty import BaseEmpty
from dbt.tests.adapter.basic.test_ephemeral import BaseEphemeral
from dbt.tests.adapter.basic.test_generic_tests import BaseGenericTests
from dbt.tests.adapter.basic.test_incremental import (
    BaseIncremental,
    BaseIncrementalBadStrategy,
    BaseIncrementalNotSchemaChange,
)
from dbt.tests.adapter.basic.test_singular_tests import BaseSingularTests
from dbt.tests.adapter.basic.test_singular_tests_ephemeral import BaseSingularTestsEphemeral
from dbt.tests.adapter.basic.test_table_materialization import BaseTableMaterialization
from dbt.tests.adapter.basic.test_validate_connection import BaseValidateConnection
from dbt.tests.util import get_artifact, run_dbt


def on_iceberg(sql: str, *, incremental: str = 'incremental_strategy="append"') -> str:
    """Make a published model an Iceberg model: its table type, and its timestamp's precision."""
    for kind, extra in (("table", ""), ("incremental", f", {incremental}")):
        for quote in "'\"":
            sql = sql.replace(
                f"materialized={quote}{kind}{quote}",
                f'materialized="{kind}", table_type="iceberg"{extra}',
            )
    return sql.replace(
        "select * from {{ source('raw', 'seed') }}",
        "select id, name, {{ cast_timestamp('some_date') }} as some_date"
        " from {{ source('raw', 'seed') }}",
    ).replace(
        "select * from {{ ref('ephemeral') }}",
        "select id, name, {{ cast_timestamp('some_date') }} as some_date"
        " from {{ ref('ephemeral') }}",
    )


class TestSimpleMaterializationsHive(BaseSimpleMaterializations):
    pass


class TestTableMaterializationHive(BaseTableMaterialization):
    pass


class TestEmptyHive(BaseEmpty):
    pass


class TestEphemeralHive(BaseEphemeral):
    pass


class TestIncrementalHive(BaseIncremental):
    pass


class TestIncrementalBadStrategy(BaseIncrementalBadStrategy):
    def test_incremental_invalid_strategy(self, project):
        """dbt-athena has words of its own for this."""
        run_dbt(["seed"])
        results = run_dbt(["run", "--select", "incremental"], expect_pass=False)
        message = results.results[0].message
        assert "Invalid incremental strategy provided: bad_strategy" in message


class TestIncrementalNotSchemaChangeHive(BaseIncrementalNotSchemaChange):
    @pytest.fixture(scope="class")
    def models(self):
        """The published model concatenates numbers and times, which Athena refuses."""
        sql = files.incremental_not_schema_change_sql.replace(
            "1 || '-' || current_timestamp", "'1-' || cast(current_timestamp as varchar)"
        )
        return {"incremental_not_schema_change.sql": sql}


class TestGenericTestsHive(BaseGenericTests):
    pass


class TestSingularTests(BaseSingularTests):
    pass


class TestSingularTestsEphemeral(BaseSingularTestsEphemeral):
    pass


class TestValidateConnection(BaseValidateConnection):
    pass


class TestAdapterMethods(BaseAdapterMethod):
    pass


class TestEphemeralIceberg(BaseEphemeral):
    @pytest.fixture(scope="class")
    def models(self):
        return {
            "ephemeral.sql": files.base_ephemeral_sql,
            "view_model.sql": files.ephemeral_view_sql,
            "table_model.sql": on_iceberg(files.ephemeral_table_sql),
            "schema.yml": files.schema_base_yml,
        }


class TestIncrementalIceberg(BaseIncremental):
    @pytest.fixture(scope="class")
    def models(self):
        return {
            "incremental.sql": on_iceberg(files.incremental_sql),
            "schema.yml": files.schema_base_yml,
        }


class TestIncrementalMergeIceberg(BaseIncremental):
    @pytest.fixture(scope="class")
    def models(self):
        merge = 'incremental_strategy="merge", unique_key="id"'
        return {
            "incremental.sql": on_iceberg(files.incremental_sql, incremental=merge),
            "schema.yml": files.schema_base_yml,
        }


class TestGenericTestsIceberg(BaseGenericTests):
    @pytest.fixture(scope="class")
    def models(self):
        return {
            "view_model.sql": files.base_view_sql,
            "table_model.sql": on_iceberg(files.base_table_sql),
            "schema.yml": files.schema_base_yml,
            "schema_view.yml": files.generic_test_view_yml,
            "schema_table.yml": files.generic_test_table_yml,
        }


class TestDocsGenerate(BaseDocsGenerate):
    @pytest.fixture(scope="class")
    def expected_catalog(self, project, unique_schema):
        return base_expected_catalog(
            project,
            role=None,
            id_type="integer",
            text_type="string",
            time_type="timestamp",
            view_type="view",
            table_type="table",
            model_stats=no_stats(),
        )

    def verify_catalog_types(self, catalog):
        kinds = {
            column["type"]
            for node in (*catalog["nodes"].values(), *catalog["sources"].values())
            for column in node["columns"].values()
        }
        assert kinds <= {"int", "integer", "bigint", "string", "varchar", "timestamp"}, kinds

    def test_run_and_generate_no_compile(self, project):
        run_dbt(["run"])
        catalog = run_dbt(["docs", "generate", "--no-compile"])
        assert not catalog.errors
        self.verify_catalog_types(get_artifact("target", "catalog.json"))

    def test_run_and_generate(self, project):
        run_dbt(["run"])
        catalog = run_dbt(["docs", "generate"])
        assert not catalog.errors
        written = get_artifact("target", "catalog.json")
        # THEN every relation is there with its columns
        names = {key.split(".")[-1] for key in written["nodes"]}
        assert {"model", "second_model", "seed"} <= names
        self.verify_catalog_types(written)
