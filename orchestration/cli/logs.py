"""Status, logs, and the variables with which other tools reach the local AWS."""

import json
import os
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from orchestration.cli import local_stack, night
from orchestration.cli.screen import Screen, without_colors
from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.infrastructure import stack
from orchestration.settings import Settings

EXPORTED = (
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
)
# The dbt states of several nights and the upkeep share a log group.
_STREAMS_SEARCHED = 20
MOST_LINES = 10_000  # CloudWatch returns no more at once


def exports(settings: Settings) -> dict[str, str]:
    """Return the variables with which any AWS tool reaches the local AWS."""
    Cloud(settings)
    return {name: os.environ[name] for name in EXPORTED if name in os.environ}


def show_status(screen: Screen, settings: Settings) -> None:
    """Print what is running, the stack, the last night and the watermarks."""
    try:
        cloud = Cloud(settings)
    except PipelineError as error:
        screen.line(str(error))
        return
    rows = []
    if settings.is_local:
        rows.append(["local AWS", os.environ.get("AWS_ENDPOINT_URL", "?")])
        rows.append(["simulator", local_stack.simulator_url(settings) or "not running"])
    deployed = stack.describe(cloud)
    if deployed is None:
        rows.append(["stack", "not deployed: make up / make deploy"])
    else:
        rows.append(["stack", f"{settings.stack_name} {deployed['StackStatus']}"])
        rows += _databases(cloud)
        last = night.last_execution(cloud)
        rows.append(["last night", _execution(last) if last else "none yet: make nightly"])
        rows += [[f"watermark {name}", value] for name, value in _watermarks(cloud).items()]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        screen.line(f"{name:<{width}}  {value}")


def _databases(cloud: Cloud) -> list[list[str]]:
    try:
        names = stack.databases(cloud)
    except PipelineError:
        return []  # a stack that is being created, or whose deploy failed
    return [["databases", f"{names.staging}, {names.analytics}"]]


def show(screen: Screen, settings: Settings, *, state: str | None, lines: int) -> None:
    """Print the newest lines of the pipeline's logs.

    Raises
    ------
    PipelineError
        The state does not exist or has no log.
    """
    cloud = Cloud(settings)
    client = cloud.client("logs")
    groups = _groups(settings.stack_name)
    if state and state not in groups:
        raise PipelineError(f"STATE={state} has no log of its own; use one of {', '.join(groups)}.")
    found = False
    for name in [state] if state else list(groups):
        for line in _newest_lines(client, groups[name], lines, _first_line_of(name)):
            found = True
            screen.line((name, "dim"), f" {line}")
    if not found:
        where = (
            f" The log files of the local AWS are in {settings.localaws_home / 'logs'}."
            if settings.is_local
            else ""
        )
        screen.line(f"No log lines yet.{where}")


def _groups(stack: str) -> dict[str, str]:
    groups = {
        name: f"/aws/lambda/{stack}-{name.lower()}"
        for name in ("Plan", "Ingest", "Seal", "Register", "Commit")
    }
    groups["Normalize"] = f"/aws-glue/{stack}-normalize/output"
    groups["RefreshCatalog"] = "/aws-glue/crawlers"
    groups |= dict.fromkeys(("DbtFreshness", "DbtBuild", "DbtDocs"), f"/ecs/{stack}-dbt")
    return groups


def _first_line_of(state: str) -> str:
    """Return how the log of a state begins where several states write into one group."""
    return f"dbt {state.removeprefix('Dbt').lower()} of run " if state.startswith("Dbt") else ""


def _newest_lines(client: Any, group: str, lines: int, first_line: str) -> list[str]:
    try:
        streams = client.describe_log_streams(
            logGroupName=group,
            orderBy="LastEventTime",
            descending=True,
            limit=_STREAMS_SEARCHED if first_line else 1,
        )["logStreams"]
        for stream in streams:
            place = {"logGroupName": group, "logStreamName": stream["logStreamName"]}
            if _begins_with(client, place, first_line):
                events = client.get_log_events(**place, limit=lines, startFromHead=False)["events"]
                return [_line(event) for event in events]
    except ClientError:
        return []
    return []


def _begins_with(client: Any, place: dict[str, str], first_line: str) -> bool:
    if not first_line:
        return True
    events = client.get_log_events(**place, limit=1, startFromHead=True)["events"]
    return any(event["message"].startswith(first_line) for event in events)


def _line(event: dict[str, Any]) -> str:
    # Programs color what they log, and the output here may go into a file.
    return f"{_clock(event['timestamp'])} {without_colors(event['message']).rstrip()}"


def _clock(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%H:%M:%S}"


def _execution(execution: dict[str, object]) -> str:
    started = execution["startDate"]
    when = f"{started:%Y-%m-%d %H:%M:%S %Z}" if isinstance(started, datetime) else str(started)
    return f"{execution['status']}, started {when}, {execution['executionArn']}"


def _watermarks(cloud: Cloud) -> dict[str, str]:
    client, found = cloud.client("s3"), {}
    try:
        listed = client.list_objects_v2(Bucket=cloud.data_bucket, Prefix="state/watermarks/")
        for item in listed.get("Contents", []):
            body = json.loads(
                client.get_object(Bucket=cloud.data_bucket, Key=item["Key"])["Body"].read()
            )
            name = item["Key"].rsplit("/", 1)[-1].removesuffix(".json")
            found[name] = str(body.get("watermark") or body)
    except ClientError:
        return {}
    return found
