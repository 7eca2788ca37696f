"""The task definition of a stack has the roles that its template gives it."""

import json

import boto3
import pytest
from moto import mock_aws
from moto.ecs.models import TaskDefinition

from localaws.cloudformation import task_definitions

ROLES = {
    "TaskRoleArn": "arn:aws:iam::123456789012:role/task",
    "ExecutionRoleArn": "arn:aws:iam::123456789012:role/execution",
}


@pytest.fixture
def installed(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    # What the installation replaces is put back after the test.
    for name in ("create_from_cloudformation_json", "update_from_cloudformation_json"):
        monkeypatch.setattr(TaskDefinition, name, TaskDefinition.__dict__[name])
    for name in ("task_role_arn", "execution_role_arn"):
        monkeypatch.setattr(TaskDefinition, name, None, raising=False)
    task_definitions.install()
    with mock_aws():
        yield


def template(**properties: object) -> str:
    container = {"Name": "c", "Image": "i", "Memory": 128}
    definition = {"Family": "dbt", "ContainerDefinitions": [container], **properties}
    resource = {"Type": "AWS::ECS::TaskDefinition", "Properties": definition}
    return json.dumps({"Resources": {"Definition": resource}})


def described() -> dict:
    ecs = boto3.client("ecs", region_name="eu-west-1")
    return ecs.describe_task_definition(taskDefinition="dbt")["taskDefinition"]


@pytest.mark.usefixtures("installed")
def test_a_definition_keeps_its_roles_when_it_is_made_and_changed():
    cloudformation = boto3.client("cloudformation", region_name="eu-west-1")
    cloudformation.create_stack(StackName="s", TemplateBody=template(**ROLES))
    made = described()
    changed = {**ROLES, "TaskRoleArn": "arn:aws:iam::123456789012:role/other"}
    cloudformation.update_stack(StackName="s", TemplateBody=template(**changed))
    now = described()
    assert (made["taskRoleArn"], made["executionRoleArn"]) == tuple(ROLES.values())
    assert (now["taskRoleArn"], now["executionRoleArn"]) == tuple(changed.values())
    assert now["revision"] == made["revision"] + 1


@pytest.mark.usefixtures("installed")
def test_a_definition_without_roles_has_none():
    boto3.client("cloudformation", region_name="eu-west-1").create_stack(
        StackName="s", TemplateBody=template()
    )
    assert not {"taskRoleArn", "executionRoleArn"} & described().keys()
