"""Deploys the template to localaws or to an account, in the same way."""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import ClientError, WaiterError

from ingestion.client.token import flaw_of_token
from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.infrastructure import database_names, image, packaging
from orchestration.infrastructure.object_versions import delete_versions
from orchestration.infrastructure.stack import describe
from orchestration.memory import Memory
from orchestration.settings import SIMULATOR_TOKEN, WISTIA_API_BASE_URL, Settings

TEMPLATE = Path(__file__).with_name("template.yml")
_POLL_SECONDS_LOCAL = 0.3
_POLL_SECONDS_AWS = 5.0
_DEPLOY_TIMEOUT_SECONDS = 3600
SIMULATED_HISTORY_DAYS = 92  # the simulator's world is 90 days old


def deploy(cloud: Cloud, say: Callable[[str], None], *, simulator_url: str | None = None) -> bool:
    """Package, upload and deploy what has changed, and put the token into its secret.

    Parameters
    ----------
    cloud
        The AWS to deploy to.
    say
        Callback that receives a progress message.
    simulator_url
        Base URL of the simulator, if the pipeline reads from it.

    Returns
    -------
    bool
        Whether the stack was deployed; False if nothing had changed.

    Raises
    ------
    PipelineError
        A step failed; the text says which resource and why.
    """
    settings = cloud.settings
    if not settings.uses_simulator:
        _given_token(settings)  # a bad one is refused before anything is built
    package = packaging.build(settings.build_dir, for_local=settings.is_local, say=say)
    parameters = package.parameters | _parameters(cloud, simulator_url)
    wanted = _fingerprint(package, parameters)
    if settings.is_local:
        image.register_locally(cloud, package.image_tag)
    changed = _deployed_fingerprint(cloud) != wanted
    if changed:
        say("Uploading the packages")
        _upload(cloud, package)
        say(f"Deploying the stack {settings.stack_name}")
        _deploy_stack(cloud, parameters, wanted)
    if not settings.is_local:
        image.build_on_aws(cloud, package.image_tag, say)
    put_token(cloud, say)
    log_groups.expire_shared(cloud, say)
    return changed


def put_token(cloud: Cloud, say: Callable[[str], None]) -> None:
    """Put Wistia's token into its secret, if the environment has one and it differs."""
    settings = cloud.settings
    if settings.uses_simulator:
        token = SIMULATOR_TOKEN
    elif given := _given_token(settings):
        token = given
    elif settings.is_local:
        raise PipelineError(
            f"WISTIA_API_BASE_URL is {settings.wistia_api_base_url}, but there is no token for it: "
            "set the environment variable WISTIA_API_TOKEN."
        )
    else:
        return
    _put(cloud, token, say)


def put_given_token(cloud: Cloud, say: Callable[[str], None], *, always: bool) -> None:
    """Put the token of the environment, if there is one, into the secret of a deployed stack.

    Parameters
    ----------
    cloud
        The AWS of the secret; its settings hold the token.
    say
        Callback that receives a progress message.
    always
        Put it even if the secret holds the simulator's token. Otherwise that one stays: a token
        that the shell exports belongs to a real account, and the simulator would refuse it.
    """
    settings = cloud.settings
    if settings.wistia_api_token is None:
        return
    is_meant = always or _stored_token(cloud) != SIMULATOR_TOKEN
    if is_meant and (given := _given_token(settings)):
        _put(cloud, given, say)


def _given_token(settings: Settings) -> str | None:
    """Return the token of the environment, None if there is none.

    Raises
    ------
    PipelineError
        It cannot be a token; the text says why and does not contain it.
    """
    if settings.wistia_api_token is None:
        return None
    token = settings.wistia_api_token.get_secret_value().strip()
    if flaw := flaw_of_token(token):
        raise PipelineError(
            f"WISTIA_API_TOKEN is not a Wistia token: {flaw}. Nothing was changed. Copy the token "
            "again from Wistia's account settings, then run the command again."
        )
    return token


def _put(cloud: Cloud, token: str, say: Callable[[str], None]) -> None:
    if _stored_token(cloud) != token:
        say("Putting the token into its secret")
        cloud.client("secretsmanager").put_secret_value(
            SecretId=cloud.settings.token_secret_id, SecretString=token
        )


def _stored_token(cloud: Cloud) -> str | None:
    try:
        answer = cloud.client("secretsmanager").get_secret_value(
            SecretId=cloud.settings.token_secret_id
        )
    except ClientError:
        return None  # a new secret has no value yet
    return str(answer.get("SecretString"))


def undeploy(cloud: Cloud, say: Callable[[str], None], *, delete_data: bool) -> None:
    """Delete the stack; the data bucket and the pseudonym key stay unless ``delete_data``."""
    client = cloud.client("cloudformation")
    stack = cloud.settings.stack_name
    if describe(cloud) is None:
        say(f"There is no stack {stack}")
    else:
        say(f"Deleting the stack {stack}")
        client.delete_stack(StackName=stack)
        _wait(cloud, "stack_delete_complete", "DELETE")
    if delete_data:
        say(f"Deleting the bucket {cloud.data_bucket} and the pseudonym key")
        empty_bucket(cloud, cloud.data_bucket)
        cloud.client("secretsmanager").delete_secret(
            SecretId=f"{stack}/pseudonym-key", ForceDeleteWithoutRecovery=True
        )
    empty_bucket(cloud, cloud.artifacts_bucket)
    if cloud.settings.is_local:
        memory = Memory.read(cloud.settings.memory_file)
        memory.model_copy(update={"last_as_of": None if delete_data else memory.last_as_of}).write(
            cloud.settings.memory_file
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


def _parameters(cloud: Cloud, simulator_url: str | None) -> dict[str, str]:
    settings = cloud.settings
    against_server = settings.wistia_api_base_url or WISTIA_API_BASE_URL
    values: dict[str, object | None] = {
        "ArtifactsBucket": cloud.artifacts_bucket,
        "WistiaApiBaseUrl": simulator_url or against_server,
        "RequestsPerMinute": settings.requests_per_minute,
        "IngestStreams": settings.ingest_streams,
        "InitialHistoryDays": settings.initial_history_days,
        "AlertEmail": settings.alert_email,
    }
    if settings.is_local:
        values["DbtTarget"] = "local"
        values["ScheduleState"] = "DISABLED"
        values["CrawlPollSeconds"] = 1
    if simulator_url:
        if settings.requests_per_minute is None:
            values["RequestsPerMinute"] = 0
        if settings.initial_history_days is None:
            values["InitialHistoryDays"] = SIMULATED_HISTORY_DAYS
    return {name: str(value) for name, value in values.items() if value is not None}


def _fingerprint(package: packaging.Package, parameters: dict[str, str]) -> str:
    text = json.dumps(parameters, sort_keys=True) + TEMPLATE.read_text(encoding="utf-8")
    text += package.image_tag
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def _deployed_fingerprint(cloud: Cloud) -> str | None:
    # Stored on the stack, not in a file: a reset or another clone cannot make it wrong.
    stack = describe(cloud)
    if stack is None or not stack["StackStatus"].endswith(("CREATE_COMPLETE", "UPDATE_COMPLETE")):
        return None
    return next((tag["Value"] for tag in stack.get("Tags", []) if tag["Key"] == "content"), None)


def _upload(cloud: Cloud, package: packaging.Package) -> None:
    client, bucket = cloud.client("s3"), cloud.artifacts_bucket
    _ensure_artifacts_bucket(cloud)
    present = {
        item["Key"]
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for item in page.get("Contents", [])
    }
    for artifact in package.artifacts:
        if artifact.key not in present:
            client.upload_file(str(artifact.file), bucket, artifact.key)


def _ensure_artifacts_bucket(cloud: Cloud) -> None:
    client, bucket = cloud.client("s3"), cloud.artifacts_bucket
    try:
        client.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
            raise PipelineError(
                f"The artifacts bucket {bucket} cannot be used: {error}. It may belong to another "
                "account: check the credentials and AWS_REGION, or set another STACK_NAME."
            ) from None
    else:
        return
    where = (
        {}
        if cloud.settings.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": cloud.settings.region}}
    )
    client.create_bucket(Bucket=bucket, **where)
    client.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _deploy_stack(cloud: Cloud, parameters: dict[str, str], fingerprint: str) -> None:
    client, stack = cloud.client("cloudformation"), cloud.settings.stack_name
    current = describe(cloud)
    if current is not None and current["StackStatus"] in {
        "CREATE_FAILED",
        "ROLLBACK_COMPLETE",
        "ROLLBACK_FAILED",
    }:
        client.delete_stack(StackName=stack)  # a stack that was never created can only be deleted
        _wait(cloud, "stack_delete_complete", "DELETE")
        current = None
    parameters = parameters | {"DataExists": _data_exists(cloud, current)}
    if current is None:
        parameters |= database_names.of_new_stack(stack, _template_parameters())
    key = f"templates/{hashlib.sha256(TEMPLATE.read_bytes()).hexdigest()[:16]}.yml"
    cloud.client("s3").upload_file(str(TEMPLATE), cloud.artifacts_bucket, key)
    request: dict[str, Any] = {
        "StackName": stack,
        "TemplateURL": f"https://{cloud.artifacts_bucket}.s3.{cloud.settings.region}.amazonaws.com/{key}",
        "Capabilities": ["CAPABILITY_IAM"],
        "Parameters": [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ],
        "Tags": [
            {"Key": "project", "Value": "wistia-video-analytics"},
            {"Key": "content", "Value": fingerprint},
        ],
    }
    try:
        if current is None:
            client.create_stack(**request)
        else:
            request["Parameters"] += _kept_parameters(current, parameters)
            client.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return
        raise PipelineError(f"CloudFormation rejected the stack {stack}: {error}") from None
    kind = "CREATE" if current is None else "UPDATE"
    _wait(cloud, f"stack_{kind.lower()}_complete", kind)


def _data_exists(cloud: Cloud, current: dict[str, Any] | None) -> str:
    if current is not None:
        values = {
            item["ParameterKey"]: item["ParameterValue"] for item in current.get("Parameters", [])
        }
        return str(values.get("DataExists", "false"))
    try:
        cloud.client("s3").head_bucket(Bucket=cloud.data_bucket)
    except ClientError:
        return "false"
    return "true"


def _kept_parameters(current: dict[str, Any], given: dict[str, str]) -> list[dict[str, Any]]:
    # A deploy of new code keeps what an operator set in the console (a schedule, a limit).
    return [
        {"ParameterKey": item["ParameterKey"], "ParameterValue": item["ParameterValue"]}
        for item in current.get("Parameters", [])
        if item["ParameterKey"] in _template_parameters().keys() - given.keys()
    ]


def _template_parameters() -> dict[str, Any]:
    class Loader(yaml.CSafeLoader):
        """Ignores CloudFormation's short forms."""

    Loader.add_multi_constructor("!", lambda *_: None)
    template = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a safe one
    parameters: dict[str, Any] = template["Parameters"]
    return parameters


def _wait(cloud: Cloud, waiter: str, kind: str) -> None:
    poll = _POLL_SECONDS_LOCAL if cloud.settings.is_local else _POLL_SECONDS_AWS
    attempts = int(_DEPLOY_TIMEOUT_SECONDS / poll)
    started = time.time()
    try:
        cloud.client("cloudformation").get_waiter(waiter).wait(
            StackName=cloud.settings.stack_name,
            WaiterConfig={"Delay": poll, "MaxAttempts": attempts},
        )
    except WaiterError:
        raise PipelineError(
            f"CloudFormation could not {kind.lower()} the stack {cloud.settings.stack_name}: "
            f"{_first_failure(cloud, started)}"
        ) from None


def _first_failure(cloud: Cloud, since: float) -> str:
    events = cloud.client("cloudformation").describe_stack_events(
        StackName=cloud.settings.stack_name
    )
    failures = [
        event
        for event in events["StackEvents"]
        if event["ResourceStatus"].endswith("_FAILED")
        and event["Timestamp"].timestamp() >= since - 60
    ]
    if not failures:
        return "it gave no reason; see its events in the console"
    first = min(failures, key=lambda event: event["Timestamp"])
    reason = first.get("ResourceStatusReason", "no reason given")
    return f"{first['LogicalResourceId']} ({first['ResourceType']}): {reason}"
