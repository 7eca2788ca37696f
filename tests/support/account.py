"""An AWS account in this process, with a stack whose databases have their own names."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto import mock_aws
from moto.athena.models import QueryResults, athena_backends
from moto.core import DEFAULT_ACCOUNT_ID
from typer.testing import CliRunner, Result

from orchestration.cli.app import app
from orchestration.cloud import Cloud
from orchestration.settings import Settings

REGION = "us-east-1"
STAGING, ANALYTICS = "raw_videos", "video_marts"


class Account:
    """The content of the account, and the commands that read it."""

    def __init__(self) -> None:
        self.cloud = Cloud(Settings(target="aws"))
        self.stack = self.cloud.settings.stack_name
        self.bucket = self.cloud.data_bucket
        self._athena: Any = athena_backends[DEFAULT_ACCOUNT_ID][REGION]
        template = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {
                "StagingDatabaseName": {"Value": STAGING},
                "AnalyticsDatabaseName": {"Value": ANALYTICS},
            },
        }
        self.cloud.client("cloudformation").create_stack(
            StackName=self.stack, TemplateBody=json.dumps(template)
        )
        self.cloud.client("s3").create_bucket(Bucket=self.bucket)
        self.cloud.client("athena").create_work_group(Name=self.stack, Configuration={})
        for name in (STAGING, ANALYTICS):
            self.cloud.client("glue").create_database(DatabaseInput={"Name": name})

    def answer(self, columns: dict[str, str], rows: list[list[str | None]]) -> None:
        """Let the next query return these rows; ``columns`` has each name's type."""
        cells = [
            {"Data": [{} if cell is None else {"VarCharValue": cell} for cell in row]}
            for row in rows
        ]
        described = [{"Name": name, "Type": kind} for name, kind in columns.items()]
        self._athena.query_results_queue.append(QueryResults(rows=cells, column_info=described))

    def queries(self) -> list[tuple[str, str]]:
        """Return the database and the SQL of every query, oldest first."""
        return [
            (execution.context["Database"], execution.query)
            for execution in self._athena.executions.values()
        ]

    def put_json(self, key: str, value: Any) -> None:
        """Store an object in the data bucket."""
        self.cloud.client("s3").put_object(
            Bucket=self.bucket, Key=key, Body=json.dumps(value).encode()
        )

    def table(self, database: str, name: str, *columns: str) -> None:
        """Declare an Iceberg table."""
        described = [{"Name": column, "Type": "string"} for column in columns]
        location = f"s3://{self.bucket}/processed/{name}"
        self.cloud.client("glue").create_table(
            DatabaseName=database,
            TableInput={
                "Name": name,
                "Parameters": {"table_type": "ICEBERG"},
                "StorageDescriptor": {"Columns": described, "Location": location},
            },
        )

    def log(self, group: str, stream: str, *lines: str) -> None:
        """Write a log stream."""
        client = self.cloud.client("logs")
        known = client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        if not any(found["logGroupName"] == group for found in known):
            client.create_log_group(logGroupName=group)
        client.create_log_stream(logGroupName=group, logStreamName=stream)
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in lines]
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    def run(self, *arguments: str) -> Result:
        """Run a command with its output in a pipe."""
        return CliRunner().invoke(app, list(arguments))


@contextmanager
def own_account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """Start an account with nothing but the stack."""
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "testing")
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "STACK_NAME", "WISTIA_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("TARGET", "aws")
    with mock_aws():
        yield Account()
