"""Whole nights on localaws, in the order of a week."""

from tests.support.pipeline import Pipeline, broken_dbt


def test_the_first_night_ends_with_what_a_person_needs(pipeline: Pipeline) -> None:
    for part in (
        "The night succeeded",
        "wistia_analytics.fact_events",
        "dbt tests:",
        "docs page",
        "make query",
    ):
        assert part in pipeline.first.output


def test_the_marts_hold_what_the_api_served(pipeline: Pipeline) -> None:
    assert pipeline.facts() == pipeline.truth()


def test_the_second_night_fails_in_its_build_and_moves_no_watermark(pipeline: Pipeline) -> None:
    """GIVEN a build that crashes WHEN the second night runs THEN it is told where and how to go on."""
    before = pipeline.watermark()
    pipeline.notifications()
    with broken_dbt(pipeline, "build", exit_code=3):
        ran = pipeline.run("nightly")
    assert ran.code == 1
    assert "failed in DbtBuild: DbtInfrastructureError" in ran.output
    for work_of_the_first_night in ("Deploying", "Packaging"):
        assert work_of_the_first_night not in ran.output
    (message,) = pipeline.notifications()
    assert "DbtBuild" in message["Subject"]
    assert "redrive" in message["Message"]
    assert pipeline.watermark() == before


def test_the_second_night_is_resumed_and_incremental(pipeline: Pipeline) -> None:
    """GIVEN that the cause is mended WHEN it is redriven THEN it goes on there and nothing is lost."""
    before = pipeline.watermark()
    resumed = pipeline.run("redrive")
    assert resumed.code == 0, resumed.output
    assert pipeline.watermark() != before
    assert pipeline.facts() == pipeline.truth()


def test_an_unknown_media_ends_in_one_clear_line(pipeline: Pipeline) -> None:
    ran = pipeline.run("nightly", "--media-ids", "0000000000")
    assert ran.code == 1
    assert "Wistia has no media 0000000000" in ran.output
    assert "Traceback" not in ran.output


def test_a_wrong_token_ends_in_one_clear_line(pipeline: Pipeline) -> None:
    before = pipeline.watermark()
    ran = pipeline.run(
        "nightly",
        WISTIA_API_BASE_URL=pipeline.simulator,
        WISTIA_API_TOKEN="not-the-token",
    )
    assert ran.code == 1
    assert "WistiaUnauthorized" in ran.output
    assert "Wistia refused the token" in ran.output
    assert "Traceback" not in ran.output
    assert "not-the-token" not in ran.output
    assert pipeline.watermark() == before


def test_no_secret_is_in_the_history_or_the_logs(pipeline: Pipeline) -> None:
    client = pipeline.cloud.client("stepfunctions")
    execution = pipeline.last_execution()
    history = client.get_execution_history(executionArn=execution["executionArn"], maxResults=1000)
    logs = "".join(
        path.read_text(errors="replace") for path in (pipeline.home / "logs").glob("*.log")
    )
    for secret in ("local-wistia-token", "not-the-token"):
        assert secret not in str(history)
        assert secret not in logs
