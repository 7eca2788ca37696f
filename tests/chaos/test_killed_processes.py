"""A process is killed in the middle of a night: told where, nothing lost, nothing doubled."""

import pytest

from orchestration.testing import Pipeline

MARTS = (
    "agg_device_engagement",
    "agg_geo_engagement",
    "agg_traffic_engagement",
    "dim_media",
    "fact_events",
    "fact_media_engagement",
    "fact_media_retention",
    "media_versions",
)
# They say which run brought a row, and the night of the last test brings rows once more.
PROVENANCE = {"ingested_at", "run_id"}


def _rows(pipeline: Pipeline, mart: str) -> list[list[str | None]]:
    columns = [
        str(name)
        for (name,) in pipeline.rows(
            "select column_name from information_schema.columns "
            f"where table_schema = 'wistia_analytics' and table_name = '{mart}'"
        )
        if name not in PROVENANCE
    ]
    return sorted(pipeline.rows(f"select {', '.join(columns)} from {mart}"), key=str)


KILLED = [
    ("Ingest", "lambda_functions/bootstrap"),
    ("Normalize", "PythonGatewayServer"),
    ("Normalize", "glue_jobs/driver"),
    ("DbtFreshness", "orchestration.dbt_task freshness"),
    ("DbtBuild", "orchestration.dbt_task build"),
    ("DbtDocs", "orchestration.dbt_task docs"),
]


@pytest.mark.timeout(3600)
def test_a_night_whose_processes_are_killed_one_after_the_other_is_told_and_resumed(
    pipeline: Pipeline,
) -> None:
    """GIVEN one night WHEN each of its processes is killed THEN each is told, and the end is whole."""
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
    """GIVEN a query of the build WHEN Trino is killed THEN the night is told, or it got over that."""
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


def test_after_all_that_the_marts_equal_a_full_refresh(pipeline: Pipeline) -> None:
    """GIVEN the nights above WHEN everything is built anew from staging THEN no row differs."""
    incremental = {mart: _rows(pipeline, mart) for mart in MARTS}
    pipeline.night("--full-refresh", "--as-of", pipeline.last_as_of)
    rebuilt = {mart: _rows(pipeline, mart) for mart in MARTS}
    for mart in MARTS:
        assert incremental[mart] == rebuilt[mart], mart
