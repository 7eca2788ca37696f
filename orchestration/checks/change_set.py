"""Before a deploy: what CloudFormation thinks of the template.

A change set is created, read and deleted; it is never executed. The template goes to the artifacts
bucket first, under the key that a deploy gives it: CloudFormation takes one this long only from S3.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from orchestration.checks.check import Finding, Site, bad, good, unknown
from orchestration.infrastructure import template

_NOTHING = ("didn't contain changes", "No updates are to be performed")
_PLACEHOLDER = "preflight"


def template_is_valid(site: Site) -> Iterator[Finding]:
    """Let CloudFormation validate the template."""
    url = _uploaded(site)
    if url is None:
        yield _no_bucket(site)
        return
    try:
        site.client("cloudformation").validate_template(TemplateURL=url)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        yield bad(f"CloudFormation refuses it: {error.response['Error']['Message']}", "Correct it")
    else:
        yield good("CloudFormation accepts template.yml")


def change_set(site: Site) -> Iterator[Finding]:
    """Create a change set, read its changes and delete it."""
    url = _uploaded(site)
    if url is None:
        yield _no_bucket(site)
        return
    client, stack = site.client("cloudformation"), site.settings.stack_name
    kind = "CREATE" if site.stack is None else "UPDATE"
    name = f"preflight-{int(time.time())}"
    client.create_change_set(
        StackName=stack,
        ChangeSetName=name,
        ChangeSetType=kind,
        TemplateURL=url,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=_parameters(site),
    )
    try:
        yield _judged(client, stack, name, kind)
    finally:
        with suppress(ClientError):
            client.delete_change_set(StackName=stack, ChangeSetName=name)
        if kind == "CREATE":
            _delete_shell(client, stack)


def _judged(client: Any, stack: str, name: str, kind: str) -> Finding:
    with suppress(WaiterError):
        client.get_waiter("change_set_create_complete").wait(
            StackName=stack, ChangeSetName=name, WaiterConfig={"Delay": 2, "MaxAttempts": 60}
        )
    found = client.describe_change_set(StackName=stack, ChangeSetName=name)
    reason = str(found.get("StatusReason", ""))
    what = f"a change set ({kind}) was created, not executed, and deleted:"
    if found["Status"] == "CREATE_COMPLETE":
        return good(f"{what} {len(found.get('Changes', []))} changes")
    if any(part in reason for part in _NOTHING):
        return good(f"{what} no changes")
    return bad(f"{what} {reason}", "Correct what it names; nothing was changed")


def _delete_shell(client: Any, stack: str) -> None:
    """Delete the empty stack that a change set for a new one leaves; never one with resources."""
    with suppress(ClientError):
        found = client.describe_stacks(StackName=stack)["Stacks"][0]
        if found["StackStatus"] == "REVIEW_IN_PROGRESS":
            client.delete_stack(StackName=stack)


def _parameters(site: Site) -> list[dict[str, Any]]:
    given = {item["ParameterKey"] for item in (site.stack or {}).get("Parameters", [])}
    wanted = template.load()["Parameters"]
    kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in wanted if name in given]
    return kept + [
        {"ParameterKey": name, "ParameterValue": _PLACEHOLDER}
        for name, item in wanted.items()
        if name not in given and "Default" not in item
    ]


def _uploaded(site: Site) -> str | None:
    client, bucket = site.client("s3"), site.cloud.artifacts_bucket
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchBucket"}:
            return None
        raise
    key = f"templates/{hashlib.sha256(template.TEMPLATE.read_bytes()).hexdigest()[:16]}.yml"
    client.upload_file(str(template.TEMPLATE), bucket, key)
    return f"https://{bucket}.s3.{site.settings.region}.amazonaws.com/{key}"


def _no_bucket(site: Site) -> Finding:
    bucket = site.cloud.artifacts_bucket
    return unknown(
        f"there is no bucket {bucket} for the template yet",
        f"aws s3 mb s3://{bucket} --region {site.settings.region}, then run this again; the deploy "
        "uses the bucket",
    )
