"""The image is in the repository before anything refers to it."""

import pytest

from orchestration.errors import PipelineError
from orchestration.infrastructure.template import load, part
from tests.support.deployments import Deployment


def test_the_image_is_built_before_the_stack_switches_to_it(deployment: Deployment) -> None:
    # GIVEN a deployed stack
    deployment.deploy()
    assert deployment.task_image() == "one"

    # WHEN the image's content changes
    deployment.image = "two"
    deployment.deploy()

    # THEN the build comes first, and the switch after it
    calls = deployment.calls
    assert calls.index("codebuild:StartBuild") < calls.index("cloudformation:UpdateStack")
    assert deployment.images() == {"one", "two"}
    assert deployment.task_image() == "two"


def test_a_failed_build_leaves_yesterdays_night_as_it_is(deployment: Deployment) -> None:
    # GIVEN a deployed stack
    deployment.deploy()

    # WHEN the build of the next image fails
    deployment.image, deployment.builds = "two", False
    with pytest.raises(PipelineError, match=r"could not be built \(FAILED\)"):
        deployment.deploy()

    # THEN a night pulls the image of before, which is there
    assert deployment.task_image() == "one"
    assert deployment.images() == {"one"}
    assert "cloudformation:UpdateStack" not in deployment.calls

    # AND the next deploy switches
    deployment.builds = True
    deployment.deploy()
    assert deployment.task_image() == "two"


def test_a_first_deployment_whose_build_fails_is_completed_by_the_next(
    deployment: Deployment,
) -> None:
    # GIVEN an account without a stack; WHEN the first build fails
    deployment.builds = False
    with pytest.raises(PipelineError, match="could not be built"):
        deployment.deploy()

    # THEN there is a repository and no night
    assert deployment.images() == set()
    assert "NightlySchedule" in deployment.unmanaged()

    # AND the next deploy makes everything
    deployment.builds = True
    deployment.deploy()
    assert deployment.unmanaged() == set()
    assert deployment.task_image() == "one"


def test_an_image_that_is_there_is_not_built_again(deployment: Deployment) -> None:
    deployment.deploy()
    deployment.renew(requests_per_minute=300)
    deployment.deploy()
    assert "cloudformation:UpdateStack" in deployment.calls
    assert "codebuild:StartBuild" not in deployment.calls


def test_an_image_that_is_gone_is_built_again_though_nothing_has_changed(
    deployment: Deployment,
) -> None:
    deployment.deploy()
    deployment.aws.client("ecr").batch_delete_image(
        repositoryName=f"{deployment.cloud.settings.stack_name}-dbt",
        imageIds=[{"imageTag": "one"}],
    )
    assert deployment.deploy() is False
    assert deployment.images() == {"one"}


def test_a_tag_cannot_be_pushed_twice(deployment: Deployment) -> None:
    deployment.deploy()
    found = deployment.aws.client("ecr").describe_repositories(
        repositoryNames=[f"{deployment.cloud.settings.stack_name}-dbt"]
    )["repositories"]
    assert found[0]["imageTagMutability"] == "IMMUTABLE"


def test_another_base_image_is_another_image(deployment: Deployment) -> None:
    """GIVEN a base image by digest WHEN it is deployed THEN the image is built from it."""
    deployment.deploy()
    deployment.renew(dbt_base_image=f"public.ecr.aws/docker/library/python@sha256:{'a' * 64}")
    deployment.deploy()
    assert deployment.task_image() == "one-aaaaaaaa"


def test_what_stands_before_the_image_is_built_is_the_guarded_data_and_the_builder() -> None:
    """GIVEN the first part of the template WHEN read THEN no night can start from it."""
    first = part(load(), "DataBucketPolicy", "PseudonymKeySecret", "ImageBuild")["Resources"]
    kinds = {item["Type"] for item in first.values()}
    assert {"AWS::ECR::Repository", "AWS::CodeBuild::Project", "AWS::S3::BucketPolicy"} <= kinds
    assert not kinds & {"AWS::Scheduler::Schedule", "AWS::ECS::TaskDefinition"}
