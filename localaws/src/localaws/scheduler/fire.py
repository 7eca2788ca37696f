"""Fires a schedule's target as EventBridge Scheduler does when its time has come."""

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from botocore.utils import ArnParser

from localaws.context import ServerContext
from localaws.context.access import RoleNotAssumableError
from localaws.context.aws_client import aws_client
from localaws.credentials import Identity
from localaws.errors import LocalAwsError

CONTROL = "scheduler-fire"
"""Name under which the server offers this to ``localaws scheduler fire``."""
_SDK_SERVICE_NAMES = {"sfn": "stepfunctions", "eventbridge": "events"}


class ScheduleError(LocalAwsError):
    """A schedule cannot be fired, or its target refused."""


def fire(
    context: ServerContext, name: str, group: str = "default", scheduled_time: str | None = None
) -> dict[str, Any]:
    """Call a schedule's target once, now.

    Parameters
    ----------
    scheduled_time
        What ``<aws.scheduler.scheduled-time>`` in the target's input becomes, as ISO 8601; None is
        now, to the second.

    Returns
    -------
    dict
        ``schedule``, ``target``, ``scheduled_time``, ``input`` and the target's ``answer``.

    Raises
    ------
    ScheduleError
        There is no such schedule, its target is of a kind that localaws does not call, or the
        target refused; the refused event is then in the schedule's dead-letter queue, if it has
        one.
    """
    time = scheduled_time or datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        schedule = aws_client(context, "scheduler").get_schedule(Name=name, GroupName=group)
    except ClientError as error:
        raise ScheduleError(
            f"Cannot fire schedule {name} of group {group}: {error.response['Error']['Message']}. "
            "`aws scheduler list-schedules` shows those that exist."
        ) from error
    target = schedule["Target"]
    text = fill_in(str(target.get("Input") or "{}"), schedule_arn=schedule["Arn"], time=time)
    try:
        identity = context.access.role_session(
            target["RoleArn"],
            "scheduler.amazonaws.com",
            "EventBridgeScheduler",
            # https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
            _group_arn(schedule["Arn"]),
        )
    except RoleNotAssumableError as error:
        raise ScheduleError(f"Schedule {name} called nothing: {error}") from error
    try:
        answer = _call(context, identity, target["Arn"], text)
    except (ClientError, BotoCoreError) as error:
        _bury(context, identity, target, schedule_arn=schedule["Arn"], text=text, error=error)
        raise ScheduleError(f"Schedule {name} called {target['Arn']}: {error}") from error
    return {
        "schedule": schedule["Arn"],
        "target": target["Arn"],
        "scheduled_time": time,
        "input": text,
        "answer": answer,
    }


def _group_arn(schedule_arn: str) -> str:
    """Return the ARN of a schedule's group, for which Scheduler acts."""
    start, _, rest = schedule_arn.partition(":schedule/")
    return f"{start}:schedule-group/{rest.partition('/')[0]}"


def fill_in(text: str, *, schedule_arn: str, time: str) -> str:
    """Replace Scheduler's context attributes in a target's input.

    Examples
    --------
    >>> fill_in('{"as_of": "<aws.scheduler.scheduled-time>"}', schedule_arn="a", time="2026-03-02")
    '{"as_of": "2026-03-02"}'
    """
    attributes = {
        "<aws.scheduler.schedule-arn>": schedule_arn,
        "<aws.scheduler.scheduled-time>": time,
        "<aws.scheduler.execution-id>": str(uuid.uuid4()),
        "<aws.scheduler.attempt-number>": "1",
    }
    for attribute, value in attributes.items():
        text = text.replace(attribute, value)
    return text


def _call(context: ServerContext, identity: Identity, arn: str, text: str) -> dict[str, Any]:
    service = ArnParser().parse_arn(arn)["service"]
    if arn.startswith("arn:aws:scheduler:::aws-sdk:"):
        api, action = arn.rsplit(":", maxsplit=2)[1:]
        client = aws_client(context, _SDK_SERVICE_NAMES.get(api, api), None, identity)
        answer = getattr(client, xform_name(action))(**_request(client, action, text))
    elif service == "states":
        client = aws_client(context, "stepfunctions", None, identity)
        answer = client.start_execution(stateMachineArn=arn, input=text)
    elif service == "lambda":
        client = aws_client(context, "lambda", None, identity)
        answer = client.invoke(FunctionName=arn, InvocationType="Event", Payload=text.encode())
        answer.pop("Payload", None)
    else:
        raise ScheduleError(
            f"localaws calls state machines, functions and aws-sdk targets, not {arn}"
        )
    answer.pop("ResponseMetadata", None)
    return {key: str(value) for key, value in answer.items()}


def _request(client: Any, action: str, text: str) -> dict[str, Any]:
    """Return the input of an ``aws-sdk`` target, in PascalCase, the names of the service's API."""
    operation = client.meta.method_to_api_mapping[xform_name(action)]
    members = client.meta.service_model.operation_model(operation).input_shape.members
    names = {member.lower(): member for member in members}
    return {names.get(key.lower(), key): value for key, value in json.loads(text).items()}


def _bury(
    context: ServerContext,
    identity: Identity,
    target: dict[str, Any],
    *,
    schedule_arn: str,
    text: str,
    error: Exception,
) -> None:
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue_arn:
        return
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else "Unknown"
    attributes = {"ERROR_CODE": code, "ERROR_MESSAGE": str(error), "SCHEDULE_ARN": schedule_arn}
    name = queue_arn.rsplit(":", maxsplit=1)[1]
    url = aws_client(context, "sqs").get_queue_url(QueueName=name)["QueueUrl"]
    aws_client(context, "sqs", None, identity).send_message(
        QueueUrl=url,
        MessageBody=text,
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )


def install(context: ServerContext) -> None:
    """Let ``localaws scheduler fire`` reach this server."""

    def on_fire(payload: dict[str, Any]) -> dict[str, Any]:
        return fire(
            context,
            str(payload["name"]),
            str(payload.get("group") or "default"),
            payload.get("scheduled_time"),
        )

    context.add_control(CONTROL, on_fire)
