"""What a person reads when a night fails: the reason first, and what to do next."""

from datetime import datetime, timedelta

import pytest

from tests.support.pipeline import Pipeline

GOOD_TOKEN = "local-wistia-token"


def _day_after(as_of: str) -> str:
    return f"{datetime.fromisoformat(as_of) + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.timeout(3600)
def test_the_test_that_failed_is_named_before_what_ecs_says(pipeline: Pipeline) -> None:
    """GIVEN a partition of staging with each row twice WHEN dbt tests it THEN its test comes first."""
    pipeline.notifications()
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
    reason = failed.output.index("test stg_wistia__events_hold_every_session_once_per_day: Got ")
    assert reason < failed.output.index("Essential container in task exited")
    assert failed.output.count("stg_wistia__events_hold_every_session_once_per_day") == 1
    (message,) = pipeline.notifications()
    told = message["Message"]
    assert told.index("stg_wistia__events_hold_every_session") < told.index("Essential container")


def test_a_redriven_night_shows_nothing_of_its_old_failure(pipeline: Pipeline) -> None:
    """GIVEN the failed night WHEN it is redriven THEN no state is shown as failed."""
    resumed = pipeline.run("redrive")
    assert resumed.code == 0, resumed.output
    assert "failed" not in resumed.output
    assert "  Normalize: done" in resumed.output
    assert "before the redrive" in resumed.output
    assert "export " not in resumed.output
    assert pipeline.facts() == pipeline.truth()


def test_a_token_without_the_scope_is_replaced_by_a_redrive(pipeline: Pipeline) -> None:
    """GIVEN a night whose token lacks statistics WHEN it gets a full one THEN the redrive resumes it."""
    as_of = _day_after(pipeline.last_as_of)
    own = {"WISTIA_API_BASE_URL": pipeline.simulator}
    pipeline.faults(token_without_stats=True)
    failed = pipeline.run("nightly", "--as-of", as_of, WISTIA_API_TOKEN=GOOD_TOKEN, **own)
    pipeline.faults()
    assert failed.code == 1
    assert "The token lacks the permission 'Read detailed stats'" in failed.output
    assert "make redrive WISTIA_API_TOKEN=…" in failed.output

    still_wrong = pipeline.run("redrive", "--put-token", WISTIA_API_TOKEN="not-a-token", **own)
    assert still_wrong.code == 1
    assert "it is wrong, expired or revoked" in still_wrong.output
    for ran in (failed, still_wrong):
        assert GOOD_TOKEN not in ran.output
        assert "not-a-token" not in ran.output

    pipeline.environment |= {"WISTIA_API_TOKEN": GOOD_TOKEN}
    running = pipeline.start("redrive")
    pipeline.wait_for_state("Seal")  # with the token, Plan and Ingest are through
    pipeline.kill_server()
    killed = running.end()
    assert killed.code == 1
    last = killed.output.strip().splitlines()[-1]
    assert last.startswith("Error: The local AWS has stopped answering")
    assert "the next `make nightly` starts it again and repairs everything." in last


def test_the_next_night_after_the_server_was_killed_repairs_all_of_it(pipeline: Pipeline) -> None:
    ran = pipeline.run("nightly")
    assert ran.code == 0, ran.output
    assert pipeline.facts() == pipeline.truth()


def test_no_log_of_a_good_night_looks_like_a_fault(pipeline: Pipeline) -> None:
    """GIVEN a good night WHEN each state's log is read THEN no line warns, and none has a color."""
    for state in (
        *("Plan", "Ingest", "Seal", "Normalize", "RefreshCatalog", "Register"),
        *("DbtFreshness", "DbtBuild", "DbtDocs", "Commit"),
    ):
        lines = pipeline.run("logs", "--state", state, "--lines", "2000").output.splitlines()
        assert len(lines) > 2, state
        shown = [line for line in lines if "WARN=0 ERROR=0" not in line]
        for sign in ("WARN", "ERROR", "Exception", "Traceback", "Warning", "\tat ", "\x1b"):
            assert [line for line in shown if sign in line] == [], state
