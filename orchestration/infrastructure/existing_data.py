"""Data that an undeploy or a failed first deployment has left: the stack takes it over.

Each of the three resources may exist without the others. A stack cannot create what exists, so they
come into it by a change set of type IMPORT, which changes none of them; the update that follows
gives them the template's settings again (retention, versions, encryption, public access).
"""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.infrastructure import stack_changes, template
from orchestration.infrastructure.object_versions import delete_versions

BUCKET, POLICY, KEY = "DataBucket", "DataBucketPolicy", "PseudonymKeySecret"
_WRITE_GUARDS = ("RawIsWrittenByIngest", "QuarantineIsWrittenByTheJob")
_MISSING = frozenset(
    {"404", "NoSuchBucket", "NoSuchBucketPolicy", "NotFound", "ResourceNotFoundException"}
)


def take_over(cloud: Cloud, stack: dict[str, Any] | None, say: Callable[[str], None]) -> bool:
    """Import into the stack what exists and is not managed by it.

    Parameters
    ----------
    cloud
        The AWS of the data.
    stack
        Description of the stack, None if there is none.
    say
        Callback that receives a progress message.

    Returns
    -------
    bool
        Whether something was imported: then there is a stack.

    Raises
    ------
    PipelineError
        The bucket belongs to another account, or CloudFormation refused the import.
    """
    managed = stack_changes.managed(cloud) if stack else set()
    found = {name: item for name, item in _found(cloud).items() if name not in managed}
    if not found:
        return False
    say(f"Taking over the data that exists: {', '.join(found)}")
    if BUCKET in found and KEY not in found and KEY not in managed:
        say(
            "There is no pseudonym key, so a new one is made: visitors of earlier nights will not "
            "be recognized. If you have the old key, put it into the secret before the next night."
        )
    base = template.load(stack_changes.original_template(cloud)) if stack else {"Resources": {}}
    base["Resources"].update({name: item["resource"] for name, item in found.items()})
    names = base.get("Parameters", {})
    stack_changes.import_resources(
        cloud,
        json.dumps(base),
        [{"ParameterKey": name, "UsePreviousValue": True} for name in names],
        [
            {
                "ResourceType": item["resource"]["Type"],
                "LogicalResourceId": name,
                "ResourceIdentifier": item["identifier"],
            }
            for name, item in found.items()
        ],
    )
    return True


def delete(cloud: Cloud) -> None:
    """Delete the bucket with all that it holds, and the pseudonym key; neither can be restored."""
    lift_write_guards(cloud)
    empty_bucket(cloud, cloud.data_bucket)
    cloud.client("secretsmanager").delete_secret(
        SecretId=_key_name(cloud), ForceDeleteWithoutRecovery=True
    )


def lift_write_guards(cloud: Cloud) -> None:
    """Let raw records be deleted by the caller; nobody else can read them meanwhile."""
    policy = _policy(cloud)
    if policy is None:
        return
    kept = [item for item in policy["Statement"] if item.get("Sid") not in _WRITE_GUARDS]
    if kept != policy["Statement"]:
        cloud.client("s3").put_bucket_policy(
            Bucket=cloud.data_bucket, Policy=json.dumps({**policy, "Statement": kept})
        )


def empty_bucket(cloud: Cloud, bucket: str) -> None:
    """Delete a bucket with all objects and their versions; a missing one is no error."""
    client = cloud.client("s3")
    try:
        delete_versions(client, bucket, keep_newest=False)
        client.delete_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchBucket":
            raise


def _found(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """Return what exists, each with its identifier and its description for the import.

    The update after the import compares the two templates and not the resource. So the bucket is
    described by its name only: everything else is then a change, and is set. The key is described
    as in the template: another ``GenerateSecretString`` would make another key.
    """
    found: dict[str, dict[str, Any]] = {}
    wanted = template.load()["Resources"]
    if _bucket_exists(cloud):
        name = {"BucketName": cloud.data_bucket}
        found[BUCKET] = {"identifier": name, "resource": {**wanted[BUCKET], "Properties": name}}
        if policy := _policy(cloud):
            properties = {"Bucket": cloud.data_bucket, "PolicyDocument": policy}
            found[POLICY] = {
                "identifier": {"Bucket": cloud.data_bucket},
                "resource": {**wanted[POLICY], "Properties": properties},
            }
    if arn := _key_arn(cloud):
        found[KEY] = {"identifier": {"Id": arn}, "resource": wanted[KEY]}
    return found


def _bucket_exists(cloud: Cloud) -> bool:
    try:
        cloud.client("s3").head_bucket(
            Bucket=cloud.data_bucket, ExpectedBucketOwner=cloud.account_id
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return False
        raise PipelineError(
            f"The data bucket {cloud.data_bucket} cannot be used: {error}. It may belong to "
            "another account: check the credentials and AWS_REGION, or set another STACK_NAME."
        ) from None
    return True


def _policy(cloud: Cloud) -> dict[str, Any] | None:
    try:
        text = cloud.client("s3").get_bucket_policy(Bucket=cloud.data_bucket)["Policy"]
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise
    policy: dict[str, Any] = json.loads(text)
    return policy


def _key_name(cloud: Cloud) -> str:
    return f"{cloud.settings.stack_name}/pseudonym-key"


def _key_arn(cloud: Cloud) -> str | None:
    client = cloud.client("secretsmanager")
    try:
        secret = client.describe_secret(SecretId=_key_name(cloud))
    except ClientError as error:
        if error.response["Error"]["Code"] in _MISSING:
            return None
        raise
    if "DeletedDate" in secret:
        # Somebody deleted it by hand. Until it is gone for good, its name cannot be used again.
        client.restore_secret(SecretId=secret["ARN"])
    return str(secret["ARN"])
