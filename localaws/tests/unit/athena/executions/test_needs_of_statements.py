"""What the caller of a statement must be allowed, for each kind of statement."""

from collections.abc import Iterator

import pytest
from moto.core.base_backend import BackendDict
from moto.glue.models import glue_backends

from localaws.athena.catalog.glue import Catalog
from localaws.athena.executions.access import _NEEDS, Scope, needs_of_statement
from localaws.athena.statements.alter_partitions import _AlterPartitions
from localaws.athena.statements.base import Statement, TextStatement
from localaws.athena.statements.parser import parse

ACCOUNT, REGION = "123456789012", "us-east-1"
ABSTRACT = {Statement, TextStatement, _AlterPartitions}


@pytest.fixture
def scope() -> Iterator[Scope]:
    """A database ``lake`` with a partitioned Hive table, an Iceberg table, and a view of it."""
    backend = glue_backends[ACCOUNT][REGION]
    backend.create_database("lake", {"Name": "lake"})
    backend.create_table("lake", "hive", {"Name": "hive", "PartitionKeys": [{"Name": "day"}]})
    iceberg = {"table_type": "ICEBERG", "metadata_location": "s3://b/iceberg/metadata/0.json"}
    backend.create_table("lake", "iceberg", {"Name": "iceberg", "Parameters": iceberg})
    yield Scope(Catalog(ACCOUNT, REGION), "lake", REGION, ACCOUNT)
    BackendDict.reset()


def kinds(of: type[Statement] = Statement) -> set[type[Statement]]:
    found = {of}
    for kind in of.__subclasses__():
        found |= kinds(kind)
    return found


def test_no_kind_of_statement_is_missing() -> None:
    missing = {
        kind.__name__ for kind in kinds() - ABSTRACT if not set(kind.__mro__) & _NEEDS.keys()
    }
    assert missing == set()


CASES = {
    "select * from hive": {"GetTable hive", "GetPartitions hive"},
    "select * from iceberg": {"GetTable iceberg"},
    "select * from none_such": set(),
    "insert into hive select * from iceberg": {
        "GetTable hive", "GetPartitions hive", "GetTable iceberg", "BatchCreatePartition hive",
    },
    "delete from iceberg": {"GetTable iceberg", "UpdateTable iceberg"},
    "merge into iceberg using hive on true when matched then delete": {
        "GetTable iceberg", "UpdateTable iceberg", "GetTable hive", "GetPartitions hive",
    },
    "create table t with (partitioned_by = array['a']) as select 1 as b, 2 as a": {
        "GetTable t", "CreateTable t", "BatchCreatePartition t",
    },
    "create external table t (a int) location 's3://b/t/'": {"GetTable t", "CreateTable t"},
    "create view v as select * from iceberg": {
        "GetTable iceberg", "GetTable v", "CreateTable v",
    },
    "create or replace view iceberg as select 1 as a": {
        "GetTable iceberg", "UpdateTable iceberg",
    },
    "drop table hive": {"GetTable hive", "DeleteTable hive"},
    "alter table hive add columns (b int)": {"GetTable hive", "UpdateTable hive"},
    "alter table hive add partition (day = '1')": {"GetTable hive", "BatchCreatePartition hive"},
    "alter table hive drop partition (day = '1')": {
        "GetTable hive", "GetPartitions hive", "DeletePartition hive",
    },
    "alter table hive partition (day = '1') set location 's3://b/x/'": {
        "GetTable hive", "UpdatePartition hive",
    },
    "alter table hive set location 's3://b/x/'": {"GetTable hive", "UpdateTable hive"},
    "show partitions hive": {"GetTable hive", "GetPartitions hive"},
    "show tables": {"GetTables *"},
    "describe hive": {"GetTable hive"},
    "optimize iceberg rewrite data using bin_pack": {
        "GetTable iceberg", "UpdateTable iceberg",
    },
    "vacuum iceberg": {"GetTable iceberg", "UpdateTable iceberg"},
    "unload (select * from hive) to 's3://b/out/' with (format = 'PARQUET')": {
        "GetTable hive", "GetPartitions hive",
    },
    "explain select * from iceberg": {"GetTable iceberg"},
    "deallocate prepare p": set(),
}  # fmt: skip


@pytest.mark.parametrize("sql", CASES)
def test_a_statement_needs_the_glue_actions_of_the_guide(scope: Scope, sql: str) -> None:
    needs = list(needs_of_statement(parse(sql), scope))
    on_tables = {
        f"{need.action.removeprefix('glue:')} {need.resources[-1].rsplit('/', 1)[-1]}"
        for need in needs
        if need.resources[-1].split(":")[5].startswith("table/")
    }
    assert on_tables == CASES[sql]
    for need in needs:
        if ":table/" in need.resources[-1]:
            assert [arn.split(":")[5].split("/")[0] for arn in need.resources] == [
                "catalog", "database", "table",
            ]  # fmt: skip


def test_every_statement_needs_the_database_default(scope: Scope) -> None:
    first, second = list(needs_of_statement(parse("select 1"), scope))
    assert (first.action, first.resources[-1].rsplit("/", 1)[-1]) == ("glue:GetDatabase", "default")
    assert second.resources[-1].endswith("database/lake")


def test_an_iceberg_table_needs_its_metadata(scope: Scope) -> None:
    needs = list(needs_of_statement(parse("select * from iceberg"), scope))
    assert ("s3:GetObject", "arn:aws:s3:::b/iceberg/metadata/0.json") in {
        (need.action, need.resources[0]) for need in needs
    }
