"""A process is killed during a night: the place is reported, nothing is lost or duplicated."""

import pytest

from tests.support.independent_marts import MARTS
from tests.support.marts_of_nights import assert_true_to_raw, landed
from tests.support.pipeline import Pipeline

KILLED = [
    ("Ingest", "lambda_functions/bootstrap"),
    ("Normalize", "PythonGatewayServer"),
    ("Normalize", "glue_jobs/driver"),
    ("DbtFreshness", "orchestration.dbt_task freshness"),
    ("DbtBuild", "orchestration.dbt_task build"),
    ("DbtDocs", "orchestration.dbt_task docs"),
]


@pytest.mark.timeout(3600)
def test_a_night_whose_processes_are_killed_one_after_the_other_is_reported_and_resumed(
    pipeline: Pipeline,
) -> None:
    """GIVEN one night WHEN each of its processes is killed THEN each is reported, and the redrive completes it."""
    before = pipeline.watermark()
    pipeline.notifications()
    command = "nightly"
    for state, program in KILLED:
        running = pipeline.start(command)
        pipeline.wait_for_state(state)
        pipeline.kill(program)
        failed = running.end()
        assert failed.code == 1, failed.output
        assert f"failed in {state}" in failed.output
        (message,) = pipeline.notifications()
        assert f"{state} failed" in message["Subject"]
        assert pipeline.watermark() == before
        command = "redrive"

    resumed = pipeline.run("redrive")

    assert resumed.code == 0, resumed.output
    assert pipeline.watermark() != before
    assert pipeline.facts() == pipeline.truth()


def test_the_engine_is_killed_while_it_builds(pipeline: Pipeline) -> None:
    """GIVEN a query of the build WHEN Trino is killed THEN the failure is reported, or the night survives it."""
    before = pipeline.watermark()
    pipeline.notifications()
    running = pipeline.start("nightly")
    pipeline.wait_for_state("DbtBuild")
    pipeline.wait_for_query()
    pipeline.kill("io.trino.server.TrinoServer")
    ran = running.end()
    if ran.code != 0:
        assert "failed in DbtBuild" in ran.output
        (message,) = pipeline.notifications()
        assert "DbtBuild failed" in message["Subject"]
        assert pipeline.watermark() == before
        ran = pipeline.run("redrive")
    assert ran.code == 0, ran.output
    assert pipeline.watermark() != before
    assert pipeline.facts() == pipeline.truth()


def test_the_engine_may_die_while_nobody_asks(pipeline: Pipeline) -> None:
    """GIVEN Trino killed while Spark works WHEN the night goes on THEN it is back in time."""
    running = pipeline.start("nightly")
    pipeline.wait_for_state("Normalize")
    pipeline.kill("io.trino.server.TrinoServer")
    ran = running.end()
    assert ran.code == 0, ran.output
    assert pipeline.facts() == pipeline.truth()


def test_after_all_of_this_every_mart_agrees_with_the_raw_json(pipeline: Pipeline) -> None:
    """GIVEN the nights above WHEN the marts are computed in Python from raw THEN no value differs."""
    staged = landed(pipeline)
    for mart in MARTS:
        assert_true_to_raw(pipeline, staged, mart)
