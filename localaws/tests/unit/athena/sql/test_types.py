"""Types travel between Hive's, Trino's and Glue's words without loss."""

import pytest

from localaws.athena.engine.words import quoted, string_map
from localaws.athena.errors import QueryFailedError, engine_failure
from localaws.athena.sql.hive_types import from_trino, to_trino
from localaws.athena.sql.parameters import bind


@pytest.mark.parametrize(
    ("hive", "trino"),
    [
        ("int", "integer"),
        ("string", "varchar"),
        ("varchar(10)", "varchar(10)"),
        ("decimal(10,2)", "decimal(10,2)"),
        ("float", "real"),
        ("binary", "varbinary"),
        ("array<string>", "array(varchar)"),
        ("map<string,array<int>>", "map(varchar, array(integer))"),
        ("struct<a:int,b:struct<c:string>>", 'row("a" integer, "b" row("c" varchar))'),
    ],
)
def test_types_translate_both_ways(hive, trino):
    assert to_trino(hive) == trino
    assert from_trino(trino) == hive


def test_iceberg_timestamps_have_microseconds():
    assert to_trino("array<timestamp>", iceberg=True) == "array(timestamp(6))"


@pytest.mark.parametrize(
    ("trino", "hive"),
    [
        ("timestamp(6)", "timestamp"),
        ("timestamp(3) with time zone", "timestamp"),
        ("row(integer, varchar(3))", "struct<field0:int,field1:varchar(3)>"),
        ("json", "string"),
    ],
)
def test_types_that_hive_lacks_become_the_nearest(trino, hive):
    assert from_trino(trino) == hive


def test_parameters_replace_marks_outside_of_quotes_only():
    assert (
        bind("select ?, '?', \"?\" -- ?\n, ?", ["1", "'a?'"]) == "select 1, '?', \"?\" -- ?\n, 'a?'"
    )


def test_a_missing_parameter_is_refused():
    with pytest.raises(QueryFailedError, match="expected 2 but found 1"):
        bind("select ?, ?", ["1"])


def test_names_and_maps_are_quoted():
    assert quoted("a", 'b"c') == '"a"."b""c"'
    assert string_map({"k'": "v"}) == "MAP(ARRAY['k'''], ARRAY['v'])"


def test_an_iceberg_conflict_is_reported_as_dbt_looks_for_it():
    failure = engine_failure(
        {"errorName": "ICEBERG_COMMIT_ERROR", "errorType": "EXTERNAL", "message": "iceberg.db.t"},
        {"iceberg.": "awsdatacatalog."},
    )
    assert failure.message == "ICEBERG_COMMIT_ERROR: awsdatacatalog.db.t"
    assert failure.error_type == 233
    assert failure.retryable
