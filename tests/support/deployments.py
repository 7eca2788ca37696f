"""Deployments of the real template to a local AWS by the code that deploys to an account."""

import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import ClientError

from localaws.testing import LocalAws
from orchestration.cloud import Cloud
from orchestration.infrastructure import deploy, existing_data, image, packaging, stack_changes
from orchestration.infrastructure import template as templates
from orchestration.infrastructure.stack import describe
from orchestration.settings import Settings

DATA = {"DataBucket", "DataBucketPolicy", "PseudonymKeySecret"}
_DEFINITION = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
_BROKEN = "NoSuchProperty"


class Deployment:
    """A stack of its own name, with small packages and a stand-in for CodeBuild.

    The stand-in refuses as CodeBuild does: without the project, without the source or without its
    buildspec there is no image.

    Parameters
    ----------
    aws
        The local AWS; its variables must be in the environment.
    name
        Name of the stack.
    folder
        For packages and templates.

    Attributes
    ----------
    calls
        What was asked of AWS, as ``service:Operation``, in order.
    told
        What the deploy said.
    builds
        Whether builds succeed.
    """

    def __init__(self, aws: LocalAws, name: str, folder: Path, **settings: Any) -> None:
        self.aws = aws
        self.folder = folder
        self.settings = {"target": "aws", "stack_name": name, "build_dir": folder} | settings
        self.calls: list[str] = []
        self.told: list[str] = []
        self.builds = True
        self.image = "one"
        self.cloud = self.renew()

    def renew(self, **settings: Any) -> Cloud:
        """Change settings; return the clients with them."""
        self.settings |= settings
        cloud = Cloud(Settings(**self.settings))
        cloud._session.events.register("before-call.*.*", self._note)
        cloud._session.events.register("before-parameter-build.codebuild.StartBuild", self._build)
        cloud._session.events.register("after-call.codebuild.BatchGetBuilds", self._end_build)
        self.cloud = cloud
        return cloud

    def deploy(self) -> bool:
        """Deploy the template."""
        self.calls.clear()
        self.told.clear()
        return deploy.deploy(self.cloud, self.told.append)

    def undeploy(self, *, delete_data: bool = False) -> None:
        """Delete the stack."""
        deploy.undeploy(self.cloud, self.told.append, delete_data=delete_data)

    def package(self, *_: object, **options: Any) -> packaging.Package:
        """Return packages that take no time to build; the place of ``packaging.build``."""
        base_image = options.get("base_image")
        tag = self.image if base_image is None else f"{self.image}-{base_image[-8:]}"
        files = {
            "LambdaCodeKey": "code.zip",
            "ReportCodeKey": "report.zip",
            "NormalizeScriptKey": "job.py",
            "NormalizeLibraryKey": "library.zip",
            "StateMachineKey": "night.json",
            "UpkeepStateMachineKey": "upkeep.json",
            "ImageSourceKey": f"image-{tag}.zip",
        }
        for name in files.values():
            self._write(self.folder / name)
        artifacts = tuple(
            packaging.Artifact(parameter, f"packages/{name}", self.folder / name)
            for parameter, name in files.items()
        )
        return packaging.Package(artifacts=artifacts, image_tag=tag, base_image=base_image)

    def status(self) -> str | None:
        """Return the status of the stack, None if there is none."""
        stack = describe(self.cloud)
        return None if stack is None else str(stack["StackStatus"])

    def parameter(self, name: str) -> str | None:
        """Return a parameter of the stack."""
        parameters = (describe(self.cloud) or {}).get("Parameters", [])
        return next((p["ParameterValue"] for p in parameters if p["ParameterKey"] == name), None)

    def unmanaged(self) -> set[str]:
        """Return the resources of the template that the stack should have and has not."""
        return wanted_resources() - stack_changes.managed(self.cloud)

    def left(self) -> set[str]:
        """Return the data that exists, managed or not."""
        return set(existing_data._found(self.cloud))

    def key(self) -> str:
        """Return the pseudonym key."""
        answer = self.cloud.client("secretsmanager").get_secret_value(
            SecretId=f"{self.cloud.settings.stack_name}/pseudonym-key"
        )
        return str(answer["SecretString"])

    def store(self) -> None:
        """Put a raw record into the data bucket."""
        self.cloud.client("s3").put_object(
            Bucket=self.cloud.data_bucket, Key="staging/media/one.json", Body=b"{}"
        )

    def stored(self) -> bool:
        """Whether the record is there."""
        with suppress(ClientError):
            self.cloud.client("s3").head_object(
                Bucket=self.cloud.data_bucket, Key="staging/media/one.json"
            )
            return True
        return False

    def images(self) -> set[str]:
        """Return the tags in the repository."""
        answer = self.cloud.client("ecr").list_images(
            repositoryName=f"{self.cloud.settings.stack_name}-dbt"
        )
        return {item["imageTag"] for item in answer["imageIds"]}

    def task_image(self) -> str:
        """Return the tag of the image that a night would pull."""
        answer = self.cloud.client("ecs").describe_task_definition(
            taskDefinition=f"{self.cloud.settings.stack_name}-dbt"
        )
        definition = answer["taskDefinition"]["containerDefinitions"][0]
        return str(definition["image"]).rpartition(":")[2]

    def _write(self, path: Path) -> None:
        if path.suffix == ".json":
            path.write_text(json.dumps(_DEFINITION))
        elif path.suffix == ".py":
            path.write_text("")
        else:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr(image.BUILDSPEC, "version: 0.2")

    def _note(self, model: Any, **_: Any) -> None:
        self.calls.append(f"{model.service_model.signing_name}:{model.name}")

    def _build(self, params: dict[str, Any], **_: Any) -> None:
        """Do what the build does: read the source, push the image."""
        given = {item["name"]: item["value"] for item in params["environmentVariablesOverride"]}
        bucket, _, key = params["sourceLocationOverride"].partition("/")
        body = self.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        copy = self.folder / "built.zip"
        copy.write_bytes(body)
        assert params["buildspecOverride"] in zipfile.ZipFile(copy).namelist()
        if self.builds:
            self.aws.client("ecr").put_image(
                repositoryName=given["REPOSITORY_URI"].partition("/")[2],
                imageTag=given["IMAGE_TAG"],
                imageManifest=json.dumps(
                    {
                        "schemaVersion": 2,
                        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                        "config": {"digest": given["IMAGE_TAG"]},
                    }
                ),
            )

    def _end_build(self, parsed: dict[str, Any], **_: Any) -> None:
        for build in parsed["builds"]:
            build["buildStatus"] = "SUCCEEDED" if self.builds else "FAILED"


def wanted_resources() -> set[str]:
    """Return the logical ids of the resources that a stack with default parameters has."""
    absent = {"HasAlertEmail", "ServeDocs"}
    resources = templates.load()["Resources"]
    return {name for name, item in resources.items() if item.get("Condition") not in absent}


def broken_at(logical_id: str, folder: Path) -> Path:
    """Return a template of which one resource cannot be created."""
    template = templates.load()
    template["Resources"][logical_id].setdefault("Properties", {})[_BROKEN] = "x"
    path = folder / f"broken-{logical_id}.yml"
    path.write_text(yaml.safe_dump(template, width=1000), encoding="utf-8")
    return path


Broken = Callable[[str | None], None]
