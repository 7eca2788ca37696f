"""Athena reads and writes the catalog and S3 as who asks."""

import json
import time
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from localaws_support.roles import allow, client_as, create_role, grant

from localaws.testing import LocalAws

ICEBERG = "tblproperties ('table_type' = 'ICEBERG')"
ATHENA = allow(["athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults"])


class Lake:
    """A bucket with results, and a database with an Iceberg table, a Hive table and a view."""

    def __init__(self, aws: LocalAws, bucket: str) -> None:
        self.aws, self.bucket = aws, bucket
        self.database = f"lake_{uuid.uuid4().hex[:8]}"
        self.operator = aws.client("athena")
        at = f"s3://{bucket}/tables"
        for sql in (
            f"create database {self.database}",
            f"create table {self.database}.plays (id int) location '{at}/plays/' {ICEBERG}",
            f"insert into {self.database}.plays values 1, 2",
            f"create external table {self.database}.medias (id int) location '{at}/medias/'",
            f"create view {self.database}.shown as select * from {self.database}.plays",
        ):
            assert self.run(self.operator, sql)["State"] == "SUCCEEDED", sql

    def run(self, athena: Any, sql: str) -> dict[str, Any]:
        started = athena.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Database": self.database},
            ResultConfiguration={"OutputLocation": f"s3://{self.bucket}/results/"},
        )["QueryExecutionId"]
        while True:
            status = self.operator.get_query_execution(QueryExecutionId=started)
            if status["QueryExecution"]["Status"]["State"] not in {"QUEUED", "RUNNING"}:
                return {**status["QueryExecution"]["Status"], "Id": started}
            time.sleep(0.05)

    def glue(self, action: str | list[str], *tables: str) -> dict[str, Any]:
        start = f"arn:aws:glue:{self.aws.region}:{self.aws.account_id}"
        databases = [f"{start}:database/{name}" for name in ("default", self.database)]
        names = [f"{start}:table/{self.database}/{table}" for table in tables]
        return allow(action, [f"{start}:catalog", *databases, *names])

    def s3(self, action: str | list[str], *folders: str) -> dict[str, Any]:
        return allow(action, [f"arn:aws:s3:::{self.bucket}/{folder}/*" for folder in folders])

    @property
    def common(self) -> list[dict[str, Any]]:
        """What every query needs: Athena, the databases, the bucket and the results."""
        return [
            ATHENA,
            self.glue("glue:GetDatabase"),
            allow(["s3:GetBucketLocation", "s3:ListBucket"], f"arn:aws:s3:::{self.bucket}"),
            self.s3(["s3:PutObject", "s3:GetObject"], "results"),
        ]


@pytest.fixture(scope="module")
def lake(localaws: LocalAws) -> Lake:
    name = f"lake-{uuid.uuid4().hex[:8]}"
    localaws.client("s3").create_bucket(Bucket=name)
    return Lake(localaws, name)


@pytest.fixture
def analyst(lake: Lake) -> str:
    return create_role(lake.aws, *lake.common)


def reason_of(status: dict[str, Any]) -> str:
    assert status["State"] == "FAILED", status
    return str(status["StateChangeReason"])


def test_a_query_needs_the_tables_that_it_names(lake: Lake, analyst: str) -> None:
    athena = client_as(lake.aws, analyst, "athena")
    reason = reason_of(lake.run(athena, "select * from plays"))
    assert "Insufficient permissions to execute the query" in reason
    assert "is not authorized to perform: glue:GetTable on resource: arn:aws:glue:" in reason
    grant(
        lake.aws,
        analyst,
        *lake.common,
        lake.glue("glue:GetTable", "plays"),
        lake.s3("s3:GetObject", "tables/plays"),
    )
    status = lake.run(athena, "select * from plays")
    assert status["State"] == "SUCCEEDED", status
    both = lake.run(athena, "select * from plays join medias using (id)")
    assert f"table/{lake.database}/medias" in reason_of(both)


def test_a_view_needs_its_tables_too(lake: Lake, analyst: str) -> None:
    athena = client_as(lake.aws, analyst, "athena")
    reads = lake.s3("s3:GetObject", "tables/plays")
    grant(lake.aws, analyst, *lake.common, reads, lake.glue("glue:GetTable", "shown"))
    assert f"table/{lake.database}/plays" in reason_of(lake.run(athena, "select * from shown"))
    grant(lake.aws, analyst, *lake.common, reads, lake.glue("glue:GetTable", "shown", "plays"))
    assert lake.run(athena, "select * from shown")["State"] == "SUCCEEDED"


def test_the_engine_reads_objects_as_who_asks(lake: Lake, analyst: str) -> None:
    athena = client_as(lake.aws, analyst, "athena")
    grant(lake.aws, analyst, *lake.common, lake.glue("glue:GetTable", "plays"))
    reason = reason_of(lake.run(athena, "select * from plays"))
    assert reason.startswith(f"Permission denied on S3 path: s3://{lake.bucket}/tables/plays/")


def test_the_engine_writes_objects_as_who_asks(lake: Lake, analyst: str) -> None:
    athena = client_as(lake.aws, analyst, "athena")
    catalog = lake.glue(["glue:GetTable", "glue:UpdateTable"], "plays")
    reads = lake.s3("s3:GetObject", "tables/plays")
    grant(lake.aws, analyst, *lake.common, catalog, reads)
    assert "Permission denied on S3 path" in reason_of(
        lake.run(athena, "insert into plays values 3")
    )
    writes = lake.s3(["s3:GetObject", "s3:PutObject"], "tables/plays")
    grant(lake.aws, analyst, *lake.common, catalog, writes)
    assert lake.run(athena, "insert into plays values 3")["State"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("sql", "action"),
    [
        ("insert into plays values 3", "glue:UpdateTable"),
        ("delete from plays where id = 9", "glue:UpdateTable"),
        ("optimize plays rewrite data using bin_pack", "glue:UpdateTable"),
        ("create table new_one with (table_type = 'HIVE') as select 1 as a", "glue:CreateTable"),
        ("create view v as select 1 as a", "glue:CreateTable"),
        ("drop table medias", "glue:DeleteTable"),
        ("drop view shown", "glue:DeleteTable"),
        ("alter table medias add columns (b int)", "glue:UpdateTable"),
        ("show tables", "glue:GetTables"),
        ("show databases", "glue:GetDatabases"),
        ("create database another", "glue:CreateDatabase"),
        ("msck repair table medias", "glue:GetPartitions"),
    ],
)
def test_each_statement_needs_the_action_of_its_kind(
    lake: Lake, analyst: str, sql: str, action: str
) -> None:
    start = f"arn:aws:glue:{lake.aws.region}:{lake.aws.account_id}"
    reads = allow(["glue:GetTable", "glue:GetDatabase"], f"{start}:*")
    grant(lake.aws, analyst, *lake.common, reads)
    athena = client_as(lake.aws, analyst, "athena")
    assert f"is not authorized to perform: {action} on" in reason_of(lake.run(athena, sql))


def test_a_query_needs_its_place_for_results(lake: Lake) -> None:
    role = create_role(lake.aws, *lake.common[:2])
    athena = client_as(lake.aws, role, "athena")
    with pytest.raises(ClientError, match="Unable to verify/create output bucket"):
        lake.run(athena, "select 1")
    grant(lake.aws, role, *lake.common[:3])
    assert "s3:PutObject" in reason_of(lake.run(athena, "select 1"))


def test_a_result_is_shown_to_who_may_read_it(lake: Lake) -> None:
    role = create_role(lake.aws, ATHENA)
    done = lake.run(lake.operator, "select 1")["Id"]
    athena = client_as(lake.aws, role, "athena")
    with pytest.raises(ClientError, match="s3:GetObject"):
        athena.get_query_results(QueryExecutionId=done)


def test_a_denying_bucket_policy_stops_the_operators_query(lake: Lake) -> None:
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{lake.bucket}/tables/plays/*",
                "Condition": {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/none"}},
            }
        ],
    }
    s3 = lake.aws.client("s3")
    s3.put_bucket_policy(Bucket=lake.bucket, Policy=json.dumps(policy))
    try:
        reason = reason_of(lake.run(lake.operator, "select * from plays"))
        assert reason.startswith("Permission denied on S3 path")
    finally:
        s3.delete_bucket_policy(Bucket=lake.bucket)
