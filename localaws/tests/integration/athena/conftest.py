"""A database of the test session's own, and a client that waits."""

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from localaws.testing import LocalAws

FINAL = {"SUCCEEDED", "FAILED", "CANCELLED"}


class Athena:
    """Runs statements to their end, as any client of Athena does."""

    def __init__(self, aws: LocalAws, bucket: str, database: str) -> None:
        self.aws, self.bucket, self.database = aws, bucket, database
        self.client = aws.client("athena")
        self.glue = aws.client("glue")
        self.s3 = aws.client("s3")
        self.results = f"s3://{bucket}/results/"

    def start(self, sql: str, **options: Any) -> str:
        options.setdefault("ResultConfiguration", {"OutputLocation": self.results})
        options.setdefault(
            "QueryExecutionContext", {"Catalog": "AwsDataCatalog", "Database": self.database}
        )
        return self.client.start_query_execution(QueryString=sql, **options)["QueryExecutionId"]

    def wait(self, identity: str) -> dict[str, Any]:
        while True:
            found = self.client.get_query_execution(QueryExecutionId=identity)["QueryExecution"]
            if found["Status"]["State"] in FINAL:
                return found
            time.sleep(0.02)

    def run(self, sql: str, **options: Any) -> dict[str, Any]:
        """Run a statement that must succeed."""
        execution = self.wait(self.start(sql, **options))
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        return execution

    def fail(self, sql: str, **options: Any) -> dict[str, Any]:
        """Run a statement that must fail; give its status."""
        status = self.wait(self.start(sql, **options))["Status"]
        assert status["State"] == "FAILED", f"{sql}: {status}"
        return status

    def pages(self, identity: str, **options: Any) -> Iterator[dict[str, Any]]:
        yield from self.client.get_paginator("get_query_results").paginate(
            QueryExecutionId=identity, **options
        )

    def rows(self, sql: str, **options: Any) -> list[list[str | None]]:
        """Run a query; give its rows as text."""
        execution = self.run(sql, **options)
        found = [
            [datum.get("VarCharValue") for datum in row["Data"]]
            for page in self.pages(execution["QueryExecutionId"])
            for row in page["ResultSet"]["Rows"]
        ]
        has_header = (
            execution["StatementType"] == "DML" or execution["SubstatementType"] == "SHOW_FUNCTIONS"
        )
        return found[1:] if has_header else found

    def lines(self, sql: str) -> list[str]:
        """Run a SHOW or DESCRIBE; give its lines as Athena prints them."""
        return [str(row[0]) for row in self.rows(sql)]

    def words(self, sql: str) -> list[str]:
        """Run a SHOW or DESCRIBE; give its lines without padding."""
        return ["\t".join(c.strip() for c in line.split("\t")).rstrip() for line in self.lines(sql)]

    def table(self, name: str) -> dict[str, Any]:
        return self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]

    def location(self, name: str) -> str:
        return f"s3://{self.bucket}/tables/{name}/"


@pytest.fixture(scope="session")
def athena(localaws: LocalAws) -> Athena:
    suffix = uuid.uuid4().hex[:8]
    found = Athena(localaws, f"athena-{suffix}", f"athena_{suffix}")
    found.s3.create_bucket(Bucket=found.bucket)
    found.run(f"create database {found.database}")
    return found
