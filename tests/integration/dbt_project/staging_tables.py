"""Writes the staging tables as the normalisation job does: parquet on S3, partitions in Glue."""

import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# Names of its own: other tests of the session deploy the real ones into the same account.
BUCKET = "dbt-tests-data"
DATABASE = "dbt_tests_staging"
WORKGROUP = "dbt-tests"

# The contract between the normalisation job and dbt: Glue type per column.
_LINEAGE = {"ingested_at": "timestamp", "run_id": "string", "_extra": "string"}
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "media": (
        "snapshot_date",
        {
            "media_id": "string",
            "media_numeric_id": "bigint",
            "media_name": "string",
            "media_type": "string",
            "status": "string",
            "is_archived": "boolean",
            "is_protected": "boolean",
            "created_at": "timestamp",
            "updated_at": "timestamp",
            "duration_seconds": "double",
            "description": "string",
            "section": "string",
            "progress": "double",
            "thumbnail_url": "string",
            "thumbnail_width": "int",
            "thumbnail_height": "int",
            "folder_id": "string",
            "folder_numeric_id": "bigint",
            "folder_name": "string",
            "subfolder_id": "string",
            "subfolder_name": "string",
            "tags": "array<string>",
            "asset_count": "int",
            "original_file_bytes": "bigint",
            "original_width": "int",
            "original_height": "int",
        },
    ),
    "events": (
        "event_date",
        {
            "event_key": "string",
            "received_at": "timestamp",
            "visitor_id": "string",
            "media_id": "string",
            "media_name": "string",
            "media_url": "string",
            "percent_viewed": "double",
            "embed_host": "string",
            "embed_path": "string",
            **dict.fromkeys(_UTM, "string"),
            "country_code": "string",
            "region_code": "string",
            "region_name": "string",
            "city": "string",
            "latitude": "double",
            "longitude": "double",
            "organization": "string",
            "has_email": "boolean",
            "conversion_type": "string",
            "is_conversion": "boolean",
            "is_new_lead": "boolean",
            "browser": "string",
            "browser_version": "string",
            "platform": "string",
            "is_mobile": "boolean",
            "ingested_page": "int",
            "ingested_position": "int",
        },
    ),
    "media_daily_stats": (
        "event_date",
        {
            "media_id": "string",
            "load_count": "bigint",
            "play_count": "bigint",
            "modelled_hours_watched": "double",
        },
    ),
    "media_analytics": (
        "event_date",
        {
            "media_id": "string",
            "bucket_started_at": "timestamp",
            "plays": "bigint",
            "unique_plays": "bigint",
            "unique_loads": "bigint",
            "unique_visitors": "bigint",
            "play_rate": "double",
            "engagement_rate": "double",
            "played_seconds": "double",
        },
    ),
    "media_stats": (
        "snapshot_date",
        {
            "media_id": "string",
            "load_count": "bigint",
            "play_count": "bigint",
            "play_rate": "double",
            "modelled_hours_watched": "double",
            "engagement_rate": "double",
            "visitor_count": "bigint",
        },
    ),
    "media_engagement": (
        "snapshot_date",
        {
            "media_id": "string",
            "engagement_rate": "double",
            "engagement_data": "array<int>",
            "rewatch_data": "array<int>",
        },
    ),
    "folders": (
        "snapshot_date",
        {
            "folder_id": "string",
            "folder_numeric_id": "bigint",
            "folder_name": "string",
            "description": "string",
            "media_count": "int",
            "is_public": "boolean",
            "created_at": "timestamp",
            "updated_at": "timestamp",
        },
    ),
    "visitors": (
        "snapshot_date",
        {
            "visitor_id": "string",
            "created_at": "timestamp",
            "last_active_at": "timestamp",
            "load_count": "bigint",
            "play_count": "bigint",
            "browser": "string",
            "platform": "string",
            "is_mobile": "boolean",
            "has_identity": "boolean",
        },
    ),
}

_ARROW = {
    "string": pa.string(),
    "bigint": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("ms"),
    "array<string>": pa.list_(pa.string()),
    "array<int>": pa.list_(pa.int32()),
}


def columns_of(table: str) -> dict[str, str]:
    """Return the Glue type of every column of a staging table, partition excluded."""
    return {**TABLES[table][1], **_LINEAGE}


@dataclass
class StagingTables:
    """The staging database of one account; ``client`` makes its boto3 clients."""

    client: Callable[[str], Any]
    bucket: str = BUCKET
    _file_numbers: Iterator[int] = field(default_factory=itertools.count)

    def create(self) -> None:
        """Create bucket, databases, workgroup and empty tables, as the template does."""
        s3, glue, athena = self.client("s3"), self.client("glue"), self.client("athena")
        s3.create_bucket(Bucket=self.bucket)
        glue.create_database(
            DatabaseInput={"Name": DATABASE, "LocationUri": f"s3://{self.bucket}/staging/"}
        )
        for table, (partition, _) in TABLES.items():
            glue.create_table(
                DatabaseName=DATABASE,
                TableInput={
                    "Name": table,
                    "TableType": "EXTERNAL_TABLE",
                    "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet"},
                    "PartitionKeys": [{"Name": partition, "Type": "date"}],
                    "StorageDescriptor": self._storage(
                        table, f"s3://{self.bucket}/staging/{table}/"
                    ),
                },
            )
        athena.create_work_group(
            Name=WORKGROUP,
            Configuration={
                "ResultConfiguration": {"OutputLocation": f"s3://{self.bucket}/athena-results/"}
            },
        )

    def write(self, table: str, day: str, rows: list[dict[str, Any]]) -> None:
        """Replace one partition; no rows: the partition is dropped."""
        partition = TABLES[table][0]
        prefix = f"staging/{table}/{partition}={day}/"
        s3 = self.client("s3")
        listed = s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        for item in listed:
            s3.delete_object(Bucket=self.bucket, Key=item["Key"])
        if not rows:
            self.drop_partition(table, day)
            return
        columns = columns_of(table)
        schema = pa.schema([(name, _ARROW[kind]) for name, kind in columns.items()])
        data = pa.Table.from_pylist(
            [{name: row.get(name) for name in columns} for row in rows], schema
        )
        buffer = io.BytesIO()
        pq.write_table(data, buffer, coerce_timestamps="ms")
        # Trino caches nothing by name here, but a new name can never show an old file.
        key = f"{prefix}part-{next(self._file_numbers):06d}.parquet"
        s3.put_object(Bucket=self.bucket, Key=key, Body=buffer.getvalue())
        glue = self.client("glue")
        try:
            glue.create_partition(
                DatabaseName=DATABASE,
                TableName=table,
                PartitionInput={
                    "Values": [day],
                    "StorageDescriptor": self._storage(table, f"s3://{self.bucket}/{prefix}"),
                },
            )
        except glue.exceptions.AlreadyExistsException:
            return

    def drop_partition(self, table: str, day: str) -> None:
        """Take a partition out of the catalog; it need not be there."""
        glue = self.client("glue")
        try:
            glue.delete_partition(DatabaseName=DATABASE, TableName=table, PartitionValues=[day])
        except glue.exceptions.EntityNotFoundException:
            return

    def _storage(self, table: str, location: str) -> dict[str, Any]:
        return {
            "Columns": [{"Name": n, "Type": t} for n, t in columns_of(table).items()],
            "Location": location,
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
            },
        }
