"""Docs on relations, contracts, unit tests, hooks, seeds, caching, show and the like."""

import pytest
from dbt.tests.adapter.aliases.test_aliases import (
    BaseAliasErrors,
    BaseAliases,
    BaseSameAliasDifferentSchemas,
)
from dbt.tests.adapter.caching.test_caching import (
    BaseCachingLowercaseModel,
    BaseCachingSelectedSchemaOnly,
    BaseNoPopulateCache,
)
from dbt.tests.adapter.dbt_debug.test_dbt_debug import BaseDebug
from dbt.tests.adapter.dbt_show.test_dbt_show import BaseShowLimit, BaseShowSqlHeader
from dbt.tests.adapter.empty.test_empty import BaseTestEmpty, BaseTestEmptyInlineSourceRef
from dbt.tests.adapter.ephemeral.test_ephemeral import BaseEphemeralErrorHandling
from dbt.tests.adapter.hooks.test_model_hooks import BaseDuplicateHooksInConfigs
from dbt.tests.adapter.persist_docs.test_persist_docs import (
    BasePersistDocsAllColumnsMissing,
    BasePersistDocsQuotedColumnCaseSensitive,
)
from dbt.tests.adapter.query_comment.test_query_comment import (
    BaseEmptyQueryComments,
    BaseMacroInvalidQueryComments,
    BaseMacroQueryComments,
    BaseNullQueryComments,
    BaseQueryComments,
)
from dbt.tests.adapter.relations.test_changing_relation_type import BaseChangeRelationTypeValidator
from dbt.tests.adapter.simple_seed.test_seed import (
    BaseBasicSeedTests,
    BaseTestEmptySeed,
)
from dbt.tests.adapter.unit_testing.test_case_insensitivity import BaseUnitTestCaseInsensivity
from dbt.tests.adapter.unit_testing.test_invalid_input import BaseUnitTestInvalidInput
from dbt.tests.adapter.unit_testing.test_types import BaseUnitTestingTypes
from dbt.tests.util import run_dbt


class TestPersistDocsAllColumnsMissing(BasePersistDocsAllColumnsMissing):
    pass


class TestPersistDocsQuotedColumnCaseSensitive(BasePersistDocsQuotedColumnCaseSensitive):
    pass


class TestPersistDocsReachesTheCatalog:
    @pytest.fixture(scope="class")
    def models(self):
        return {
            "hive_table.sql": "{{ config(materialized='table') }} select 1 as id",
            "iceberg_table.sql": "{{ config(materialized='table', table_type='iceberg') }} select 1 as id",
            "a_view.sql": "{{ config(materialized='view') }} select 1 as id",
            "schema.yml": """
models:
  - &model
    name: hive_table
    description: One row per thing
    config: {persist_docs: {relation: true, columns: true}}
    columns: [{name: id, description: The key}]
  - {<<: *model, name: iceberg_table}
  - {<<: *model, name: a_view}
""",
        }

    def test_descriptions_are_in_glue(self, project, adapter_aws):
        # WHEN models with persist_docs are built
        run_dbt(["run"])
        # THEN Glue has the texts, and the tables can still be read
        glue = adapter_aws.client("glue")
        for name in ("hive_table", "iceberg_table", "a_view"):
            table = glue.get_table(DatabaseName=project.test_schema, Name=name)["Table"]
            assert table["Description"] == "One row per thing"
            assert table["StorageDescriptor"]["Columns"][0]["Comment"] == "The key"
            assert project.run_sql(f"select id from {name}", fetch="one")[0] == 1


class TestContract:
    @pytest.fixture(scope="class")
    def models(self):
        good = "select cast(1 as integer) as id, cast('a' as varchar) as name"
        return {
            "good.sql": good,
            "bad.sql": "select 'one' as id, cast('a' as varchar) as name",
            "schema.yml": """
models:
  - &model
    name: good
    config: {materialized: table, contract: {enforced: true}}
    columns: [{name: id, data_type: integer}, {name: name, data_type: varchar}]
  - {<<: *model, name: bad}
""",
        }

    def test_a_type_that_breaks_the_contract_is_refused(self, project):
        results = run_dbt(["run"], expect_pass=False)
        status = {result.node.name: str(result.status) for result in results}
        assert status == {"good": "success", "bad": "error"}


class TestUnitTestingTypes(BaseUnitTestingTypes):
    @pytest.fixture
    def data_types(self):
        return [
            ["1", "1"],
            ["cast(2 as bigint)", "2"],
            ["cast(1.5 as double)", "1.5"],
            ["'1'", "1"],
            ["cast('1' as varchar)", "1"],
            ["true", "true"],
            ["DATE '2020-01-02'", "2020-01-02"],
            ["TIMESTAMP '2013-11-03 00:00:00'", "2013-11-03 00:00:00"],
            ["cast('1.23' as decimal(10,2))", "1.23"],
        ]


class TestUnitTestCaseInsensivity(BaseUnitTestCaseInsensivity):
    pass


class TestUnitTestInvalidInput(BaseUnitTestInvalidInput):
    pass


class TestEmptyFlag(BaseTestEmpty):
    pass


class TestEmptyFlagInlineSourceRef(BaseTestEmptyInlineSourceRef):
    pass


class TestEphemeralErrorHandling(BaseEphemeralErrorHandling):
    pass


class TestDuplicateHooksInConfigs(BaseDuplicateHooksInConfigs):
    pass


class TestHooksRun:
    @pytest.fixture(scope="class")
    def models(self):
        hooked = "insert into {{ this }} values (2)"
        return {
            "hooked.sql": "{{ config(materialized='table', table_type='iceberg', post_hook=["
            f'"{hooked}", "optimize {{{{ this.render_pure() }}}} rewrite data using bin_pack",'
            ' "vacuum {{ this.render_pure() }}"]) }} select 1 as id'
        }

    def test_post_hooks_write_and_maintain(self, project):
        run_dbt(["run"])
        found = project.run_sql("select id from {schema}.hooked order by id", fetch="all")
        assert [row[0] for row in found] == [1, 2]


class TestBasicSeeds(BaseBasicSeedTests):
    @pytest.fixture(scope="class", autouse=True)
    def setUp(self, project):
        """The published set-up makes its expected table with PostgreSQL's SQL."""

    def test_simple_seed(self, project):
        for _ in range(2):
            assert len(run_dbt(["seed"])) == 1
        found = project.run_sql("select count(*) from {schema}.seed_actual", fetch="one")
        assert found[0] == 500

    test_simple_seed_full_refresh_flag = None


class TestEmptySeed(BaseTestEmptySeed):
    pass


class TestCachingLowercaseModel(BaseCachingLowercaseModel):
    pass


class TestCachingSelectedSchemaOnly(BaseCachingSelectedSchemaOnly):
    pass


class TestNoPopulateCache(BaseNoPopulateCache):
    pass


class TestShowLimit(BaseShowLimit):
    pass


class TestShowSqlHeader(BaseShowSqlHeader):
    pass


class TestQueryComments(BaseQueryComments):
    pass


class TestMacroQueryComments(BaseMacroQueryComments):
    pass


class TestMacroInvalidQueryComments(BaseMacroInvalidQueryComments):
    pass


class TestNullQueryComments(BaseNullQueryComments):
    pass


class TestEmptyQueryComments(BaseEmptyQueryComments):
    pass


class TestChangeRelationType(BaseChangeRelationTypeValidator):
    pass


class TestAliases(BaseAliases):
    pass


class TestAliasErrors(BaseAliasErrors):
    pass


class TestSameAliasDifferentSchemas(BaseSameAliasDifferentSchemas):
    pass


class TestDebug(BaseDebug):
    def test_the_connection_works(self, project):
        run_dbt(["debug"])
