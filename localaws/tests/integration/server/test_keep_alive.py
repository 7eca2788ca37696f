"""Work that follows other work by about the server's keep-alive time succeeds."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from localaws_support.roles import ADMINISTRATOR, create_role

from localaws import testing
from localaws.testing import LocalAws

KEEP_ALIVE_SECONDS = 1.0
DISTANCES = [0.45, 0.55, 0.95, 1.0, 1.05, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6]
CRAWLERS = [f"crawler-{number}" for number in range(6)]


@pytest.fixture
def localaws(tmp_path: Path) -> Iterator[LocalAws]:
    options = {"trino_eager": False, "keep_alive_seconds": KEEP_ALIVE_SECONDS}
    with testing.start(tmp_path / "home", **options) as aws:
        yield aws


@pytest.fixture
def refresh_catalog(localaws: LocalAws) -> str:
    """A state machine that starts six crawlers at once, and waits for each as the nightly does."""
    arn = create_role(localaws, ADMINISTRATOR)
    s3, glue = localaws.client("s3"), localaws.client("glue")
    s3.create_bucket(Bucket="lake")
    glue.create_database(DatabaseInput={"Name": "lake"})
    for crawler in CRAWLERS:
        s3.put_object(Bucket="lake", Key=f"{crawler}/events/one.json", Body=b'{"id": 1}\n')
        glue.create_crawler(
            Name=crawler,
            Role=arn,
            DatabaseName="lake",
            TablePrefix=f"{crawler}_",
            Targets={"S3Targets": [{"Path": f"s3://lake/{crawler}/"}]},
        )
    return str(
        localaws.client("stepfunctions").create_state_machine(
            name="refresh-catalog", definition=json.dumps(_definition()), roleArn=arn
        )["stateMachineArn"]
    )


def _definition() -> dict[str, Any]:
    return {
        "StartAt": "Crawl",
        "States": {
            "Crawl": {
                "Type": "Parallel",
                "End": True,
                "Branches": [_crawl(crawler) for crawler in CRAWLERS],
            }
        },
    }


def _crawl(crawler: str) -> dict[str, Any]:
    call, state = "arn:aws:states:::aws-sdk:glue:", "$.Crawler.State"
    # A name is used once in the whole machine.
    start, look, is_done, wait, was_it_good, good, bad = (
        f"{name} {crawler}"
        for name in ("Start", "Look", "IsDone", "Wait", "WasItGood", "Good", "Bad")
    )
    parameters = {"Name": crawler}
    done = {"Variable": state, "StringEquals": "READY", "Next": was_it_good}
    succeeded = {
        "Variable": "$.Crawler.LastCrawl.Status",
        "StringEquals": "SUCCEEDED",
        "Next": good,
    }
    return {
        "StartAt": start,
        "States": {
            start: {
                "Type": "Task",
                "Resource": f"{call}startCrawler",
                "Parameters": parameters,
                "Next": look,
            },
            look: {
                "Type": "Task",
                "Resource": f"{call}getCrawler",
                "Parameters": parameters,
                "Next": is_done,
            },
            is_done: {"Type": "Choice", "Choices": [done], "Default": wait},
            wait: {"Type": "Wait", "Seconds": 1, "Next": look},
            was_it_good: {"Type": "Choice", "Choices": [succeeded], "Default": bad},
            good: {"Type": "Succeed"},
            bad: {"Type": "Fail", "CausePath": "$.Crawler.LastCrawl.ErrorMessage"},
        },
    }


def test_crawls_succeed_at_any_distance_around_the_keep_alive_time(
    localaws: LocalAws, refresh_catalog: str
) -> None:
    client = localaws.client("stepfunctions")
    outcomes = {}
    for distance in DISTANCES:
        outcomes[distance] = _outcome(client, refresh_catalog)
        time.sleep(distance)
    assert outcomes == dict.fromkeys(DISTANCES, ("SUCCEEDED", None))


def _outcome(client: Any, machine: str) -> tuple[str, str | None]:
    started = client.start_execution(stateMachineArn=machine)["executionArn"]
    while (execution := client.describe_execution(executionArn=started))["status"] == "RUNNING":
        time.sleep(0.1)
    return execution["status"], execution.get("cause")
