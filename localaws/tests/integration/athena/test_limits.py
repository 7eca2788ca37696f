"""Glue's limits hold for its API and for Athena's DDL."""

import pytest
from botocore.exceptions import ClientError

LONG = "x" * 256
TOO_LONG = "failed to satisfy constraint: Member must have length less than or equal to 255"


def test_the_api_refuses_a_comment_that_is_too_long(athena):
    columns = [{"Name": "a", "Type": "int", "Comment": LONG}]
    with pytest.raises(ClientError) as refused:
        athena.glue.create_table(
            DatabaseName=athena.database,
            TableInput={"Name": "beyond", "StorageDescriptor": {"Columns": columns}},
        )
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert f"at 'table.storageDescriptor.columns.1.member.comment' {TOO_LONG}" in error["Message"]


@pytest.mark.parametrize(
    ("ddl", "place"),
    [
        (
            "create external table beyond (a int comment '{long}') location '{location}'",
            "'table.storageDescriptor.columns.1.member.comment'",
        ),
        (
            "create external table {long} (a int) location '{location}'",
            "'table.name'",
        ),
        (
            "create external table beyond (a int) partitioned by ({long} int) location '{location}'",
            "'table.partitionKeys.1.member.name'",
        ),
        (
            "create external table beyond (a int) location '{location}' tblproperties ('{long}'='v')",
            "'table.parameters'",
        ),
        ("create database {long}", "'database.name'"),
    ],
)
def test_ddl_beyond_a_limit_fails_with_glues_reason(athena, ddl, place):
    sql = ddl.format(long=LONG, location=athena.location("beyond"))
    reason = athena.fail(sql)["StateChangeReason"]
    assert reason.startswith("FAILED: Execution Error, return code 1 from ")
    assert f"at {place} failed to satisfy constraint" in reason
    assert "Error Code: ValidationException" in reason


def test_a_longer_comment_by_alter_is_refused_and_the_table_stays(athena):
    athena.run(f"create external table within (a int) location '{athena.location('within')}'")
    athena.fail(f"alter table within add columns (b int comment '{LONG}')")
    athena.run(f"alter table within add columns (b int comment '{LONG[1:]}')")
    assert [c["Name"] for c in athena.table("within")["StorageDescriptor"]["Columns"]] == ["a", "b"]


def test_a_partition_value_that_is_too_long_is_refused(athena):
    location = athena.location("parts")
    athena.run(
        f"create external table parts (a int) partitioned by (p string) location '{location}'"
    )
    value = "v" * 1025
    reason = athena.fail(f"alter table parts add partition (p = '{value}')")["StateChangeReason"]
    assert "'partition.values.1.member'" in reason
