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

BUILDSPEC = "orchestration/dbt_task/buildspec.yml"
"""Path in the source of the image, so that a build follows its own source and not the stack."""
_BUILD_POLL_SECONDS = 10


def uri(cloud: Cloud, tag: str) -> str:
    """Return the image's address, the same one that the template gives the task definition."""
    settings = cloud.settings
    suffix = "amazonaws.com.cn" if cloud.partition == "aws-cn" else "amazonaws.com"
    registry = f"{cloud.account_id}.dkr.ecr.{settings.region}.{suffix}"
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


def build_on_aws(cloud: Cloud, package: packaging.Package, say: Callable[[str], None]) -> None:
    """Build and push the image with CodeBuild, unless the repository already has it.

    The build gets its source and its tag from here and not from the stack, which still names the
    image of the last deploy.

    Parameters
    ----------
    cloud
        The account that builds it.
    package
        Names the source, the tag and the base image.
    say
        Callback that receives a progress message.

    Raises
    ------
    PipelineError
        The build failed, or its image is not in the repository; the text has the link to its log.
    """
    if _is_in_repository(cloud, package.image_tag):
        return
    say("Building the dbt image with CodeBuild (this takes some minutes)")
    project = f"{cloud.settings.stack_name}-dbt-image"
    client = cloud.client("codebuild")
    variables = {
        "REPOSITORY_URI": uri(cloud, package.image_tag).rpartition(":")[0],
        "IMAGE_TAG": package.image_tag,
        **({"BASE_IMAGE": package.base_image} if package.base_image else {}),
    }
    build_id = client.start_build(
        projectName=project,
        sourceTypeOverride="S3",
        sourceLocationOverride=f"{cloud.artifacts_bucket}/{package.image_source_key}",
        buildspecOverride=BUILDSPEC,
        environmentVariablesOverride=[
            {"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()
        ],
    )["build"]["id"]
    until_ended = Retrying(
        retry=retry_if_result(lambda build: build["buildStatus"] == "IN_PROGRESS"),
        wait=wait_fixed(_BUILD_POLL_SECONDS),
    )
    build = until_ended(lambda: client.batch_get_builds(ids=[build_id])["builds"][0])
    # Asked whatever the build says: another deploy may have pushed the same image meanwhile, and
    # then this push was refused.
    if not _is_in_repository(cloud, package.image_tag):
        link = build.get("logs", {}).get("deepLink", f"CodeBuild project {project}")
        raise PipelineError(
            f"The dbt image could not be built ({build['buildStatus']}): see {link}. The nights "
            "still run with the image of the last deploy. Fix that, then run the command again."
        )


def _is_in_repository(cloud: Cloud, tag: str) -> bool:
    try:
        cloud.client("ecr").describe_images(
            repositoryName=f"{cloud.settings.stack_name}-dbt", imageIds=[{"imageTag": tag}]
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ImageNotFoundException":
            raise
        return False
    return True
