"""Each state fails in a real night: it is reported, nothing moves, and the last redrive completes it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from localaws.faults.client import FaultClient
from tests.support.breakage import (
    aws_fault,
    broken_crawler,
    broken_dbt,
    broken_function,
    broken_job,
    deprecating_crawler,
    slow_function,
)
from tests.support.independent_marts import MARTS
from tests.support.marts_of_nights import assert_true_to_raw, landed
from tests.support.pipeline import Pipeline

Break = Callable[[Pipeline], AbstractContextManager[Any]]


def _crash(name: str) -> Break:
    return lambda pipeline: broken_function(pipeline, name, Handler="ingestion.nowhere.handler")


def _time_out(name: str) -> Break:
    return lambda pipeline: slow_function(pipeline, name)


def _run_out_of_memory(pipeline: Pipeline) -> AbstractContextManager[None]:
    """Make the JVM of the Glue job really fill its heap."""
    return broken_job(
        pipeline,
        "from pyspark.sql import SparkSession\n"
        "spark = SparkSession.builder.getOrCreate()\n"
        "jvm, held = spark._jvm, []\n"
        "while True:\n"
        "    held.append(spark._sc._gateway.new_array(jvm.long, 10_000_000))\n",
    )


def _crash_of_the_job(pipeline: Pipeline) -> AbstractContextManager[None]:
    return broken_job(pipeline, "raise ValueError('broken by a test')")


@contextmanager
def _api(pipeline: Pipeline, **faults: Any) -> Iterator[None]:
    pipeline.faults(**faults)
    try:
        yield
    finally:
        pipeline.faults()


def _refused(operation: str, **fields: Any) -> Break:
    return lambda pipeline: aws_fault(pipeline, operation, **fields)


CRASHES: list[tuple[str, Break]] = [
    ("Plan", _crash("plan")),
    ("Ingest", _crash("ingest")),
    ("Seal", _crash("seal")),
    ("Normalize", _crash_of_the_job),
    ("RefreshCatalog", broken_crawler),
    ("Register", _crash("register")),
    ("DbtFreshness", lambda pipeline: broken_dbt(pipeline, "freshness", exit_code=4)),
    ("DbtBuild", lambda pipeline: broken_dbt(pipeline, "build", exit_code=2)),
    ("DbtDocs", lambda pipeline: broken_dbt(pipeline, "docs", exit_code=3)),
    ("Commit", _crash("commit")),
]
SHORTAGES: list[tuple[str, Break]] = [
    ("Plan", _time_out("plan")),
    ("Ingest", _time_out("ingest")),
    (
        "Ingest",
        lambda pipeline: _api(pipeline, rules=[{"fault": "503", "path": "*/stats/events*"}]),
    ),
    ("Seal", _time_out("seal")),
    ("Normalize", _run_out_of_memory),
    ("RefreshCatalog", _refused("glue:GetCrawler", error="InternalServiceException")),
    ("DbtFreshness", _refused("ecs:RunTask", deny=True)),
    ("DbtBuild", lambda pipeline: broken_dbt(pipeline, "build", exit_code=137)),
    ("Commit", _refused("lambda:Invoke", error="ServiceException", resource="-commit")),
]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("failures", [CRASHES, SHORTAGES], ids=["crashes", "shortages"])
def test_a_night_that_fails_in_one_state_after_the_other_is_reported_and_resumed(
    pipeline: Pipeline, failures: list[tuple[str, Break]]
) -> None:
    """GIVEN one night WHEN each state fails in turn THEN each is reported, and the last redrive completes it."""
    before, facts = pipeline.watermark(), pipeline.facts()
    pipeline.notifications()
    command = "nightly"
    for state, break_it in failures:
        with break_it(pipeline):
            failed = pipeline.run(command)
        assert failed.code == 1, failed.output
        assert f"failed in {state}" in failed.output
        assert "Traceback" not in failed.output
        (message,) = pipeline.notifications()
        assert f"{state} failed" in message["Subject"]
        assert pipeline.watermark() == before
        if state in {
            "Plan",
            "Ingest",
            "Seal",
            "Normalize",
            "RefreshCatalog",
            "Register",
            "DbtFreshness",
        }:
            assert pipeline.facts() == facts
        command = "redrive"

    resumed = pipeline.run("redrive")

    assert resumed.code == 0, resumed.output
    assert pipeline.watermark() != before
    assert pipeline.facts() == pipeline.truth()


def test_duplicate_rows_stop_the_build_and_leave_the_marts_alone(pipeline: Pipeline) -> None:
    """GIVEN a partition of staging with each row twice WHEN dbt tests it THEN the test is named."""
    before, facts = pipeline.watermark(), pipeline.facts()
    running = pipeline.start("nightly")
    pipeline.wait_for_state("DbtFreshness")
    client, bucket = pipeline.cloud.client("s3"), pipeline.cloud.data_bucket
    listed = client.list_objects_v2(Bucket=bucket, Prefix="staging/events/")["Contents"]
    newest = max(entry["Key"] for entry in listed)
    copy = newest.replace(".parquet", "-copied-by-a-test.parquet")
    client.copy_object(Bucket=bucket, Key=copy, CopySource={"Bucket": bucket, "Key": newest})

    failed = running.end()

    client.delete_object(Bucket=bucket, Key=copy)
    assert failed.code == 1, failed.output
    assert "failed in DbtBuild: DbtTestsFailed" in failed.output
    assert pipeline.watermark() == before
    assert pipeline.facts() == facts
    resumed = pipeline.run("redrive")
    assert resumed.code == 0, resumed.output
    assert pipeline.facts() == pipeline.truth()


TROUBLES: list[tuple[str, dict[str, Any]]] = [
    ("s3:PutObject", {"status": 503, "times": 3, "resource": "/raw_data/"}),
    ("secretsmanager:GetSecretValue", {"error": "InternalServiceError", "times": 1}),
    ("lambda:Invoke", {"error": "TooManyRequestsException", "times": 2}),
    ("glue:StartCrawler", {"error": "ThrottlingException", "times": 1}),
    ("glue:GetCrawler", {"error": "ThrottlingException", "times": 2}),
    ("athena:StartQueryExecution", {"error": "ThrottlingException", "times": 2}),
    ("athena:GetQueryExecution", {"latency": 0.5, "times": 4}),
]


def test_a_night_survives_what_aws_says_on_a_busy_day(pipeline: Pipeline) -> None:
    """GIVEN services that throttle and fail a few times WHEN a night runs THEN it ends well, and all of them did."""
    client = FaultClient(pipeline.localaws_settings)
    for operation, fields in TROUBLES:
        client.add(operation, **fields)

    ran = pipeline.run("nightly")

    hits = {fault["operation"]: fault["hits"] for fault in client.listed()}
    client.reset()
    assert ran.code == 0, ran.output
    assert hits == {operation: fields["times"] for operation, fields in TROUBLES}
    assert pipeline.facts() == pipeline.truth()


def test_a_crawl_that_registers_nothing_leaves_no_day_out_of_the_marts(pipeline: Pipeline) -> None:
    """GIVEN tables that the crawler deprecates WHEN a night runs THEN its partitions are registered."""
    days = pipeline.count('wistia_staging."events$partitions"')
    with deprecating_crawler(pipeline):
        ran = pipeline.run("nightly")
        table = pipeline.cloud.client("glue").get_table(DatabaseName="wistia_staging", Name="media")
    assert "DEPRECATED_BY_CRAWLER" in table["Table"]["Parameters"]
    assert ran.code == 0, ran.output
    assert pipeline.count('wistia_staging."events$partitions"') > days
    assert pipeline.facts() == pipeline.truth()
    assert "the crawler left a table behind" in pipeline.run("logs", "--state", "Register").output


def test_a_second_night_at_once_says_so_and_changes_nothing(pipeline: Pipeline) -> None:
    first = pipeline.start("nightly")
    pipeline.wait_for_state("Ingest")
    second = pipeline.run("nightly")
    assert second.code == 1
    assert "RunInProgress" in second.output
    ran = first.end()
    assert ran.code == 0, ran.output
    assert pipeline.facts() == pipeline.truth()


def test_after_all_of_this_every_mart_agrees_with_the_raw_json(pipeline: Pipeline) -> None:
    """GIVEN the nights above WHEN the marts are computed in Python from raw THEN no value differs."""
    staged = landed(pipeline)
    for mart in MARTS:
        assert_true_to_raw(pipeline, staged, mart)
