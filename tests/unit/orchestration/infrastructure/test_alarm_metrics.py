"""Alarms and dashboard look at metrics that exist: AWS documents them, or this pipeline sends them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from ingestion.client.http import RequestCounts
from ingestion.declarations import STREAMS
from ingestion.handlers.runtime import emit_run_metrics, emit_stream_metrics
from ingestion.landing.manifest import StreamResult
from ingestion.landing.parts import Part
from ingestion.normalize.metrics import COUNTS, metric_data, put_metrics
from ingestion.payloads import RunPlan, Window
from ingestion.run_figures import figures_of
from ingestion.timestamps import parse_timestamp
from tests.support.alarm_states import metrics_of
from tests.support.filled_template import FilledTemplate

# Metric -> the sets of dimensions under which AWS publishes it.
STATES = "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html"
SQS = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"
ATHENA = "https://docs.aws.amazon.com/athena/latest/ug/query-metrics-viewing.html"
DOCUMENTED: dict[tuple[str, str], tuple[str, tuple[set[str], ...]]] = {
    ("AWS/States", "ExecutionsStarted"): (STATES, ({"StateMachineArn"},)),
    ("AWS/States", "ExecutionsSucceeded"): (STATES, ({"StateMachineArn"},)),
    ("AWS/States", "ExecutionsFailed"): (STATES, ({"StateMachineArn"},)),
    ("AWS/States", "ExecutionsTimedOut"): (STATES, ({"StateMachineArn"},)),
    ("AWS/States", "ExecutionsAborted"): (STATES, ({"StateMachineArn"},)),
    ("AWS/States", "ExecutionTime"): (STATES, ({"StateMachineArn"},)),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible"): (SQS, ({"QueueName"},)),
    # The page lists the three dimensions; a sum by workgroup alone is what the console's own limits
    # by workgroup watch. The alarm takes either.
    ("AWS/Athena", "ProcessedBytes"): (
        ATHENA,
        ({"QueryState", "QueryType", "WorkGroup"}, {"WorkGroup"}),
    ),
}
Metric = tuple[str, str, frozenset[str]]
SUMMARY = {
    "run_id": "run",
    "streams": {
        name: dict.fromkeys(COUNTS, number) for number, name in enumerate(["media", "events"], 1)
    },
}


def _plan(**changes: Any) -> RunPlan:
    window = Window(
        parse_timestamp("2026-02-27T00:00:00Z"), parse_timestamp("2026-03-02T02:00:00Z")
    )
    fields = {"run_id": "r", "as_of": window.end, "window": window, "streams": ("events",)}
    return RunPlan(**fields | changes)


def _result(*newest: str | None, rows: int = 1, throttles: int = 0) -> StreamResult:
    parts = [
        Part(
            task_id=f"events-{number}",
            stream="events",
            step=0,
            continues="",
            done=True,
            continuation=None,
            files=(),
            requests=1,
            rows=rows,
            newest_received_at=time,
            throttles=throttles,
        )
        for number, time in enumerate(newest)
    ]
    return StreamResult("events", _plan().window, parts)


def _sent(capsys: pytest.CaptureFixture[str], resolved: FilledTemplate) -> set[Metric]:
    """Every metric of the pipeline, from the code that sends it: EMF lines, calls, the schedule."""
    emit_stream_metrics("events", rows=1, counts=RequestCounts())
    figures = figures_of(
        _plan(), {"events": _result("2026-03-02T01:00:00Z")}, ["events"], is_about_account=True
    )
    emit_run_metrics(figures)
    found: set[Metric] = set()
    for line in capsys.readouterr().out.splitlines():
        document = json.loads(line)
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for dimensions in directive["Dimensions"]:
                assert all(name in document for name in dimensions)
                found |= {
                    (
                        directive["Namespace"],
                        item["Name"],
                        _pairs({n: document[n] for n in dimensions}),
                    )
                    for item in directive["Metrics"]
                }
    calls = [("WistiaPipeline", item) for item in metric_data(SUMMARY)]
    for schedule in resolved.resources("AWS::Scheduler::Schedule").values():
        given = json.loads(schedule["Target"]["Input"])
        calls += [(given["Namespace"], item) for item in given.get("MetricData", ())]
    for namespace, item in calls:
        pairs = {it["Name"]: it["Value"] for it in item["Dimensions"]}
        found.add((namespace, item["MetricName"], _pairs(pairs)))
    return found


def _pairs(dimensions: dict[str, str]) -> frozenset[str]:
    return frozenset(f"{name}={value}" for name, value in dimensions.items())


def test_every_alarm_looks_at_a_metric_that_exists(
    template: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    resolved = FilledTemplate(template)
    sent = _sent(capsys, resolved)
    looked_at = [
        (name, key)
        for name, alarm in resolved.resources("AWS::CloudWatch::Alarm").items()
        for key, _ in metrics_of(alarm)
    ]
    assert len(looked_at) > 15
    for alarm, (namespace, metric, dimensions) in looked_at:
        if namespace.startswith("AWS/"):
            _, allowed = DOCUMENTED[namespace, metric]
            assert {name for name, _ in dimensions} in allowed, alarm
        else:
            assert (namespace, metric, _pairs(dict(dimensions))) in sent, alarm


def _of_dashboard(body: dict[str, Any]) -> Iterator[tuple[str, str, set[str]]]:
    """Namespace, metric and names of dimensions of everything that the dashboard shows."""
    for widget in body["widgets"]:
        before: list[str] = []
        for entry in widget["properties"]["metrics"]:
            if isinstance(entry[0], dict):
                expression = entry[0]["expression"]
                if search := re.match(r"SEARCH\('\{([\w/,]+)\} MetricName=\"(\w+)\"", expression):
                    namespace, *names = search[1].split(",")
                    yield namespace, search[2], set(names)
                continue
            row = [it for it in entry if isinstance(it, str)]
            row = [before[number] if it == "." else it for number, it in enumerate(row)]
            before = row
            yield row[0], row[1], set(row[2::2])


def test_the_dashboard_shows_metrics_that_exist(
    template: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    resolved = FilledTemplate(template)
    sent = {
        (namespace, metric, frozenset(pair.partition("=")[0] for pair in pairs))
        for namespace, metric, pairs in _sent(capsys, resolved)
    }
    (dashboard,) = resolved.resources("AWS::CloudWatch::Dashboard").values()
    shown = list(_of_dashboard(json.loads(dashboard["DashboardBody"])))
    assert len(shown) > 7
    for namespace, metric, names in shown:
        if namespace.startswith("AWS/"):
            assert names in DOCUMENTED[namespace, metric][1], metric
        else:
            assert (namespace, metric, frozenset(names)) in sent, metric


def test_cloudwatch_gets_the_figures_of_the_job() -> None:
    """GIVEN a run's summary WHEN put THEN CloudWatch has each stream's and the total."""
    with mock_aws():
        client = boto3.client("cloudwatch", region_name="us-east-1")
        client.put_metric_data(Namespace="WistiaPipeline", MetricData=metric_data(SUMMARY))
        listed = client.list_metrics(Namespace="WistiaPipeline")["Metrics"]
    quarantined = [item for item in listed if item["MetricName"] == "QuarantinedRows"]
    assert [item["Dimensions"] for item in quarantined] == [
        [{"Name": "service", "Value": "normalize"}]
    ]
    assert len(listed) == 1 + len(COUNTS) * len(SUMMARY["streams"])
    assert (
        next(it["Value"] for it in metric_data(SUMMARY) if it["MetricName"] == "QuarantinedRows")
        == 3
    )


def test_one_call_holds_the_figures_of_every_stream() -> None:
    """PutMetricData takes 1,000 metrics in a call."""
    streams = {name: dict.fromkeys(COUNTS, 1) for name in STREAMS}
    assert len(metric_data({"streams": streams})) <= 1000


# ── what a run says of the account ───────────────────────────────────────────────────────────────


def test_the_lag_is_that_of_the_newest_event_of_all_slices() -> None:
    """GIVEN a first night of two years in slices WHEN sealed THEN the lag is an hour, not 540 days."""
    result = _result("2024-09-10T00:00:00Z", "2025-06-01T00:00:00Z", None, "2026-03-02T01:00:00Z")
    figures = figures_of(_plan(), {"events": result}, ["events"], is_about_account=True)
    assert figures["LagSeconds"] == 3600


@pytest.mark.parametrize(
    ("plan", "is_about_account"), [(_plan(is_backfill=True), True), (_plan(), False)]
)
def test_a_run_over_old_days_or_for_some_medias_says_nothing_of_freshness(
    plan: RunPlan, is_about_account: bool
) -> None:
    results = {"events": _result("2024-09-10T00:00:00Z", throttles=7)}
    figures = figures_of(plan, results, ["events"], is_about_account=is_about_account)
    assert figures == {"RunThrottles": 7}


def test_rows_that_were_processed_before_are_not_new() -> None:
    results = {"events": _result("2026-03-02T01:00:00Z")}
    assert figures_of(_plan(), results, [], is_about_account=True)["NewRows"] == 0


def test_a_night_without_events_in_its_window_has_no_lag() -> None:
    figures = figures_of(_plan(), {"events": _result(None)}, [], is_about_account=True)
    assert figures == {"RunThrottles": 0, "NewRows": 0}


def test_a_night_does_not_fail_because_cloudwatch_does(caplog: pytest.LogCaptureFixture) -> None:
    nowhere = Config(connect_timeout=1, retries={"total_max_attempts": 1})
    client = boto3.client(
        "cloudwatch",
        region_name="us-east-1",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=nowhere,
    )
    put_metrics(client, SUMMARY)
    assert "did not take the figures" in caplog.text
