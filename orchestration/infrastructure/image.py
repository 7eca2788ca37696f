"""The dbt image: CodeBuild builds it on AWS; on localaws it is a folder and an interpreter."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import ClientError
from tenacity import Retrying, retry_if_result, wait_fixed

from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.infrastructure import packaging

_BUILD_POLL_SECONDS = 10


def uri(cloud: Cloud, tag: str) -> str:
    """Return the image's address, the same one that the template gives the task definition."""
    settings = cloud.settings
    registry = f"{cloud.account_id}.dkr.ecr.{settings.region}.amazonaws.com"
    return f"{registry}/{settings.stack_name}-dbt:{tag}"


def register_locally(cloud: Cloud, tag: str) -> None:
    """Register with localaws the folder and the interpreter that run the container's command."""
    root = packaging.stage_image(cloud.settings.build_dir, tag)
    path = cloud.settings.localaws_home / "images.json"
    try:
        images = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        images = {}
    known = images.get(uri(cloud, tag), {})
    # A registration that can run stays: somebody may have chosen another interpreter.
    if known.get("root") == str(root) and Path(known.get("python", "")).is_file():
        return
    images[uri(cloud, tag)] = {"root": str(root), "python": sys.executable}
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(images, indent=2), encoding="utf-8")
    unfinished.replace(path)


def build_on_aws(cloud: Cloud, tag: str, say: Callable[[str], None]) -> None:
    """Build and push the image with CodeBuild, unless the repository already has it.

    Parameters
    ----------
    cloud
        The account that builds it.
    tag
        Hash of the image's content.
    say
        Callback that receives a progress message.

    Raises
    ------
    PipelineError
        The build failed; the text has the link to its log.
    """
    stack = cloud.settings.stack_name
    try:
        cloud.client("ecr").describe_images(
            repositoryName=f"{stack}-dbt", imageIds=[{"imageTag": tag}]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ImageNotFoundException":
            raise
    else:
        return
    say("Building the dbt image with CodeBuild (this takes some minutes)")
    client = cloud.client("codebuild")
    build_id = client.start_build(projectName=f"{stack}-dbt-image")["build"]["id"]
    until_ended = Retrying(
        retry=retry_if_result(lambda build: build["buildStatus"] == "IN_PROGRESS"),
        wait=wait_fixed(_BUILD_POLL_SECONDS),
    )
    build = until_ended(lambda: client.batch_get_builds(ids=[build_id])["builds"][0])
    if build["buildStatus"] != "SUCCEEDED":
        link = build.get("logs", {}).get("deepLink", f"CodeBuild project {stack}-dbt-image")
        raise PipelineError(
            f"The dbt image could not be built ({build['buildStatus']}): see {link}"
        )
