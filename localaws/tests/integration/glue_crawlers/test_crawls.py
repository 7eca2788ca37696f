"""Crawlers keep the catalog true to what lies in S3."""

import io
import json
import uuid
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from localaws_support.executors import wait_for

PARQUET = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
    },
}


class Staging:
    """A declared table ``events`` over a folder of parquet files, and its crawler."""

    def __init__(self, localaws: Any, bucket: str, role_arn: str) -> None:
        self.glue, self.s3, self.bucket = localaws.client("glue"), localaws.client("s3"), bucket
        self.database = self.crawler = f"crawled_{uuid.uuid4().hex[:8]}"
        self.glue.create_database(DatabaseInput={"Name": self.database})
        self.glue.create_table(
            DatabaseName=self.database,
            TableInput={
                "Name": "events",
                "TableType": "EXTERNAL_TABLE",
                "Parameters": {"classification": "parquet"},
                "PartitionKeys": [{"Name": "event_date", "Type": "date"}],
                "StorageDescriptor": {
                    "Columns": [
                        {"Name": "id", "Type": "bigint", "Comment": "the key"},
                        {"Name": "name", "Type": "string"},
                    ],
                    "Location": f"s3://{bucket}/events/",
                    **PARQUET,
                },
            },
        )
        self.role_arn = role_arn

    def declare_crawler(
        self,
        delete: str = "LOG",
        update: str = "UPDATE_IN_DATABASE",
        tables: str | None = None,
        **target: Any,
    ) -> None:
        output = {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}
        if tables:
            output["Tables"] = {"AddOrUpdateBehavior": tables}
        default = {"CatalogTargets": [{"DatabaseName": self.database, "Tables": ["events"]}]}
        self.glue.create_crawler(
            Name=self.crawler,
            Role=self.role_arn,
            DatabaseName=self.database,
            Targets=target or default,
            SchemaChangePolicy={"UpdateBehavior": update, "DeleteBehavior": delete},
            Configuration=json.dumps({"Version": 1.0, "CrawlerOutput": output}),
        )

    def declare(self, **parameters: str) -> None:
        """Give the table these parameters and no others."""
        table = self.table()
        given = {k: table[k] for k in ("Name", "TableType", "PartitionKeys", "StorageDescriptor")}
        self.glue.update_table(
            DatabaseName=self.database, TableInput={**given, "Parameters": parameters}
        )

    def table(self) -> dict[str, Any]:
        return self.glue.get_table(DatabaseName=self.database, Name="events")["Table"]

    def put(self, key: str, **columns: list[Any]) -> None:
        content = io.BytesIO()
        pq.write_table(pa.table(columns), content)
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=content.getvalue())

    def crawl(self) -> dict[str, Any]:
        self.glue.start_crawler(Name=self.crawler)
        return wait_for(
            lambda: self.glue.get_crawler(Name=self.crawler)["Crawler"],
            lambda crawler: crawler["State"] == "READY",
        )["LastCrawl"]

    def columns(self) -> dict[str, str]:
        table = self.table()
        return {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}

    def partitions(self) -> list[str]:
        answer = self.glue.get_partitions(DatabaseName=self.database, TableName="events")
        return sorted(entry["Values"][0] for entry in answer["Partitions"])


@pytest.fixture
def staging(localaws, bucket, role_arn) -> Staging:
    return Staging(localaws, bucket, role_arn)


def test_new_partitions_are_registered_and_hidden_files_are_not(staging):
    # GIVEN a declared table and files of two days, and what a job has left half done
    staging.declare_crawler()
    staging.put("events/event_date=2026-03-01/a.parquet", id=[1], name=["x"])
    staging.put("events/event_date=2026-03-02/a.parquet", id=[2], name=["y"])
    staging.put("events/_temporary/event_date=2026-03-03/a.parquet", id=[3], name=["z"])
    # WHEN the crawler runs
    last = staging.crawl()
    # THEN both days are there, each at its place
    assert last["Status"] == "SUCCEEDED"
    assert staging.partitions() == ["2026-03-01", "2026-03-02"]
    partition = staging.glue.get_partition(
        DatabaseName=staging.database, TableName="events", PartitionValues=["2026-03-02"]
    )["Partition"]
    location = partition["StorageDescriptor"]["Location"]
    assert location == f"s3://{staging.bucket}/events/event_date=2026-03-02/"


def test_a_new_column_is_added_and_a_changed_type_is_told_but_not_written(staging):
    # GIVEN a file with a column more, and one of another type
    staging.declare_crawler()
    staging.put("events/event_date=2026-03-01/a.parquet", id=["one"], name=["x"], score=[0.5])
    # WHEN the crawler runs
    last = staging.crawl()
    # THEN the column is added, the declared type stays, and the crawl tells the conflict
    assert staging.columns() == {"id": "bigint", "name": "string", "score": "double"}
    assert "Column id of table events is string" in last["ErrorMessage"]
    metrics = staging.glue.get_crawler_metrics(CrawlerNameList=[staging.crawler])
    assert metrics["CrawlerMetricsList"][0]["TablesUpdated"] == 1


@pytest.mark.parametrize(
    ("declared", "changed"),
    [
        (
            {"classification": "parquet"},
            "'compressionType' has changed. The existing value is 'null'",
        ),
        (
            {"classification": "parquet", "compressionType": "snappy"},
            "'compressionType' has changed. The existing value is 'snappy'",
        ),
        ({"compressionType": "none"}, "'classification' has changed. The existing value is 'null'"),
        (
            {"classification": "json", "compressionType": "none"},
            "'classification' has changed. The existing value is 'json'",
        ),
    ],
)
def test_a_table_that_differs_is_deprecated_and_gets_no_partition_though_the_crawl_succeeds(
    localaws, staging, declared, changed
):
    # GIVEN a crawler that only adds columns, and a table that is declared otherwise than its files
    staging.declare_crawler(tables="MergeNewColumns")
    staging.declare(**declared)
    staging.put("events/event_date=2026-03-01/a.parquet", id=[1], name=["x"], score=[0.5])
    # WHEN it runs
    last = staging.crawl()
    # THEN nothing is registered, and only a mark and a line of the log tell
    assert (last["Status"], staging.partitions()) == ("SUCCEEDED", [])
    assert "score" not in staging.columns()
    assert staging.table()["Parameters"]["DEPRECATED_BY_CRAWLER"].isdigit()
    events = localaws.client("logs").filter_log_events(
        logGroupName="/aws-glue/crawlers", logStreamNames=[staging.crawler]
    )["events"]
    assert any(f"because the parameter {changed}" in event["message"] for event in events)


@pytest.mark.parametrize("codec", ["none", "snappy", "zstd", "gzip"])
def test_parquet_of_any_codec_is_not_compressed(staging, codec):
    # GIVEN a table as AWS's own templates declare it
    staging.declare_crawler(tables="MergeNewColumns")
    staging.declare(classification="parquet", compressionType="none")
    content = io.BytesIO()
    pq.write_table(pa.table({"id": [1], "name": ["x"], "more": [1]}), content, compression=codec)
    key = "events/event_date=2026-03-01/a.parquet"
    staging.s3.put_object(Bucket=staging.bucket, Key=key, Body=content.getvalue())
    # WHEN its files are crawled
    staging.crawl()
    # THEN the table fits: partition and column are there
    assert staging.partitions() == ["2026-03-01"]
    assert "more" in staging.columns()
    assert "DEPRECATED_BY_CRAWLER" not in staging.table()["Parameters"]


def test_a_crawler_that_only_logs_adds_partitions_and_never_changes_the_table(staging):
    # GIVEN a policy of LOG, and a table that differs in every way
    staging.declare_crawler(update="LOG", tables="MergeNewColumns")
    staging.declare(classification="json")
    before = staging.table()
    staging.put("events/event_date=2026-03-01/a.parquet", id=["one"], name=["x"], score=[0.5])
    # WHEN the crawler runs
    staging.crawl()
    # THEN the partition is there with the table's columns, and the table is as before
    assert staging.partitions() == ["2026-03-01"]
    partition = staging.glue.get_partition(
        DatabaseName=staging.database, TableName="events", PartitionValues=["2026-03-01"]
    )["Partition"]
    declared = before["StorageDescriptor"]["Columns"]
    assert partition["StorageDescriptor"]["Columns"] == declared
    after = staging.table()
    assert (after["Parameters"], after["StorageDescriptor"], after["VersionId"]) == (
        before["Parameters"],
        before["StorageDescriptor"],
        before["VersionId"],
    )


@pytest.mark.parametrize(
    ("behaviour", "left"),
    [("LOG", ["2026-03-01", "2026-03-02"]), ("DELETE_FROM_DATABASE", ["2026-03-02"])],
)
def test_a_partition_without_files_goes_only_if_the_policy_says_so(staging, behaviour, left):
    # GIVEN two registered days, one of which loses its files
    staging.declare_crawler(delete=behaviour)
    for day in ("2026-03-01", "2026-03-02"):
        staging.put(f"events/event_date={day}/a.parquet", id=[1], name=["x"])
    staging.crawl()
    staging.s3.delete_object(Bucket=staging.bucket, Key="events/event_date=2026-03-01/a.parquet")
    # WHEN the crawler runs again
    staging.crawl()
    # THEN the policy decides
    assert staging.partitions() == left


def test_an_s3_target_makes_a_table_of_each_folder(staging):
    # GIVEN a folder that is no table yet
    staging.declare_crawler(S3Targets=[{"Path": f"s3://{staging.bucket}/lake/"}])
    staging.put("lake/Media Files/day=1/a.parquet", id=[1], tags=[["a"]])
    # WHEN the crawler runs
    staging.crawl()
    # THEN there is a table with its columns, its partition key and its partition
    table = staging.glue.get_table(DatabaseName=staging.database, Name="media_files")["Table"]
    types = {c["Name"]: c["Type"] for c in table["StorageDescriptor"]["Columns"]}
    assert types == {"id": "bigint", "tags": "array<string>"}
    assert table["PartitionKeys"] == [{"Name": "day", "Type": "string"}]
    assert table["Parameters"]["classification"] == "parquet"
    partitions = staging.glue.get_partitions(DatabaseName=staging.database, TableName="media_files")
    assert [entry["Values"] for entry in partitions["Partitions"]] == [["1"]]


def test_a_file_that_is_no_parquet_fails_nothing_else(staging):
    # GIVEN a damaged file beside a good one
    staging.declare_crawler()
    staging.s3.put_object(
        Bucket=staging.bucket, Key="events/event_date=2026-03-01/a.parquet", Body=b"no parquet"
    )
    staging.put("events/event_date=2026-03-02/a.parquet", id=[1], name=["x"])
    # WHEN the crawler runs
    last = staging.crawl()
    # THEN it ends, with the partitions of both folders
    assert last["Status"] == "SUCCEEDED"
    assert staging.partitions() == ["2026-03-01", "2026-03-02"]


def test_an_idle_crawler_cannot_be_stopped(staging):
    # GIVEN a crawler that does not run
    staging.declare_crawler()
    # WHEN it is stopped
    with pytest.raises(ClientError) as refused:
        staging.glue.stop_crawler(Name=staging.crawler)
    # THEN Glue's error says so
    assert refused.value.response["Error"]["Code"] == "CrawlerNotRunningException"
