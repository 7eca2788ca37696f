"""Deploys the template to localaws or to an account, in the same way."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from ingestion.client.token import flaw_of_token
from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.infrastructure import (
    artifacts,
    database_names,
    existing_data,
    image,
    log_groups,
    packaging,
    stack_changes,
    template,
)
from orchestration.infrastructure.stack import describe
from orchestration.memory import Memory
from orchestration.settings import SIMULATOR_TOKEN, WISTIA_API_BASE_URL, Settings

SIMULATED_HISTORY_DAYS = 92  # the simulator's world is 90 days old
_BUCKET_NAME_CHARACTERS = 63
# What stands before the image is built: the data with its guard, and what builds the image.
_DATABASE = "AnalyticsGlueDatabase"
_BUILDER = "ImageBuild"
_FOUNDATION = ("DataBucketPolicy", "PseudonymKeySecret", _BUILDER)


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
    _refuse_what_cannot_work(cloud)
    package = packaging.build(
        settings.build_dir,
        for_local=settings.is_local,
        base_image=settings.dbt_base_image,
        say=say,
    )
    given = package.parameters | _parameters(cloud, simulator_url)
    wanted = _fingerprint(package, given)
    if settings.is_local:
        image.register_locally(cloud, package.image_tag)
    changed = _deployed_fingerprint(cloud) != wanted
    if changed:
        say("Uploading the packages")
        artifacts.upload(cloud, package)
        _deploy_stack(cloud, package, given, wanted, say)
    elif not settings.is_local:
        image.build_on_aws(cloud, package, say)  # somebody may have deleted it
    put_token(cloud, say)
    log_groups.expire_shared(cloud, say)
    return changed


def _deploy_stack(
    cloud: Cloud,
    package: packaging.Package,
    given: dict[str, str],
    fingerprint: str,
    say: Callable[[str], None],
) -> None:
    current = stack_changes.current(cloud)
    has_databases = current is not None and _DATABASE in stack_changes.managed(cloud)
    is_new = not existing_data.take_over(cloud, current, say) and current is None
    parameters = _kept_parameters(current) | given
    if not has_databases:
        # A stack that only imports data, or whose first deployment failed, is still new.
        declared = template.load()["Parameters"]
        parameters = database_names.of_new_stack(cloud.settings.stack_name, declared) | parameters
    if not cloud.settings.is_local:
        is_new = _deploy_image(cloud, package, parameters, say, is_new=is_new)
    say(f"Deploying the stack {cloud.settings.stack_name}")
    body = template.TEMPLATE.read_text(encoding="utf-8")
    stack_changes.apply(cloud, body, parameters, _tags(fingerprint), is_new=is_new)


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
    stack = cloud.settings.stack_name
    if describe(cloud) is None:
        say(f"There is no stack {stack}")
    else:
        say(f"Deleting the stack {stack}")
        stack_changes.delete(cloud)
    if delete_data:
        say(f"Deleting the bucket {cloud.data_bucket} and the pseudonym key")
        existing_data.delete(cloud)
    existing_data.empty_bucket(cloud, cloud.artifacts_bucket)
    if cloud.settings.is_local:
        memory = Memory.read(cloud.settings.memory_file)
        memory.model_copy(update={"last_as_of": None if delete_data else memory.last_as_of}).write(
            cloud.settings.memory_file
        )


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
        "RawReaderArn": settings.raw_reader_arn,
    }
    if settings.is_local:
        # Here the operator is the person who erases and debugs.
        values["RawReaderArn"] = settings.raw_reader_arn or cloud.caller_arn
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
    text = json.dumps(parameters, sort_keys=True) + template.TEMPLATE.read_text(encoding="utf-8")
    text += package.image_tag
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def _deployed_fingerprint(cloud: Cloud) -> str | None:
    # Stored on the stack, not in a file: a reset or another clone cannot make it wrong.
    stack = describe(cloud)
    if stack is None or not stack["StackStatus"].endswith(("CREATE_COMPLETE", "UPDATE_COMPLETE")):
        return None
    return next((tag["Value"] for tag in stack.get("Tags", []) if tag["Key"] == "content"), None)


def _refuse_what_cannot_work(cloud: Cloud) -> None:
    """Refuse settings that would fail halfway, before anything is built or created."""
    settings = cloud.settings
    bucket = f"{settings.stack_name}-artifacts-{'0' * 12}-{settings.region}"
    if len(bucket) > _BUCKET_NAME_CHARACTERS:
        most = len(settings.stack_name) - (len(bucket) - _BUCKET_NAME_CHARACTERS)
        raise PipelineError(
            f"STACK_NAME={settings.stack_name} is too long for {settings.region}: the names of its "
            f"buckets would have {len(bucket)} characters, and S3 allows "
            f"{_BUCKET_NAME_CHARACTERS}. Nothing was changed. Use at most {most} characters."
        )
    url = settings.wistia_api_base_url
    if not settings.is_local and url and not url.lower().startswith("https://"):
        raise PipelineError(
            f"WISTIA_API_BASE_URL={url} would send Wistia's token unencrypted. Nothing was "
            "changed. On AWS the address must begin with https://."
        )
    if not settings.uses_simulator:
        _given_token(settings)


def _deploy_image(
    cloud: Cloud,
    package: packaging.Package,
    parameters: dict[str, str],
    say: Callable[[str], None],
    *,
    is_new: bool,
) -> bool:
    """Build the image before anything refers to it; return whether there is still no stack.

    A night of yesterday's stack pulls yesterday's image until the new one is in the repository.
    In an account without a stack, the repository and what builds the image come first.
    """
    if is_new or _BUILDER not in stack_changes.managed(cloud):
        say("Deploying the image's repository")
        body = json.dumps(template.part(template.load(), *_FOUNDATION))
        stack_changes.apply(cloud, body, parameters, _tags("foundation"), is_new=is_new)
        is_new = False
    image.build_on_aws(cloud, package, say)
    return is_new


def _tags(content: str) -> dict[str, str]:
    return {"project": "wistia-video-analytics", "content": content}


def _kept_parameters(current: dict[str, Any] | None) -> dict[str, str]:
    # A deploy of new code keeps what an operator set in the console (a schedule, a limit).
    names = template.load()["Parameters"]
    return {
        item["ParameterKey"]: item["ParameterValue"]
        for item in (current or {}).get("Parameters", [])
        if item["ParameterKey"] in names
    }
