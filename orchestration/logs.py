"""Where things stand: status, logs and the variables with which other tools reach the local AWS."""

import json
import os
from datetime import UTC, datetime

from botocore.exceptions import ClientError
from rich.console import Console
from rich.table import Table

from orchestration import deploy, local_stack, night
from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.settings import Settings

EXPORTED = (
    "AWS_ENDPOINT_URL",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
)


def exports(settings: Settings) -> dict[str, str]:
    """Return the variables with which any AWS tool reaches the local AWS."""
    Cloud(settings)
    return {name: os.environ[name] for name in EXPORTED if name in os.environ}


def show_status(console: Console, settings: Settings) -> None:
    """Print what runs, the stack, the last night and the watermarks."""
    table = Table(box=None, pad_edge=False, show_header=False)
    try:
        cloud = Cloud(settings)
    except PipelineError as error:
        console.print(str(error), soft_wrap=True)
        return
    if settings.is_local:
        table.add_row("local AWS", os.environ.get("AWS_ENDPOINT_URL", "?"))
        table.add_row("simulator", local_stack.simulator_url(settings) or "not running")
    stack = deploy.describe(cloud)
    table.add_row(
        "stack",
        f"{settings.stack_name} {stack['StackStatus']}"
        if stack
        else "not deployed: make up / make deploy",
    )
    if stack:
        last = night.last_execution(cloud)
        table.add_row("last night", _execution(last) if last else "none yet: make nightly")
        for name, value in _watermarks(cloud).items():
            table.add_row(f"watermark {name}", value)
    console.print(table)


def show(console: Console, settings: Settings, *, state: str | None, lines: int) -> None:
    """Print the newest lines of the pipeline's logs.

    Raises
    ------
    PipelineError
        There is no log of that state.
    """
    cloud = Cloud(settings)
    client = cloud.client("logs")
    groups = _groups(settings.stack_name)
    if state and state not in groups:
        raise PipelineError(f"STATE={state} has no log of its own; one of {', '.join(groups)}.")
    found = False
    for name in [state] if state else list(groups):
        for line in _newest_lines(client, groups[name], lines):
            found = True
            console.print(f"[dim]{name}[/] {line}", highlight=False, soft_wrap=True)
    if not found:
        where = (
            f" The files of the local AWS: {settings.localaws_home / 'logs'}"
            if settings.is_local
            else ""
        )
        console.print(f"No log lines yet.{where}", soft_wrap=True)


def _groups(stack: str) -> dict[str, str]:
    groups = {
        name: f"/aws/lambda/{stack}-{name.lower()}" for name in ("Plan", "Ingest", "Seal", "Commit")
    }
    groups["Normalize"] = "/aws-glue/jobs/error"
    groups["RefreshCatalog"] = "/aws-glue/crawlers"
    groups |= dict.fromkeys(("DbtFreshness", "DbtBuild", "DbtDocs"), f"/ecs/{stack}-dbt")
    return groups


def _newest_lines(client: object, group: str, lines: int) -> list[str]:
    try:
        streams = client.describe_log_streams(  # type: ignore[attr-defined]
            logGroupName=group, orderBy="LastEventTime", descending=True, limit=1
        )["logStreams"]
        if not streams:
            return []
        events = client.get_log_events(  # type: ignore[attr-defined]
            logGroupName=group,
            logStreamName=streams[0]["logStreamName"],
            limit=lines,
            startFromHead=False,
        )["events"]
    except ClientError:
        return []
    return [f"{_clock(event['timestamp'])} {event['message'].rstrip()}" for event in events]


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
