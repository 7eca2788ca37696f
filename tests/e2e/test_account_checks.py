"""`make preflight` and `make doctor` on a stack with a night behind it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from orchestration.cloud import program
from tests.support.pipeline import Pipeline

STACK = "wistia-analytics"


def _lines(pipeline: Pipeline, command: str) -> dict[str, str]:
    """The line of each thing that was looked at, by its name."""
    output = pipeline.run(command).output
    assert "Traceback" not in output
    lines = [line for line in output.splitlines() if line[:1] in {"✓", "✗", "?"}]
    return {line[2:].partition(":")[0]: line for line in lines}


def _bad(lines: dict[str, str]) -> set[str]:
    return {name for name, line in lines.items() if line.startswith("✗")}


def test_a_stack_after_a_good_night_is_well(pipeline: Pipeline) -> None:
    lines = _lines(pipeline, "doctor")
    assert _bad(lines) == set(), [lines[name] for name in _bad(lines)]
    for name in ("deploy", "last night", "marts", "partitions events", "bucket lifecycle", "logs"):
        assert lines[name].startswith("✓"), lines[name]
    # what the functions and the job send arrives where their alarms look
    for name in ("ingest-lag", "no-events", "quarantine", "throttled"):
        assert "have data" in lines[f"alarm {name}"], lines[f"alarm {name}"]


def test_the_schedule_tells_the_alarms_that_nights_are_due(pipeline: Pipeline) -> None:
    """GIVEN the schedule's target WHEN it fires THEN the metric is where the alarms look for it."""
    environment = os.environ | {"LOCALAWS_HOME": str(pipeline.home)}
    command = [program("localaws"), "scheduler", "fire", f"{STACK}-is-on"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    client = pipeline.cloud.client("cloudwatch")
    (alarm,) = client.describe_alarms(AlarmNames=[f"{STACK}-no-events"])["MetricAlarms"]
    due = next(it["MetricStat"]["Metric"] for it in alarm["Metrics"] if it["Id"] == "due")
    found = client.list_metrics(Namespace=due["Namespace"], MetricName=due["MetricName"])
    assert [item["Dimensions"] for item in found["Metrics"]] == [due["Dimensions"]]


def test_a_deployed_account_is_ready_for_a_deploy(pipeline: Pipeline) -> None:
    lines = _lines(pipeline, "preflight")
    assert _bad(lines) == set(), [lines[name] for name in _bad(lines)]
    for name in ("credentials", "names", "token", "stack", "template"):
        assert lines[name].startswith("✓"), lines[name]
    stacks = pipeline.cloud.client("cloudformation").list_change_sets(StackName=STACK)
    assert stacks["Summaries"] == []


@contextmanager
def _no_partition(cloud: Any) -> Iterator[None]:
    client, table = cloud.client("glue"), {"DatabaseName": "wistia_staging", "TableName": "events"}
    lost = client.get_partitions(**table)["Partitions"][0]
    client.delete_partition(**table, PartitionValues=lost["Values"])
    try:
        yield
    finally:
        names = ("Values", "StorageDescriptor", "Parameters")
        kept = {name: lost[name] for name in names if name in lost}
        client.create_partition(**table, PartitionInput=kept)


@contextmanager
def _no_versions(cloud: Any) -> Iterator[None]:
    client, bucket = cloud.client("s3"), cloud.data_bucket
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    try:
        yield
    finally:
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


@contextmanager
def _kept_for_ever(cloud: Any) -> Iterator[None]:
    client, group = cloud.client("logs"), f"/aws/lambda/{STACK}-plan"
    client.delete_retention_policy(logGroupName=group)
    try:
        yield
    finally:
        client.put_retention_policy(logGroupName=group, retentionInDays=30)


@contextmanager
def _alarm_on(cloud: Any) -> Iterator[None]:
    client, name = cloud.client("cloudwatch"), f"{STACK}-quarantine"
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    try:
        yield
    finally:
        client.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a test")


@pytest.mark.parametrize(
    ("broken", "name"),
    [
        (_no_partition, "partitions events"),
        (_no_versions, "bucket versioning"),
        (_kept_for_ever, f"logs /aws/lambda/{STACK}-plan"),
        (_alarm_on, "alarm quarantine"),
    ],
)
def test_what_somebody_broke_is_found(pipeline: Pipeline, broken: Any, name: str) -> None:
    """GIVEN one thing changed by hand WHEN asked THEN that line alone is bad, and the command fails."""
    with broken(pipeline.cloud):
        before = _lines(pipeline, "doctor")
        assert pipeline.run("doctor").code == 1
    assert _bad(before) == {name}
    assert ". To do: " in before[name]
