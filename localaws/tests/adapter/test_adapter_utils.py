"""dbt's cross-database macros."""

import re

import pytest
from dbt.tests.adapter.utils import (
    fixture_date_spine,
    fixture_get_intervals_between,
    fixture_null_compare,
    fixture_split_part,
)
from dbt.tests.adapter.utils.data_types.test_type_bigint import BaseTypeBigInt
from dbt.tests.adapter.utils.data_types.test_type_boolean import BaseTypeBoolean
from dbt.tests.adapter.utils.data_types.test_type_float import BaseTypeFloat
from dbt.tests.adapter.utils.data_types.test_type_int import BaseTypeInt
from dbt.tests.adapter.utils.data_types.test_type_numeric import BaseTypeNumeric
from dbt.tests.adapter.utils.data_types.test_type_string import BaseTypeString
from dbt.tests.adapter.utils.data_types.test_type_timestamp import BaseTypeTimestamp
from dbt.tests.adapter.utils.test_any_value import BaseAnyValue
from dbt.tests.adapter.utils.test_array_append import BaseArrayAppend
from dbt.tests.adapter.utils.test_array_concat import BaseArrayConcat
from dbt.tests.adapter.utils.test_array_construct import BaseArrayConstruct
from dbt.tests.adapter.utils.test_bool_or import BaseBoolOr
from dbt.tests.adapter.utils.test_cast import BaseCast
from dbt.tests.adapter.utils.test_cast_bool_to_text import BaseCastBoolToText
from dbt.tests.adapter.utils.test_concat import BaseConcat
from dbt.tests.adapter.utils.test_current_timestamp import BaseCurrentTimestampNaive
from dbt.tests.adapter.utils.test_date_spine import BaseDateSpine
from dbt.tests.adapter.utils.test_date_trunc import BaseDateTrunc
from dbt.tests.adapter.utils.test_dateadd import BaseDateAdd
from dbt.tests.adapter.utils.test_equals import BaseEquals
from dbt.tests.adapter.utils.test_escape_single_quotes import BaseEscapeSingleQuotesQuote
from dbt.tests.adapter.utils.test_except import BaseExcept
from dbt.tests.adapter.utils.test_generate_series import BaseGenerateSeries
from dbt.tests.adapter.utils.test_get_intervals_between import BaseGetIntervalsBetween
from dbt.tests.adapter.utils.test_get_powers_of_two import BaseGetPowersOfTwo
from dbt.tests.adapter.utils.test_hash import BaseHash
from dbt.tests.adapter.utils.test_intersect import BaseIntersect
from dbt.tests.adapter.utils.test_last_day import BaseLastDay
from dbt.tests.adapter.utils.test_length import BaseLength
from dbt.tests.adapter.utils.test_listagg import BaseListagg
from dbt.tests.adapter.utils.test_null_compare import BaseMixedNullCompare, BaseNullCompare
from dbt.tests.adapter.utils.test_position import BasePosition
from dbt.tests.adapter.utils.test_replace import BaseReplace
from dbt.tests.adapter.utils.test_right import BaseRight
from dbt.tests.adapter.utils.test_safe_cast import BaseSafeCast
from dbt.tests.adapter.utils.test_source_freshness_custom_info import BaseCalculateFreshnessMethod
from dbt.tests.adapter.utils.test_split_part import BaseSplitPart
from dbt.tests.adapter.utils.test_string_literal import BaseStringLiteral
from dbt.tests.adapter.utils.test_validate_sql import BaseValidateSqlMethod


class TestAnyValue(BaseAnyValue):
    pass


class TestArrayAppend(BaseArrayAppend):
    pass


class TestArrayConstruct(BaseArrayConstruct):
    pass


class TestArrayConcat(BaseArrayConcat):
    """The published models join arrays of two types, which Trino refuses."""

    @pytest.fixture(scope="class")
    def models(self):
        return {
            "actual.sql": "select 1 as id, {{ array_concat(array_construct([1, 2]), array_construct([3])) }} as array_col",
            "expected.sql": "select 1 as id, {{ array_construct([1, 2, 3]) }} as array_col",
        }


class TestBoolOr(BaseBoolOr):
    pass


class TestConcat(BaseConcat):
    pass


class TestCurrentTimestamp(BaseCurrentTimestampNaive):
    pass


class TestDateTrunc(BaseDateTrunc):
    pass


class TestDateAdd(BaseDateAdd):
    @pytest.fixture(scope="class")
    def project_config_update(self):
        types = {"from_time": "timestamp", "result": "timestamp"}
        return {"name": "test", "seeds": {"test": {"data_dateadd": {"+column_types": types}}}}


class TestEquals(BaseEquals):
    pass


class TestEscapeSingleQuotes(BaseEscapeSingleQuotesQuote):
    pass


class TestExcept(BaseExcept):
    pass


class TestGenerateSeries(BaseGenerateSeries):
    pass


class TestGetPowersOfTwo(BaseGetPowersOfTwo):
    pass


class TestHash(BaseHash):
    pass


class TestIntersect(BaseIntersect):
    pass


class TestLength(BaseLength):
    pass


class TestListagg(BaseListagg):
    pass


class TestPosition(BasePosition):
    pass


class TestReplace(BaseReplace):
    pass


class TestRight(BaseRight):
    pass


class TestStringLiteral(BaseStringLiteral):
    pass


class TestTypeBigInt(BaseTypeBigInt):
    pass


class TestTypeBoolean(BaseTypeBoolean):
    pass


class TestTypeFloat(BaseTypeFloat):
    pass


class TestTypeInt(BaseTypeInt):
    pass


class TestTypeNumeric(BaseTypeNumeric):
    def numeric_fixture_type(self):
        """dbt-athena's own width."""
        return "decimal(38,6)"


class TestTypeString(BaseTypeString):
    pass


class TestTypeTimestamp(BaseTypeTimestamp):
    pass


class TestCast(BaseCast):
    pass


class TestCastBoolToText(BaseCastBoolToText):
    pass


class TestSafeCast(BaseSafeCast):
    pass


class TestLastDay(BaseLastDay):
    pass


def _with_date_literals(sql):
    """Take the published PostgreSQL branch, with Athena's literals."""
    sql = sql.replace("target.type == 'postgres'", "target.type == 'athena'")
    sql = re.sub(r"'(\d\d)/(\d\d)/(\d{4})'::date", r"date '\3-\1-\2'", sql)
    return re.sub(r"'([\d-]+)'::date", r"date '\1'", sql)


class TestDateSpine(BaseDateSpine):
    @pytest.fixture(scope="class")
    def models(self):
        sql = _with_date_literals(fixture_date_spine.models__test_date_spine_sql)
        return {
            "test_date_spine.yml": fixture_date_spine.models__test_date_spine_yml,
            "test_date_spine.sql": self.interpolate_macro_namespace(sql, "date_spine"),
        }


class TestGetIntervalsBetween(BaseGetIntervalsBetween):
    @pytest.fixture(scope="class")
    def models(self):
        published = fixture_get_intervals_between
        sql = _with_date_literals(published.models__test_get_intervals_between_sql)
        return {
            "test_get_intervals_between.yml": published.models__test_get_intervals_between_yml,
            "test_get_intervals_between.sql": self.interpolate_macro_namespace(
                sql, "get_intervals_between"
            ),
        }


def _typed(sql):
    """A view of Athena's has no column without a type."""
    return sql.replace("null as", "cast(null as integer) as")


class TestNullCompare(BaseNullCompare):
    @pytest.fixture(scope="class")
    def models(self):
        return {
            "test_null_compare.yml": fixture_null_compare.MODELS__TEST_NULL_COMPARE_YML,
            "test_null_compare.sql": _typed(fixture_null_compare.MODELS__TEST_NULL_COMPARE_SQL),
        }


class TestMixedNullCompare(BaseMixedNullCompare):
    @pytest.fixture(scope="class")
    def models(self):
        sql = _typed(fixture_null_compare.MODELS__TEST_MIXED_NULL_COMPARE_SQL)
        return {
            "test_mixed_null_compare.yml": fixture_null_compare.MODELS__TEST_MIXED_NULL_COMPARE_YML,
            "test_mixed_null_compare.sql": sql,
        }


class TestSplitPart(BaseSplitPart):
    @pytest.fixture(scope="class")
    def models(self):
        """Without the last part of the union: Trino does not count parts from the end."""
        sql = fixture_split_part.models__test_split_part_sql.rsplit("union all", 1)[0]
        return {
            "test_split_part.yml": fixture_split_part.models__test_split_part_yml,
            "test_split_part.sql": self.interpolate_macro_namespace(sql, "split_part"),
        }


class TestCalculateFreshness(BaseCalculateFreshnessMethod):
    pass


class TestValidateSql(BaseValidateSqlMethod):
    pass
