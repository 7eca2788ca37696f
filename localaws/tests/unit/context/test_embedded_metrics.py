"""CloudWatch takes metrics from the log lines of functions, and from no others."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID

from localaws.context.cloudwatch_logs import LogStream
from localaws.context.embedded_metrics import metrics_in

REGION = "us-east-1"


def line(**changes: Any) -> str:
    document = {
        "_aws": {
            "Timestamp": int(datetime.now(UTC).timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": "Own",
                    "Dimensions": [["service", "stream"], ["service"]],
                    "Metrics": [{"Name": "Rows", "Unit": "Count"}, {"Name": "Seconds"}],
                }
            ],
        },
        "service": "ingestion",
        "stream": "events",
        "Rows": 3,
        "Seconds": [1.5, 2.5],
    }
    return json.dumps(document | changes)


@pytest.fixture
def cloudwatch() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("cloudwatch", region_name=REGION)


def _write(group: str, *lines: str) -> None:
    LogStream(DEFAULT_ACCOUNT_ID, REGION, group, "stream").write(lines)


def test_each_metric_is_there_under_each_of_its_dimension_sets(cloudwatch: Any) -> None:
    _write("/aws/lambda/plan", "START", line(), "END")
    found = {
        (item["MetricName"], tuple(pair["Name"] for pair in item["Dimensions"]))
        for item in cloudwatch.list_metrics(Namespace="Own")["Metrics"]
    }
    assert sorted(found) == [
        ("Rows", ("service",)),
        ("Rows", ("service", "stream")),
        ("Seconds", ("service",)),
        ("Seconds", ("service", "stream")),
    ]
    now = datetime.now(UTC)
    (point,) = cloudwatch.get_metric_statistics(
        Namespace="Own",
        MetricName="Seconds",
        Dimensions=[
            {"Name": "service", "Value": "ingestion"},
            {"Name": "stream", "Value": "events"},
        ],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=7200,
        Statistics=["Sum"],
    )["Datapoints"]
    assert point["Sum"] == 4.0


@pytest.mark.parametrize("group", ["/aws-glue/jobs/output", "/ecs/dbt"])
def test_the_groups_of_other_services_are_not_read(cloudwatch: Any, group: str) -> None:
    _write(group, line())
    assert cloudwatch.list_metrics(Namespace="Own")["Metrics"] == []


@pytest.mark.parametrize(
    "text",
    [
        "a line",
        '{"CloudWatchMetrics"',
        '["CloudWatchMetrics"]',
        line(_aws={"CloudWatchMetrics": []}),
        line(_aws={"CloudWatchMetrics": [{"Namespace": "Own"}], "Timestamp": 1}),
        line(Rows="three"),
        json.dumps({"_aws": {"CloudWatchMetrics": [{}], "Timestamp": "soon"}}),
    ],
)
def test_a_line_in_another_form_is_only_a_log_line(cloudwatch: Any, text: str) -> None:
    assert list(metrics_in(text)) == []
    _write("/aws/lambda/plan", text)
    events = boto3.client("logs", region_name=REGION).get_log_events(
        logGroupName="/aws/lambda/plan", logStreamName="stream"
    )["events"]
    assert [event["message"] for event in events] == [text]
