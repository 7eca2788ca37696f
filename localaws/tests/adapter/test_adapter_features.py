"""Docs on relations, contracts, unit tests, hooks, seeds, caching, show and the like."""

import re

import pytest
from dbt.tests.adapter.aliases import fixtures as aliases
from dbt.tests.adapter.aliases.test_aliases import (
    BaseAliasErrors,
    BaseAliases,
    BaseSameAliasDifferentSchemas,
)
from dbt.tests.adapter.caching.test_caching import (
    BaseCachingLowercaseModel,
    BaseCachingSelectedSchemaOnly,
    BaseCachingUppercaseModel,
    BaseNoPopulateCache,
)
from dbt.tests.adapter.concurrency.test_concurrency import BaseConcurrency
from dbt.tests.adapter.constraints.test_constraints import (
    BaseIncrementalConstraintsColumnsEqual,
    BaseIncrementalForeignKeyConstraint,
    BaseTableConstraintsColumnsEqual,
    BaseViewConstraintsColumnsEqual,
)
from dbt.tests.adapter.dbt_clone.test_dbt_clone import (
    BaseCloneNotPossible,
    BaseCloneSameTargetAndState,
)
from dbt.tests.adapter.dbt_debug.test_dbt_debug import (
    BaseDebugInvalidProjectPostgres,
    BaseDebugPostgres,
)
from dbt.tests.adapter.dbt_show.test_dbt_show import (
    BaseShowDoesNotHandleDoubleLimit,
    BaseShowLimit,
    BaseShowSqlHeader,
)
from dbt.tests.adapter.empty.test_empty import (
    BaseTestEmpty,
    BaseTestEmptyInlineSourceRef,
    MetadataWithEmptyFlag,
)
from dbt.tests.adapter.ephemeral.test_ephemeral import BaseEphemeralErrorHandling
from dbt.tests.adapter.hooks.test_model_hooks import BaseDuplicateHooksInConfigs
from dbt.tests.adapter.persist_docs.test_persist_docs import (
    BasePersistDocsAllColumnsMissing,
    BasePersistDocsColumnMissing,
    BasePersistDocsCommentOnQuotedColumn,
    BasePersistDocsQuotedColumnCaseSensitive,
)
from dbt.tests.adapter.query_comment.test_query_comment import (
    BaseEmptyQueryComments,
    BaseMacroArgsQueryComments,
    BaseMacroInvalidQueryComments,
    BaseMacroQueryComments,
    BaseNullQueryComments,
    BaseQueryComments,
)
from dbt.tests.adapter.relations.test_changing_relation_type import BaseChangeRelationTypeValidator
from dbt.tests.adapter.relations.test_dropping_schema_named import BaseDropSchemaNamed
from dbt.tests.adapter.sample_mode import fixtures as sample_mode
from dbt.tests.adapter.sample_mode.test_sample_mode import BaseSampleModeTest
from dbt.tests.adapter.simple_copy.test_simple_copy import SimpleCopyBase
from dbt.tests.adapter.unit_testing.test_case_insensitivity import BaseUnitTestCaseInsensivity
from dbt.tests.adapter.unit_testing.test_invalid_input import BaseUnitTestInvalidInput
from dbt.tests.adapter.unit_testing.test_quoted_reserved_word_column_names import (
    BaseUnitTestQuotedReservedWordColumnNames,
)
from dbt.tests.adapter.unit_testing.test_types import BaseUnitTestingTypes
from dbt.tests.util import run_dbt


class TestPersistDocsAllColumnsMissing(BasePersistDocsAllColumnsMissing):
    pass


class TestPersistDocsQuotedColumnCaseSensitive(BasePersistDocsQuotedColumnCaseSensitive):
    pass


class TestPersistDocsColumnMissing(BasePersistDocsColumnMissing):
    pass


class TestPersistDocsCommentOnQuotedColumn(BasePersistDocsCommentOnQuotedColumn):
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


def _logged_with(comment, test):
    """dbt-athena writes a comment in one line, because Athena's DDL takes no block comment."""
    assert f"-- /* {comment} */\\n" in test.run_get_json()


class TestQueryComments(BaseQueryComments):
    def test_matches_comment(self, project):
        _logged_with("dbt rules!", self)


class TestMacroQueryComments(BaseMacroQueryComments):
    def test_matches_comment(self, project):
        _logged_with("dbt macros are pretty cool", self)


class TestMacroArgsQueryComments(BaseMacroArgsQueryComments):
    pass


class TestMacroInvalidQueryComments(BaseMacroInvalidQueryComments):
    pass


class TestNullQueryComments(BaseNullQueryComments):
    pass


class TestEmptyQueryComments(BaseEmptyQueryComments):
    pass


class TestChangeRelationType(BaseChangeRelationTypeValidator):
    pass


class _PlainLiterals:
    """The published macro casts with PostgreSQL's ``::text``."""

    @pytest.fixture(scope="class")
    def macros(self):
        return {
            "cast.sql": aliases.MACROS__CAST_SQL.replace("::text", ""),
            "expect_value.sql": aliases.MACROS__EXPECT_VALUE_SQL,
        }


class TestAliases(_PlainLiterals, BaseAliases):
    pass


class TestAliasErrors(_PlainLiterals, BaseAliasErrors):
    pass


class TestSameAliasDifferentSchemas(_PlainLiterals, BaseSameAliasDifferentSchemas):
    pass


class TestDebug(BaseDebugPostgres):
    pass


class TestDebugInvalidProject(BaseDebugInvalidProjectPostgres):
    pass


class TestCachingUppercaseModel(BaseCachingUppercaseModel):
    pass


class TestShowDoesNotHandleDoubleLimit(BaseShowDoesNotHandleDoubleLimit):
    DATABASE_ERROR_MESSAGE = "mismatched input 'limit'"


class TestDropSchemaNamed(BaseDropSchemaNamed):
    pass


class TestUnitTestQuotedReservedWordColumnNames(BaseUnitTestQuotedReservedWordColumnNames):
    pass


class TestMetadataWithEmptyFlag(MetadataWithEmptyFlag):
    @pytest.mark.parametrize(
        "model",
        ["control", "get_columns_in_relation", "alter_relation_comment", "alter_column_comment"],
    )
    def test_run(self, project, model):
        """Without the three that change a Hive table's columns or truncate it: Athena refuses."""
        run_dbt(["run", "--empty", "--select", model])


class TestSampleMode(BaseSampleModeTest):
    @pytest.fixture(scope="class")
    def input_model_sql(self):
        """A Hive table has no times with a zone, and milliseconds."""
        times = r"TIMESTAMP '(.*)-0'"
        return re.sub(times, r"cast(timestamp '\1' as timestamp(3))", sample_mode.input_model_sql)


class _AthenasTypes:
    @pytest.fixture
    def string_type(self):
        return "varchar"

    @pytest.fixture
    def int_type(self):
        return "integer"

    @pytest.fixture
    def data_types(self, schema_int_type, int_type, string_type):
        return [
            ["1", schema_int_type, int_type],
            ["cast('1' as varchar)", string_type, string_type],
            ["true", "boolean", "boolean"],
            ["cast(1.5 as double)", "double", "double"],
            ["date '2013-11-03'", "date", "date"],
        ]


class TestTableColumnsEqualTheContract(_AthenasTypes, BaseTableConstraintsColumnsEqual):
    pass


class TestViewColumnsEqualTheContract(_AthenasTypes, BaseViewConstraintsColumnsEqual):
    pass


class TestIncrementalColumnsEqualTheContract(_AthenasTypes, BaseIncrementalConstraintsColumnsEqual):
    pass


class TestIncrementalForeignKeyConstraint(BaseIncrementalForeignKeyConstraint):
    pass


class TestConcurrency(BaseConcurrency):
    pass


class TestCloneNotPossible(BaseCloneNotPossible):
    """Athena clones nothing: dbt makes views of the other schema's tables."""


class TestCloneSameTargetAndState(BaseCloneSameTargetAndState):
    pass


class TestSimpleCopy(SimpleCopyBase):
    test_simple_copy_with_materialized_views = None
    """Athena has none."""
