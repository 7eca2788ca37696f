"""Statements are read by a parser that comments, quotes and odd names do not fool."""

import pytest

from localaws.athena.errors import InvalidRequestError
from localaws.athena.sql.names import Column, Name, PartitionSpec
from localaws.athena.sql.query import Query
from localaws.athena.statements.alter_columns import (
    AddColumns,
    ChangeColumn,
    DropColumn,
    ReplaceColumns,
)
from localaws.athena.statements.alter_partitions import (
    AddPartitions,
    DropPartitions,
    PartitionCondition,
    RenamePartition,
)
from localaws.athena.statements.alter_properties import (
    RenameTable,
    SetLocation,
    SetProperties,
    UnsetProperties,
)
from localaws.athena.statements.create_table import CreateTable
from localaws.athena.statements.create_table_as import CreateTableAs
from localaws.athena.statements.databases import CreateDatabase, DropDatabase
from localaws.athena.statements.describe import Describe
from localaws.athena.statements.drop_table import DropTable
from localaws.athena.statements.engine_statement import EngineStatement
from localaws.athena.statements.explain import Explain
from localaws.athena.statements.optimize import Optimize
from localaws.athena.statements.parser import MAX_QUERY_BYTES, parse
from localaws.athena.statements.prepared import Deallocate, Execute, Prepare
from localaws.athena.statements.repair_table import RepairTable
from localaws.athena.statements.show import Show
from localaws.athena.statements.unload import Unload
from localaws.athena.statements.vacuum import Vacuum
from localaws.athena.statements.views import CreateView, DropView


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "-- create table x\nselect ';' as a, \"from\" from t;  ",
        "/* drop table x; */ with a as (select 1) select * from a;;",
        "(select 1) union all (select 2)",
        "values (1), (2)",
        "select 'it''s; -- not a comment' /* ; */ ;\n-- bye",
    ],
)
def test_a_query_reaches_the_engine_as_typed(sql):
    # WHEN a query is parsed
    statement = parse(sql)
    # THEN it is a query, with everything up to its last token unchanged
    assert isinstance(statement, EngineStatement)
    assert statement.kind == "SELECT"
    assert sql.startswith(statement.query.text)
    assert not statement.query.text.endswith(";")


@pytest.mark.parametrize(
    ("sql", "kind", "target"),
    [
        ('insert into "db"."t" select 1', "INSERT", Name("t", "db")),
        ("update awsdatacatalog.db.t set a = 1", "UPDATE", Name("t", "db", "awsdatacatalog")),
        ("delete from t where a = 1", "DELETE", Name("t")),
        ("-- all of it\ndelete from db.t ;", "DELETE", Name("t", "db")),
        (
            "merge into db.t as x using s on x.a = s.a when matched then delete",
            "MERGE",
            Name("t", "db"),
        ),
    ],
)
def test_a_write_names_its_table_and_reaches_the_engine_as_typed(sql, kind, target):
    statement = parse(sql)
    assert isinstance(statement, EngineStatement)
    assert (statement.kind, statement.target) == (kind, target)
    assert statement.query.text == sql.removesuffix(" ;")


def test_dbt_comment_and_create_table_as_are_read():
    # GIVEN what dbt-athena sends
    sql = """-- /* {"app": "dbt", "with": "(as)"} */
    create table "awsdatacatalog"."Db"."My Table"
    with (
      table_type='iceberg', is_external=false, location='s3://b/(x)/',
      partitioning=ARRAY['day(at)', 'bucket(id, 8)'], format='parquet',
      vacuum_max_snapshot_age_seconds=86400
    )
    as
      select ') as (' as a;
    """
    statement = parse(sql)
    # THEN its parts are there
    assert isinstance(statement, CreateTableAs)
    assert statement.name == Name("my table", "db", "awsdatacatalog")
    assert statement.properties == {
        "table_type": "iceberg",
        "is_external": False,
        "location": "s3://b/(x)/",
        "partitioning": ["day(at)", "bucket(id, 8)"],
        "format": "parquet",
        "vacuum_max_snapshot_age_seconds": 86400,
    }
    assert statement.query.text == "select ') as (' as a"


def test_create_external_table_with_everything_is_read():
    statement = parse(
        r"""
        CREATE EXTERNAL TABLE IF NOT EXISTS `db`.`t-1` (
          `id` int COMMENT 'it\'s; the key',
          tags array<struct<k:string, `v`: map<string,decimal(10,2)>>>,
          ünïcode varchar(10)
        )
        COMMENT "a \"table\""
        PARTITIONED BY (dt date, `hour` tinyint)
        CLUSTERED BY (id) INTO 4 BUCKETS
        ROW FORMAT DELIMITED FIELDS TERMINATED BY '\t' ESCAPED BY '\\' LINES TERMINATED BY '\n'
        STORED AS TEXTFILE
        LOCATION 's3://bucket/t/'
        TBLPROPERTIES ('skip.header.line.count'='1', "projection.enabled"="true");
        """
    )
    assert isinstance(statement, CreateTable)
    assert statement.name == Name("t-1", "db")
    assert statement.external
    assert statement.if_not_exists
    assert statement.columns == (
        Column("id", "int", "it's; the key"),
        Column("tags", "array<struct<k:string,v:map<string,decimal(10,2)>>>"),
        Column("ünïcode", "varchar(10)"),
    )
    assert statement.comment == 'a "table"'
    assert statement.partitioned_by == (Column("dt", "date"), Column("hour", "tinyint"))
    assert (statement.bucketed_by, statement.bucket_count) == (("id",), 4)
    assert statement.storage.serde_properties["field.delim"] == "\t"
    assert statement.storage.serde_properties["escape.delim"] == "\\"
    assert statement.location == "s3://bucket/t/"
    assert statement.properties["projection.enabled"] == "true"


def test_create_iceberg_table_with_transforms_is_read():
    statement = parse(
        "create table db.t (id bigint, at timestamp) partitioned by (month(at), bucket(16, id), id)"
        " location 's3://b/t' tblproperties ('table_type'='ICEBERG', 'format'='parquet')"
    )
    assert isinstance(statement, CreateTable)
    assert statement.is_iceberg
    assert not statement.external
    assert statement.transforms == ("month(at)", "bucket(16, id)", "id")


_T = Name("t", "db")


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("create schema if not exists `a-b`", CreateDatabase("a-b", True, None, None, {})),
        (
            "create database d comment 'c' location 's3://b/' with dbproperties ('k'='v')",
            CreateDatabase("d", False, "c", "s3://b/", {"k": "v"}),
        ),
        ("drop schema if exists `a` cascade", DropDatabase("a", True, True)),
        ("drop database a", DropDatabase("a", False, False)),
        ("drop table if exists `db`.`t`", DropTable(_T, True)),
        (
            'drop view if exists "awsdatacatalog"."db"."v"',
            DropView(Name("v", "db", "awsdatacatalog"), True),
        ),
        (
            "create or replace view db.v as\n select 1",
            CreateView(Name("v", "db"), True, Query("select 1")),
        ),
        ("create view v as select 1;", CreateView(Name("v"), False, Query("select 1"))),
        (
            "alter table db.t add columns (a int, b string)",
            AddColumns(_T, (Column("a", "int"), Column("b", "string"))),
        ),
        ("alter table db.t replace columns (a int)", ReplaceColumns(_T, (Column("a", "int"),))),
        ("alter table db.t drop column `a`", DropColumn(_T, "a")),
        (
            "alter table db.t change column a b bigint after c",
            ChangeColumn(_T, "a", Column("b", "bigint"), False, "c"),
        ),
        (
            "alter table db.t change a a int first",
            ChangeColumn(_T, "a", Column("a", "int"), True, None),
        ),
        (
            "alter table db.t add if not exists partition (d = '1', n = 2) location 's3://b/x' partition (d='3', n=4)",
            AddPartitions(
                _T,
                True,
                (
                    PartitionSpec({"d": "1", "n": "2"}, "s3://b/x"),
                    PartitionSpec({"d": "3", "n": "4"}),
                ),
            ),
        ),
        (
            "alter table db.t drop partition (d < '2'), partition (d = '9')",
            DropPartitions(
                _T,
                False,
                ((PartitionCondition("d", "<", "2"),), (PartitionCondition("d", "=", "9"),)),
            ),
        ),
        (
            "alter table db.t partition (d='1') rename to partition (d='2')",
            RenamePartition(_T, PartitionSpec({"d": "1"}), PartitionSpec({"d": "2"})),
        ),
        ("alter table db.t set location 's3://b/y'", SetLocation(_T, "s3://b/y", None)),
        (
            "alter table db.t partition (d='1') set location 's3://b/y'",
            SetLocation(_T, "s3://b/y", PartitionSpec({"d": "1"})),
        ),
        ("alter table db.t set tblproperties ('a'='b')", SetProperties(_T, {"a": "b"})),
        ("alter table db.t unset tblproperties if exists ('a')", UnsetProperties(_T, ("a",), True)),
        ("alter table db.t rename to `db2`.`t2`", RenameTable(_T, Name("t2", "db2"))),
        ("msck repair table db.t", RepairTable(_T)),
        ("describe formatted db.t", Describe(_T, "FORMATTED", None, None)),
        ("desc db.t a", Describe(_T, None, None, "a")),
        ("show databases like 'a*'", Show("DATABASES", pattern="a*")),
        ("show tables in db '*x*'", Show("TABLES", database="db", pattern="*x*")),
        ("show views from db", Show("VIEWS", database="db")),
        ("show columns from t in db", Show("COLUMNS", name=Name("t"), database="db")),
        ("show partitions db.t", Show("PARTITIONS", name=_T)),
        ("show create table db.t", Show("CREATE TABLE", name=_T)),
        ('show create view "db"."t"', Show("CREATE VIEW", name=_T)),
        ("show tblproperties db.t ('k')", Show("TBLPROPERTIES", name=_T, key="k")),
        ("optimize db.t rewrite data using bin_pack where a > 1", Optimize(_T, "a > 1")),
        ("vacuum db.t;", Vacuum(_T)),
        ("prepare p from select ?", Prepare("p", "select ?")),
        ("execute p using 'a,b', f(1, 2)", Execute("p", ("'a,b'", "f(1, 2)"))),
        ("execute p", Execute("p", ())),
        ("deallocate prepare p", Deallocate("p")),
        ("explain analyze select 1", Explain(Query("explain analyze select 1"))),
        (
            "unload (select (1)) to 's3://b/u/' with (format = 'PARQUET', partitioned_by = array['a'])",
            Unload(
                Query("select (1)"), "s3://b/u/", {"format": "PARQUET", "partitioned_by": ["a"]}
            ),
        ),
    ],
)
def test_each_statement_is_read(sql, expected):
    assert parse(sql) == expected


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("", "empty"),
        ("  -- nothing\n", "empty"),
        ("selec 1", "line 1:1: mismatched input 'selec'. Expecting: 'ALTER'"),
        ("select 1; select 2", "Only one sql statement is allowed"),
        ("grant select on t to u", "mismatched input 'grant'"),
        (
            "create external table t (a integer) location 's3://b/'",
            "no viable alternative at input",
        ),
        ("create external table t (date int) location 's3://b/'", "no viable alternative at input"),
        ("create external table t (_a int) location 's3://b/'", "no viable alternative at input"),
        ('drop table "db"."t"', "no viable alternative at input"),
        (
            "alter table t add column a int",
            "no viable alternative at input 'alter table t add column'",
        ),
        ("create table t (a int)", "No location was specified for table"),
        (
            "create table t (a int) location 's3://b/'",
            "External keyword required for table type HIVE",
        ),
        ("create table t as selec 1", "mismatched input 'selec'. Expecting: '<query>'"),
        ("show tables in db like", "expecting STRING"),
        ("select 'a", "mismatched input '''"),
        ("describe", "no viable alternative at input 'describe <EOF>'"),
    ],
)
def test_what_athena_refuses_is_refused(sql, message):
    with pytest.raises(InvalidRequestError) as refusal:
        parse(sql)
    assert message in refusal.value.message


def test_a_query_over_the_limit_is_refused():
    with pytest.raises(InvalidRequestError, match="262144"):
        parse("select '" + "ä" * (MAX_QUERY_BYTES // 2) + "'")
