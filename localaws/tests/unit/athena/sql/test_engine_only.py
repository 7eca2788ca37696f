"""What only the engine has is not Athena's: its catalogs, newer functions, tables and statements."""

import pytest

from localaws.athena.errors import InvalidRequestError, QueryFailedError
from localaws.athena.sql.engine_only import lacking, refuse_engine_only
from localaws.athena.sql.query import Query
from localaws.athena.statements.parser import parse


def _names(kind):
    return [entry["name"] for entry in lacking()[kind]]


@pytest.mark.parametrize(
    "sql",
    [
        "select * from iceberg.db.t",
        'select * from a join "iceberg" . "db" . "t" on true',
        "insert into iceberg.db.t values (1)",
        "select * from system.runtime.queries",
        "select * from table(iceberg.system.table_changes('db', 't', 1, 2))",
    ],
)
def test_an_inner_catalog_does_not_exist(sql):
    with pytest.raises(QueryFailedError, match=r"CATALOG_NOT_FOUND: line 1:.*does not exist"):
        refuse_engine_only(Query.of(sql), "db")


@pytest.mark.parametrize("name", _names("function"))
def test_a_function_that_athena_lacks_is_not_registered(name):
    for sql in (f"select 1,\n {name}(a, b) from t", f'select 1,\n "{name.upper()}"(a, b) from t'):
        with pytest.raises(QueryFailedError) as failed:
            refuse_engine_only(Query.of(sql), "db")
        shown = sql.split("\n ")[1].split("(")[0].strip('"')
        assert failed.value.message == (
            f"FUNCTION_NOT_FOUND: line 2:2: Function '{shown}' not registered"
        )
        assert failed.value.error_type == 1303


@pytest.mark.parametrize("name", _names("metadata_table"))
def test_a_metadata_table_that_athena_lacks_does_not_exist(name):
    for sql, shown in (
        (f'select * from "t${name}"', f"awsdatacatalog.db.t${name}"),
        (f'select * from other."t${name}"', f"awsdatacatalog.other.t${name}"),
    ):
        with pytest.raises(QueryFailedError) as failed:
            refuse_engine_only(Query.of(sql), "db")
        assert failed.value.message == f"TABLE_NOT_FOUND: line 1:15: Table '{shown}' does not exist"


@pytest.mark.parametrize("entry", lacking()["statement"], ids=_names("statement"))
def test_a_statement_that_athena_lacks_cannot_be_read(entry):
    with pytest.raises(InvalidRequestError) as refusal:
        parse(entry["sql"])
    assert entry["refusal"] in refusal.value.message
    assert refusal.value.code == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    "sql",
    [
        "select iceberg.a.b from t as iceberg",
        "select * from awsdatacatalog.db.t",
        "select * from iceberg.t",
        "select 'from iceberg.db.t', 'dot_product(1)' -- t_pdf(1)",
        "select dot_product, t.t_pdf from t",
        "with t_pdf (a) as (select 1) select * from t_pdf",
        "select a from (select 1) as dot_product (a)",
        'select * from "t$files" join "t$partitions" on true',
        'select "t$properties" from t',
    ],
)
def test_anything_else_is_let_through(sql):
    refuse_engine_only(Query.of(sql), "db")


@pytest.mark.parametrize(
    "sql",
    ["with session as (select 1) select 1", "with function (a) as (select 1) select 1"],
)
def test_new_words_may_still_name_things(sql):
    assert parse(sql).query.text == sql


@pytest.mark.parametrize(
    "sql",
    [
        "create table t as\n select * from iceberg.a.b",
        "create view v as\n select * from iceberg.a.b",
        "unload (\n select * from iceberg.a.b) to 's3://b/u/' with (format = 'PARQUET')",
        "explain\n select * from iceberg.a.b",
        "insert into t\n select * from iceberg.a.b",
    ],
)
def test_the_place_is_that_in_the_whole_statement(sql):
    with pytest.raises(QueryFailedError, match=r"CATALOG_NOT_FOUND: line 2:16: "):
        refuse_engine_only(parse(sql).query, "db")
