"""Creates, updates and deletes the stack, and imports resources into it."""

import hashlib
import json
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.infrastructure.stack import describe

_POLL_SECONDS_LOCAL = 0.3
_POLL_SECONDS_AWS = 5.0
_DEPLOY_TIMEOUT_SECONDS = 3600
_CAPABILITIES = ["CAPABILITY_IAM"]
_CHANGE_SET = "take-over"
# A stack in one of these has no resources that anybody uses: it can only be deleted.
_NEVER_CREATED = frozenset(
    {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"}
)


def current(cloud: Cloud) -> dict[str, Any] | None:
    """Return the stack's description, None if there is none; one that was never created goes."""
    stack = describe(cloud)
    if stack is None:
        return None
    status = stack["StackStatus"]
    failed_import = status == "IMPORT_ROLLBACK_COMPLETE" and not managed(cloud)
    if status in _NEVER_CREATED or failed_import:
        delete(cloud)
        return None
    return stack


def managed(cloud: Cloud) -> set[str]:
    """Return the logical ids of the resources that the stack has."""
    pages = cloud.client("cloudformation").get_paginator("list_stack_resources")
    return {
        item["LogicalResourceId"]
        for page in pages.paginate(StackName=cloud.settings.stack_name)
        for item in page["StackResourceSummaries"]
        if item["ResourceStatus"] not in {"DELETE_COMPLETE", "CREATE_FAILED"}
    }


def original_template(cloud: Cloud) -> str:
    """Return the template of the stack as it was deployed."""
    body = cloud.client("cloudformation").get_template(
        StackName=cloud.settings.stack_name, TemplateStage="Original"
    )["TemplateBody"]
    return body if isinstance(body, str) else json.dumps(body)  # boto3 parses JSON


def apply(
    cloud: Cloud,
    body: str,
    parameters: dict[str, str],
    tags: dict[str, str],
    *,
    is_new: bool,
) -> None:
    """Create the stack, or update it.

    Parameters
    ----------
    cloud
        Where.
    body
        The template.
    parameters
        Values of all parameters without a default, and of others.
    tags
        Tags of the stack and its resources.
    is_new
        Whether there is no stack yet.

    Raises
    ------
    PipelineError
        CloudFormation refused it, or a resource failed; the text says which and why.
    """
    client, stack = cloud.client("cloudformation"), cloud.settings.stack_name
    before = None if is_new else _last_event(cloud)
    request: dict[str, Any] = {
        "StackName": stack,
        "TemplateURL": _uploaded(cloud, body),
        "Capabilities": _CAPABILITIES,
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
        "Tags": [{"Key": key, "Value": value} for key, value in tags.items()],
    }
    try:
        if is_new:
            client.create_stack(**request)
        else:
            client.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise PipelineError(f"CloudFormation rejected the stack {stack}: {error}") from None
    kind = "create" if is_new else "update"
    _wait(cloud, f"stack_{kind}_complete", kind, before)


def import_resources(
    cloud: Cloud,
    body: str,
    parameters: list[dict[str, Any]],
    resources: list[dict[str, Any]],
) -> None:
    """Bring existing resources under the management of the stack; a missing stack is created.

    Parameters
    ----------
    cloud
        Where.
    body
        The template: the deployed one, if any, with the resources added.
    parameters
        CloudFormation's own form, so that they can name previous values.
    resources
        Type, logical id and identifier of each resource.

    Raises
    ------
    PipelineError
        CloudFormation refused the import, or it failed; the text says why.
    """
    client, stack = cloud.client("cloudformation"), cloud.settings.stack_name
    names = ", ".join(item["LogicalResourceId"] for item in resources)
    before, reason = None, ""
    try:
        client.create_change_set(
            StackName=stack,
            ChangeSetName=_CHANGE_SET,
            ChangeSetType="IMPORT",
            TemplateURL=_uploaded(cloud, body),
            Capabilities=_CAPABILITIES,
            Parameters=parameters,
            ResourcesToImport=resources,
        )
        _waiter(cloud, "change_set_create_complete", ChangeSetName=_CHANGE_SET)
        before = _last_event(cloud)
        client.execute_change_set(StackName=stack, ChangeSetName=_CHANGE_SET)
    except ClientError as error:
        reason = str(error)
    except WaiterError as error:
        reason = str(error.last_response.get("StatusReason", error))
    if reason:
        client.delete_change_set(StackName=stack, ChangeSetName=_CHANGE_SET)
        raise PipelineError(f"CloudFormation could not take over {names}: {reason}")
    _wait(cloud, "stack_import_complete", "import into", before)


def delete(cloud: Cloud) -> None:
    """Delete the stack; what its template retains stays.

    Raises
    ------
    PipelineError
        A resource could not be deleted.
    """
    before = _last_event(cloud)
    cloud.client("cloudformation").delete_stack(StackName=cloud.settings.stack_name)
    _wait(cloud, "stack_delete_complete", "delete", before)


def _uploaded(cloud: Cloud, body: str) -> str:
    """Upload a template, which is too long for a request, and return its address."""
    bucket, region = cloud.artifacts_bucket, cloud.settings.region
    key = f"templates/{hashlib.sha256(body.encode()).hexdigest()[:16]}.yml"
    cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=body.encode())
    return f"https://{bucket}.s3.{region}.amazonaws.com/{key}"


def _wait(cloud: Cloud, waiter: str, verb: str, before: str | None) -> None:
    try:
        _waiter(cloud, waiter)
    except WaiterError:
        raise PipelineError(
            f"CloudFormation could not {verb} the stack {cloud.settings.stack_name}: "
            f"{_first_failure(cloud, before)}"
        ) from None


def _waiter(cloud: Cloud, name: str, **names: str) -> None:
    poll = _POLL_SECONDS_LOCAL if cloud.settings.is_local else _POLL_SECONDS_AWS
    attempts = int(_DEPLOY_TIMEOUT_SECONDS / poll)
    cloud.client("cloudformation").get_waiter(name).wait(
        StackName=cloud.settings.stack_name,
        **names,
        WaiterConfig={"Delay": poll, "MaxAttempts": attempts},
    )


def _events(cloud: Cloud) -> Iterator[dict[str, Any]]:
    """Return the events of the stack, newest first."""
    pages = cloud.client("cloudformation").get_paginator("describe_stack_events")
    for page in pages.paginate(StackName=cloud.settings.stack_name):
        yield from page["StackEvents"]


def _last_event(cloud: Cloud) -> str | None:
    return next((str(event["EventId"]) for event in _events(cloud)), None)


def _first_failure(cloud: Cloud, before: str | None) -> str:
    """Return why the stack failed: the first failure after an event of an earlier deploy."""
    new = takewhile(lambda event: event["EventId"] != before, _events(cloud))
    failures = [event for event in new if event["ResourceStatus"].endswith("_FAILED")]
    if not failures:
        return "it gave no reason; see its events in the console"
    first = failures[-1]
    reason = first.get("ResourceStatusReason", "no reason given")
    return f"{first['LogicalResourceId']} ({first['ResourceType']}): {reason}"
