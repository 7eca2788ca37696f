"""Writes the staging tables as the normalization job does: parquet on S3, partitions in Glue."""

import functools
import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.normalize.schemas import TABLES

# Other names: some tests of the session deploy the real tables into the same account.
BUCKET = "dbt-tests-data"
DATABASE = "dbt_tests_staging"
WORKGROUP = "dbt-tests"

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
    return dict(TABLES[table].glue_columns)


@dataclass
class StagingTables:
    """The staging database of one account; ``client`` makes its boto3 clients."""

    client: Callable[[str], Any]
    bucket: str = BUCKET
    database: str = DATABASE
    workgroup: str = WORKGROUP
    _file_numbers: Iterator[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        # boto3 takes a tenth of a second for a client, and each partition needs two.
        self.client = functools.cache(self.client)

    def create(self) -> None:
        """Create bucket, databases, workgroup and empty tables, as the template does."""
        s3, glue, athena = self.client("s3"), self.client("glue"), self.client("athena")
        s3.create_bucket(Bucket=self.bucket)
        glue.create_database(
            DatabaseInput={"Name": self.database, "LocationUri": f"s3://{self.bucket}/staging/"}
        )
        for table, declared in TABLES.items():
            glue.create_table(
                DatabaseName=self.database,
                TableInput={
                    "Name": table,
                    "TableType": "EXTERNAL_TABLE",
                    "Parameters": {"EXTERNAL": "TRUE", "classification": "parquet"},
                    "PartitionKeys": [{"Name": declared.partition_column, "Type": "date"}],
                    "StorageDescriptor": self._storage(
                        table, f"s3://{self.bucket}/staging/{table}/"
                    ),
                },
            )
        athena.create_work_group(
            Name=self.workgroup,
            Configuration={
                "EnforceWorkGroupConfiguration": True,
                "ResultConfiguration": {"OutputLocation": f"s3://{self.bucket}/athena-results/"},
            },
        )

    def query(self, sql: str, schema: str) -> tuple[list[str], list[tuple[str | None, ...]]]:
        """Return the names of the columns and the rows of a query, as Athena shows them."""
        athena = self.client("athena")
        execution_id = athena.start_query_execution(
            QueryString=sql, WorkGroup=self.workgroup, QueryExecutionContext={"Database": schema}
        )["QueryExecutionId"]
        state = "QUEUED"
        while state in ("QUEUED", "RUNNING"):
            status = athena.get_query_execution(QueryExecutionId=execution_id)
            state = status["QueryExecution"]["Status"]["State"]
        if state != "SUCCEEDED":
            raise AssertionError(f"{sql}: {status['QueryExecution']['Status']}")
        pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=execution_id)
        rows = [
            tuple(cell.get("VarCharValue") for cell in row["Data"])
            for page in pages
            for row in page["ResultSet"]["Rows"]
        ]
        header, *found = rows or [()]  # a DELETE returns nothing
        return [str(name) for name in header], found

    def write(self, table: str, day: str, rows: list[dict[str, Any]]) -> None:
        """Replace one partition; without rows, drop it."""
        partition = TABLES[table].partition_column
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
        self.add_partition(table, day)

    def add_partition(self, table: str, day: str) -> None:
        """Put a partition into the catalog where its files are; it may be there, or have no files."""
        prefix = f"staging/{table}/{TABLES[table].partition_column}={day}/"
        if not self.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix)["KeyCount"]:
            return
        glue = self.client("glue")
        try:
            glue.create_partition(
                DatabaseName=self.database,
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
            glue.delete_partition(
                DatabaseName=self.database, TableName=table, PartitionValues=[day]
            )
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
