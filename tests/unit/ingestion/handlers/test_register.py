"""After the crawl, the catalog has every partition of staging, or the night fails with the reason."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ingestion import layout
from ingestion.catalog import StagingCatalog
from ingestion.deadline import Deadline
from ingestion.errors import CrawlIncomplete
from ingestion.handlers.register import register
from ingestion.handlers.runtime import Services
from ingestion.object_store import ObjectStore
from ingestion.settings import Settings

BUCKET, DATABASE, RUN = "data", "staged", "20260302T020000Z-1a2b3c4d"
DAYS = ["2026-02-28", "2026-03-01"]
COLUMNS = [{"Name": "event_key", "Type": "string"}, {"Name": "plays", "Type": "bigint"}]
PLAN = {
    "run_id": RUN,
    "as_of": "2026-03-02T02:00:00Z",
    "ingest_date": "2026-03-02",
    "full_refresh": False,
    "is_backfill": False,
    "window": {"start": "2026-02-27T00:00:00Z", "end": "2026-03-02T02:00:00Z"},
    "dbt_vars": "{}",
    "streams": "events",
}


class Staging:
    """The table ``events`` with files of two days, and nothing registered."""

    def __init__(self) -> None:
        self.s3: Any = boto3.client("s3")
        self.glue: Any = boto3.client("glue")
        self.s3.create_bucket(Bucket=BUCKET)
        self.glue.create_database(DatabaseInput={"Name": DATABASE})
        self.glue.create_table(DatabaseName=DATABASE, TableInput=self.table_input(COLUMNS))
        for day in DAYS:
            self.put(day)
        self.wrote(events=DAYS[1:])

    @staticmethod
    def table_input(columns: list[dict[str, str]], **parameters: str) -> dict[str, Any]:
        return {
            "Name": "events",
            "PartitionKeys": [{"Name": "event_date", "Type": "date"}],
            "Parameters": {"classification": "parquet", **parameters},
            "StorageDescriptor": {
                "Columns": columns,
                "Location": f"s3://{BUCKET}/staging/events/",
                "InputFormat": "parquet",
            },
        }

    def put(self, day: str) -> None:
        key = f"staging/events/event_date={day}/a.parquet"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=b"PAR1")

    def wrote(self, **partitions: list[str]) -> None:
        """Let the normalize job have written these partitions."""
        streams = {stream: {"partitions": days} for stream, days in partitions.items()}
        self.s3.put_object(
            Bucket=BUCKET, Key=layout.normalize_key(RUN), Body=json.dumps({"streams": streams})
        )

    def crawled(self, *days: str) -> None:
        """Register days as the crawler does."""
        descriptor = self.table_input(COLUMNS)["StorageDescriptor"]
        for day in days:
            place = {"Location": f"s3://{BUCKET}/staging/events/event_date={day}/"}
            self.glue.create_partition(
                DatabaseName=DATABASE,
                TableName="events",
                PartitionInput={"Values": [day], "StorageDescriptor": {**descriptor, **place}},
            )

    def partitions(self) -> dict[str, dict[str, Any]]:
        answer = self.glue.get_partitions(DatabaseName=DATABASE, TableName="events")
        return {item["Values"][0]: item["StorageDescriptor"] for item in answer["Partitions"]}

    def register(self) -> dict[str, Any]:
        settings = Settings(data_bucket=BUCKET, staging_database=DATABASE)
        services = Services(
            settings, ObjectStore(self.s3, BUCKET), lambda: pytest.fail("no Wistia"), Deadline(60)
        )
        catalog = StagingCatalog(self.glue, self.s3, DATABASE, BUCKET)
        return register({"plan": PLAN}, services, catalog)


@pytest.fixture
def staging(monkeypatch: pytest.MonkeyPatch) -> Iterator[Staging]:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Staging()


def test_a_whole_crawl_leaves_nothing_to_do(staging: Staging) -> None:
    staging.crawled(*DAYS)
    before = staging.partitions()
    told = staging.register()
    assert told == {"run_id": RUN, "registered": 0, "updated": 0, "deprecated": []}
    assert staging.partitions() == before


def test_what_the_crawler_left_out_is_registered_also_of_earlier_nights(staging: Staging) -> None:
    told = staging.register()
    assert told["registered"] == 2
    assert list(staging.partitions()) == DAYS
    for day, descriptor in staging.partitions().items():
        assert descriptor["Location"] == f"s3://{BUCKET}/staging/events/event_date={day}/"
        assert descriptor["Columns"] == COLUMNS
        assert descriptor["InputFormat"] == "parquet"
    assert staging.register()["registered"] == 0


def test_a_deployed_column_reaches_the_partitions_of_before(staging: Staging) -> None:
    """Athena reads a column that a partition does not have as null, though its files have it."""
    staging.crawled(*DAYS)
    columns = [*COLUMNS, {"Name": "added", "Type": "string"}]
    staging.glue.update_table(DatabaseName=DATABASE, TableInput=staging.table_input(columns))
    assert staging.register()["updated"] == 2
    for day, descriptor in staging.partitions().items():
        assert descriptor["Columns"] == columns
        assert descriptor["Location"].endswith(f"event_date={day}/")


def test_more_partitions_than_one_request_takes_are_registered(staging: Staging) -> None:
    days = [f"20{year:02}-{month:02}-01" for year in range(10, 31) for month in range(1, 13)]
    for day in days:
        staging.put(day)
    assert staging.register()["registered"] == len(days) + 1  # 2026-03-01 is in both
    assert set(staging.partitions()) == {*days, *DAYS}


def test_a_deprecated_table_is_named(staging: Staging) -> None:
    marked = staging.table_input(COLUMNS, DEPRECATED_BY_CRAWLER="1772416800000")
    staging.glue.update_table(DatabaseName=DATABASE, TableInput=marked)
    assert staging.register()["deprecated"] == ["events"]


def test_a_registered_day_whose_files_are_gone_stays_as_it_is(staging: Staging) -> None:
    staging.crawled(*DAYS, "2025-01-01")
    assert staging.register()["registered"] == 0
    assert "2025-01-01" in staging.partitions()


@pytest.mark.parametrize(
    ("wrote", "reason"),
    [
        ({"events": DAYS, "visitors": ["2026-03-02"]}, "visitors, which the database staged"),
        ({"events": ["2026-03-07"]}, "2026-03-07 of events"),
    ],
)
def test_a_partition_that_cannot_be_registered_fails_the_night_with_the_reason(
    staging: Staging, wrote: dict[str, list[str]], reason: str
) -> None:
    staging.wrote(**wrote)
    with pytest.raises(CrawlIncomplete, match=reason):
        staging.register()


def test_a_stream_that_wrote_nothing_needs_no_table(staging: Staging) -> None:
    staging.wrote(events=DAYS, visitors=[])
    assert staging.register()["registered"] == 2


def test_a_refusal_of_glue_is_the_reason(staging: Staging) -> None:
    staging.glue.delete_database(Name=DATABASE)
    with pytest.raises(CrawlIncomplete, match="EntityNotFoundException"):
        staging.register()


def test_a_run_without_the_jobs_account_fails(staging: Staging) -> None:
    staging.s3.delete_object(Bucket=BUCKET, Key=layout.normalize_key(RUN))
    with pytest.raises(CrawlIncomplete, match=r"normalize\.json is missing"):
        staging.register()
