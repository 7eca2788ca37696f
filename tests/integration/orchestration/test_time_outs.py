"""Whatever a night waits for has a time limit: it is stopped and reported when it passes it."""

import io
import time
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from localaws.testing import LocalAws
from tests.support.stand_in_night import Definition, StandInNight

LIMIT_SECONDS = 6
MANY_FILES = 150
SEALED = {"has_new_data": True, "has_medias": True, "manifested_streams": "media"}


def shorten(_name: str, definition: Definition) -> None:
    """Set the limits of the state machines to seconds, and the crawl's to nothing."""
    for state in definition["States"].values():
        if "TimeoutSeconds" in state:
            state["TimeoutSeconds"] = LIMIT_SECONDS
        for rule in state.get("Choices", []):
            for condition in rule.get("And", []):
                if (
                    "CrawlElapsedTime" in condition.get("Variable", "")
                    and "IsPresent" not in condition
                ):
                    condition["NumericGreaterThan"] = -1


@pytest.fixture(scope="module")
def night(localaws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> StandInNight:
    """A stack with short limits."""
    deployed = StandInNight(localaws, tmp_path_factory.mktemp("image"), "limited")
    deployed.deploy(shorten)
    deployed.alerts()
    return deployed


@pytest.mark.parametrize("command", ["freshness", "build", "docs"])
def test_a_dbt_task_that_hangs_is_stopped_and_reported(night: StandInNight, command: str) -> None:
    night.behave(**{command: {"sleep": 120}})
    ran = night.run()
    state = f"Dbt{command.capitalize()}"
    assert ran["error"] == f"{state}TimedOut"
    (message,) = night.alerts()
    assert message["Subject"] == f"limited: {state} failed ({state}TimedOut)"
    assert f"{state} took longer than its time limit" in message["Message"]
    assert "'A step took too long'" in message["Message"]
    assert _end_of(night, night.tasks()[-1]["taskArn"])["stopCode"] == "UserInitiated"


def test_an_upkeep_that_hangs_is_stopped_and_reported(night: StandInNight) -> None:
    night.behave(upkeep={"sleep": 120})
    ran = night.run("upkeep")
    assert ran["error"] == "States.Timeout"
    (message,) = night.alerts()
    assert "Upkeep failed with States.Timeout" in message["Message"]
    assert _end_of(night, night.tasks()[-1]["taskArn"])["stopCode"] == "UserInitiated"


def test_a_job_that_hangs_is_stopped_and_reported(night: StandInNight) -> None:
    ran = night.run(new_data=True)
    assert ran["error"] == "NormalizeTimedOut"
    (message,) = night.alerts()
    assert message["Subject"] == "limited: Normalize failed (NormalizeTimedOut)"
    glue = night.aws.client("glue")

    def run() -> dict[str, Any]:
        found: dict[str, Any] = glue.get_job_runs(JobName="limited-normalize")["JobRuns"][0]
        return found

    assert (
        _until(run, lambda it: it["JobRunState"] not in {"RUNNING", "STARTING", "STOPPING"})[
            "JobRunState"
        ]
        == "STOPPED"
    )


def test_a_crawl_that_takes_too_long_is_stopped_and_reported(night: StandInNight) -> None:
    """GIVEN files for some seconds of a crawl WHEN its limit is nothing THEN the night stops it."""
    content = io.BytesIO()
    pq.write_table(pa.table({"media_id": ["m"]}), content)
    bucket = f"limited-data-{night.aws.account_id}-{night.aws.region}"
    s3 = night.aws.client("s3")
    for number in range(MANY_FILES):
        day = f"snapshot_date=20{number // 12:02d}-{number % 12 + 1:02d}-01"
        s3.put_object(Bucket=bucket, Key=f"staging/media/{day}/a.parquet", Body=content.getvalue())
    ran = night.run(resume_from="RefreshCatalog", seal=SEALED)
    assert ran["error"] == "CrawlTimedOut"
    (message,) = night.alerts()
    assert message["Subject"] == "limited: RefreshCatalog failed (CrawlTimedOut)"
    assert "The crawler limited-staging ran for 0 minutes and was stopped" in message["Message"]
    glue = night.aws.client("glue")
    crawler = _until(
        lambda: glue.get_crawler(Name="limited-staging")["Crawler"],
        lambda it: it["State"] == "READY",
    )
    assert crawler["LastCrawl"]["Status"] == "CANCELLED"


def _end_of(night: StandInNight, arn: str) -> dict[str, Any]:
    client = night.aws.client("ecs")
    return _until(
        lambda: client.describe_tasks(cluster=night.stack, tasks=[arn])["tasks"][0],
        lambda it: it["lastStatus"] == "STOPPED",
    )


def _until(
    look: Callable[[], dict[str, Any]], good: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    deadline = time.monotonic() + 60
    while not good(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.2)
    return found
