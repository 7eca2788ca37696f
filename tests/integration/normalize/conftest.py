"""One Spark session (1 GB heap, two cores) and one S3 (moto) for all tests of the normalize job."""

import gzip
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from pyspark.sql import SparkSession

from ingestion.landing.field_names import FieldNames
from ingestion.normalize import job
from ingestion.normalize.schemas import TABLES
from ingestion.normalize.transforms import RunClock
from tests.support.spark_session import spark_session

PSEUDONYM_KEY = "a-pseudonym-key-for-tests"
RUN_ID = "20260302T020000Z-1a2b3c4d"
AS_OF = datetime(2026, 3, 2, 2, tzinfo=UTC)


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def spark(endpoint: str) -> Iterator[SparkSession]:
    with spark_session(endpoint, "testing", "testing") as session:
        yield session


@pytest.fixture(scope="session")
def client(endpoint: str) -> Callable[[str], Any]:
    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    return make


@dataclass
class Lake:
    """A data bucket with landed files, and the job to run on it."""

    spark: SparkSession
    s3: Any
    secrets: Any
    bucket: str
    as_of: datetime = AS_OF
    threshold: float = 0.01
    scratch: str = "auto"
    landed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def land_lines(
        self,
        stream: str,
        files: list[bytes],
        run_id: str = RUN_ID,
        rows: list[int] | None = None,
        fields: list[list[str] | None] | None = None,
        **described_as: Any,
    ) -> list[str]:
        """Land files as given (already compressed) with a manifest that lists them."""
        folder = f"raw_data/{stream}/ingest_date={self.as_of:%Y-%m-%d}/run_id={run_id}"
        described = []
        for number, content in enumerate(files):
            key = f"{folder}/{stream}-0001-{number:04d}.json.gz"
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=content)
            count = rows[number] if rows else gzip.decompress(content).count(b"\n")
            described.append(
                {
                    "key": key,
                    "rows": count,
                    "bytes": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "fields": fields[number] if fields else None,
                }
            )
        manifest = {
            "manifest_version": 1,
            "run_id": run_id,
            "stream": stream,
            "as_of": self.as_of.isoformat(),
            "window": {"start": "2026-02-20T00:00:00Z", "end": self.as_of.isoformat()},
            "files": described,
            "rows": sum(file["rows"] for file in described),
            **described_as,
        }
        self.s3.put_object(
            Bucket=self.bucket, Key=f"{folder}/manifest.json", Body=json.dumps(manifest).encode()
        )
        return [file["key"] for file in described]

    def land(
        self,
        stream: str,
        records: list[dict[str, Any]],
        run_id: str = RUN_ID,
        files: int = 1,
        **described_as: Any,
    ) -> list[str]:
        """Land envelopes as NDJSON."""
        parts = [records[number::files] for number in range(files)]
        # The field names that the landing writer collects from these records.
        fields = [
            FieldNames.of(json.dumps(envelope["record"]).encode() for envelope in part).names
            for part in parts
        ]
        lines = [ndjson(part) for part in parts]
        return self.land_lines(stream, lines, run_id, fields=fields, **described_as)

    def normalize(self, *streams: str, run_id: str = RUN_ID) -> dict[str, Any]:
        """Run the job in this process on the shared session."""
        arguments = job.Arguments(
            run_id=run_id,
            streams=streams,
            data_bucket=self.bucket,
            pseudonym_secret_id="pseudonym",
            quarantine_threshold=self.threshold,
            clock=RunClock(self.as_of, self.as_of.date()),
            scratch=self.scratch,
        )
        return job.run(arguments, self.spark, self.s3, self.secrets)

    def files(self, prefix: str) -> dict[str, tuple[str, datetime]]:
        """ETag and time of every object under a prefix."""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return {entry["Key"]: (entry["ETag"], entry["LastModified"]) for entry in found}

    def staging(self, table: str) -> list[dict[str, Any]]:
        """All rows of a staging table, by key."""
        if not self.files(f"staging/{table}/"):
            return []
        declared = TABLES[table]
        frame = self.spark.read.schema(f"{declared.ddl}, {declared.partition_column} date").parquet(
            f"s3://{self.bucket}/staging/{table}/"
        )
        rows = [row.asDict(recursive=True) for row in frame.collect()]
        return sorted(
            rows, key=lambda row: (row[declared.partition_column], *(row[k] for k in declared.key))
        )

    def quarantined(self, stream: str) -> list[dict[str, Any]]:
        """All notes in quarantine."""
        notes = []
        for key in self.files(f"quarantine/{stream}/"):
            content = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            if key.endswith(".gz"):
                content = gzip.decompress(content)
            # Not `splitlines`, which splits at other characters, too.
            notes += [json.loads(line) for line in content.decode().split("\n") if line]
        return notes


def ndjson(records: list[dict[str, Any]]) -> bytes:
    return gzip.compress(
        b"".join(json.dumps(record, ensure_ascii=False).encode() + b"\n" for record in records), 1
    )


@pytest.fixture(scope="session")
def make_lake(spark: SparkSession, client: Callable[[str], Any]) -> Callable[..., Lake]:
    s3, secrets = client("s3"), client("secretsmanager")
    secrets.create_secret(Name="pseudonym", SecretString=PSEUDONYM_KEY)
    numbers = itertools.count()

    def make(**settings: Any) -> Lake:
        name = f"lake-{next(numbers)}"
        s3.create_bucket(Bucket=name)
        return Lake(spark, s3, secrets, name, **settings)

    return make


@pytest.fixture
def lake(make_lake: Callable[..., Lake]) -> Lake:
    return make_lake()


@pytest.fixture(scope="session")
def clock() -> RunClock:
    return RunClock(AS_OF, date(2026, 3, 2))
