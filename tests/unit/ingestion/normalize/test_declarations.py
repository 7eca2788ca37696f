"""The declarations are consistent: tables, fields, treatments, arguments."""

import hashlib
import hmac
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ingestion import layout
from ingestion.manifest import LandedFile, Manifest
from ingestion.normalize import job, landing, privacy
from ingestion.normalize.errors import NormalizeError
from ingestion.normalize.schemas import TABLES
from ingestion.normalize.storage import DataBucket, partition_files


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_field_that_a_column_reads_is_declared_in_privacy_csv(table: Any) -> None:
    declared = {rule.field for rule in privacy.field_rules() if rule.stream == table.name}
    read = {c.field for c in table.columns if c.field and not c.field.startswith("_meta.")}
    assert read <= declared


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_column_is_fed_by_a_declared_field_or_by_the_envelope(table: Any) -> None:
    rules = [rule for rule in privacy.field_rules() if rule.stream == table.name]
    fed = {column for rule in rules for column in rule.columns}
    fed |= {c.name for c in table.columns if c.field and c.field.startswith("_meta.")}
    assert {column.name for column in table.columns} <= fed


def test_a_dropped_field_feeds_no_column() -> None:
    assert not [r for r in privacy.field_rules() if r.treatment == "drop" and r.columns]


@pytest.mark.parametrize("field", ["ip", "iframe_heatmap_url", "conversion_data.first_name"])
def test_personal_fields_of_events_are_dropped(field: str) -> None:
    treatments = {r.field: r.treatment for r in privacy.field_rules() if r.stream == "events"}
    assert treatments[field] == "drop"


@pytest.mark.parametrize("key", [b"short", b"k" * 64, b"longer than a block" * 9])
def test_the_pads_give_the_hmac_of_the_standard_library(key: bytes) -> None:
    inner, outer = privacy.hmac_pads(key)
    nested = hashlib.sha256(outer + hashlib.sha256(inner + b"v_1").digest()).hexdigest()
    assert nested == hmac.new(key, b"v_1", hashlib.sha256).hexdigest()
    assert nested == privacy.visitor_id("v_1", key)


def test_an_empty_pseudonym_key_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        privacy.hmac_pads(b"")


ARGUMENTS = [
    "--JOB_NAME", "wistia-analytics-normalize", "--run_id", "r", "--ingest_date", "2026-03-02",
    "--streams", "media,events", "--data_bucket", "b", "--pseudonym_secret_id", "s",
    "--as_of", "2026-03-02T02:00:00Z", "--database", "wistia_staging", "--TempDir", "s3://t/",
]  # fmt: skip


def test_the_arguments_of_glue_itself_are_passed_over() -> None:
    arguments = job.parse_arguments(ARGUMENTS)
    assert arguments.streams == ("media", "events")
    assert arguments.clock.as_of == datetime(2026, 3, 2, 2, tzinfo=UTC)
    assert arguments.clock.ingest_date == date(2026, 3, 2)
    assert arguments.quarantine_threshold == 0.01


def test_no_streams_are_nothing_to_do() -> None:
    arguments = [value if value != "media,events" else "" for value in ARGUMENTS]
    assert job.parse_arguments(arguments).streams == ()


def test_a_stream_without_table_is_refused_by_name() -> None:
    arguments = [value if value != "media,events" else "events,ghosts" for value in ARGUMENTS]
    with pytest.raises(NormalizeError, match="ghosts"):
        job.parse_arguments(arguments)


class Objects:
    """An S3 client over a dictionary that can list and read."""

    class exceptions:  # noqa: N801 - boto3's name
        class NoSuchKey(Exception):  # noqa: N818 - boto3's name
            pass

    def __init__(self, **content: bytes) -> None:
        self.content = {key.replace("__", "/"): value for key, value in content.items()}

    def get_object(self, Bucket: str, Key: str) -> Any:  # noqa: N803
        if Key not in self.content:
            raise self.exceptions.NoSuchKey
        return {"Body": io.BytesIO(self.content[Key])}

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, Bucket: str, Prefix: str, StartAfter: str = "") -> Any:  # noqa: N803
        for key, value in sorted(self.content.items()):
            if key.startswith(Prefix) and key > StartAfter:
                yield {"Contents": [{"Key": key, "Size": len(value)}]}


def test_a_stream_without_manifest_landed_nothing() -> None:
    bucket = DataBucket(Objects(), "b")
    assert landing.read_manifest(bucket, "events", date(2026, 3, 2), "r") is None


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"run_id": "r", "stream": "events"}'])
def test_a_manifest_that_cannot_be_read_names_its_address(content: bytes) -> None:
    key = layout.manifest_key("events", "2026-03-02", "r")
    objects = Objects()
    objects.content[key] = content
    with pytest.raises(NormalizeError, match="s3://b/raw_data/events/"):
        landing.read_manifest(DataBucket(objects, "b"), "events", date(2026, 3, 2), "r")


def test_a_file_that_is_gone_ends_the_job() -> None:
    file = LandedFile("raw_data/events/gone.json.gz", 1, 1, "x")
    manifest = Manifest("r", "events", (file,))
    with pytest.raises(NormalizeError, match=r"gone\.json\.gz"):
        landing.broken_files(DataBucket(Objects(), "b"), manifest)


def test_only_parquet_files_of_partitions_are_seen() -> None:
    objects = Objects()
    for name in ("event_date=2026-03-01/part-00000.zstd.parquet", "event_date=2026-03-01/_SUCCESS",
                 "_tmp/x.parquet", "event_date=bad/a.parquet"):  # fmt: skip
        objects.content[f"staging/events/{name}"] = b"1"
    bucket = DataBucket(objects, "b")
    found = partition_files(bucket, "events", "event_date", date.min, date.max)
    assert [(day, len(entries)) for day, entries in found.items()] == [(date(2026, 3, 1), 1)]


def test_the_first_and_the_last_day_belong_to_what_is_looked_at_and_no_other_does() -> None:
    objects = Objects()
    for day in ("2026-02-28", "2026-03-01", "2026-03-02", "2026-03-03", "2026-03-04"):
        objects.content[f"staging/events/event_date={day}/a.parquet"] = b"1"
    bucket = DataBucket(objects, "b")
    found = partition_files(bucket, "events", "event_date", date(2026, 3, 1), date(2026, 3, 3))
    assert list(found) == [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)]
