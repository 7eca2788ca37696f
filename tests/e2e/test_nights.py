"""Whole nights on localaws.

Nights share one home, and each test can run alone: it starts from the first night, or a fixture runs
the night that it is about.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.breakage import broken_dbt
from tests.support.pipeline import Pipeline, Ran


@dataclass(frozen=True)
class BrokenNight:
    """A night whose build crashed, and its redrive."""

    failed: Ran
    notifications: list[dict[str, Any]]
    resumed: Ran
    watermark_before: Any
    watermark_after_the_failure: Any
    watermark_after_the_redrive: Any


@dataclass(frozen=True)
class RefusedNight:
    """A night with a wrong token."""

    ran: Ran
    history: str
    watermark_before: Any
    watermark_after: Any


@pytest.fixture(scope="module")
def broken_night(pipeline: Pipeline) -> BrokenNight:
    """The second night: its build crashes, then it is redriven."""
    before = pipeline.watermark()
    pipeline.notifications()
    with broken_dbt(pipeline, "build", exit_code=3):
        failed = pipeline.run("nightly")
    notifications, after_the_failure = pipeline.notifications(), pipeline.watermark()
    resumed = pipeline.run("redrive")
    return BrokenNight(
        failed, notifications, resumed, before, after_the_failure, pipeline.watermark()
    )


@pytest.fixture(scope="module")
def refused_night(pipeline: Pipeline) -> RefusedNight:
    """A night whose token the API refuses."""
    before = pipeline.watermark()
    ran = pipeline.run(
        "nightly",
        WISTIA_API_BASE_URL=pipeline.simulator,
        WISTIA_API_TOKEN="not-the-token",
    )
    history = pipeline.cloud.client("stepfunctions").get_execution_history(
        executionArn=pipeline.last_execution()["executionArn"], maxResults=1000
    )
    return RefusedNight(ran, str(history), before, pipeline.watermark())


def test_every_log_of_a_night_expires_and_the_jobs_is_where_make_logs_looks(
    pipeline: Pipeline,
) -> None:
    """GIVEN a night WHEN its log groups are listed THEN each expires, and none is Glue's default."""
    client = pipeline.cloud.client("logs")
    pages = client.get_paginator("describe_log_groups").paginate()
    groups = {it["logGroupName"]: it for page in pages for it in page["logGroups"]}
    stack = pipeline.cloud.settings.stack_name
    assert f"/aws-glue/{stack}-normalize/output" in groups
    assert "/aws-glue/crawlers" in groups
    assert [name for name, it in groups.items() if "retentionInDays" not in it] == []
    assert [name for name in groups if name.startswith("/aws-glue/jobs")] == []
    ran = pipeline.run("logs", "--state", "Normalize")
    assert "No log lines yet" not in ran.output


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


def test_a_night_that_fails_in_its_build_says_so_and_moves_no_watermark(
    broken_night: BrokenNight,
) -> None:
    """GIVEN a build that crashes WHEN the second night runs THEN it says where and what to do."""
    failed = broken_night.failed
    assert failed.code == 1
    assert "failed in DbtBuild: DbtInfrastructureError" in failed.output
    for work_of_the_first_night in ("Deploying", "Packaging"):
        assert work_of_the_first_night not in failed.output
    (message,) = broken_night.notifications
    assert "DbtBuild" in message["Subject"]
    assert "redrive" in message["Message"]
    assert broken_night.watermark_after_the_failure == broken_night.watermark_before


def test_a_redriven_night_resumes_and_is_incremental(
    pipeline: Pipeline, broken_night: BrokenNight
) -> None:
    """GIVEN that the cause is fixed WHEN the night is redriven THEN it resumes and loses nothing."""
    assert broken_night.resumed.code == 0, broken_night.resumed.output
    assert broken_night.watermark_after_the_redrive != broken_night.watermark_before
    assert pipeline.facts() == pipeline.truth()


def test_an_unknown_media_ends_in_one_clear_line(pipeline: Pipeline) -> None:
    ran = pipeline.run("nightly", "--media-ids", "0000000000")
    assert ran.code == 1
    assert "Wistia has no media 0000000000" in ran.output
    assert "Traceback" not in ran.output


def test_a_wrong_token_ends_in_one_clear_line(refused_night: RefusedNight) -> None:
    ran = refused_night.ran
    assert ran.code == 1
    assert "WistiaUnauthorized" in ran.output
    assert "Wistia refused the token" in ran.output
    assert "Traceback" not in ran.output
    assert "not-the-token" not in ran.output
    assert refused_night.watermark_after == refused_night.watermark_before


def test_no_secret_is_in_the_history_or_the_logs(
    pipeline: Pipeline, refused_night: RefusedNight
) -> None:
    logs = "".join(
        path.read_text(errors="replace") for path in (pipeline.home / "logs").glob("*.log")
    )
    for secret in ("local-wistia-token", "not-the-token"):
        assert secret not in refused_night.history
        assert secret not in logs
