"""Stacks create, update and fail as on AWS."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws.testing import LocalAws

TEMPLATE: dict[str, Any] = {
    "Parameters": {"Days": {"Type": "Number", "Default": 7}},
    "Resources": {
        "Logs": {
            "Type": "AWS::Logs::LogGroup",
            "Properties": {
                "LogGroupName": {"Fn::Sub": "/${AWS::StackName}"},
                "RetentionInDays": {"Ref": "Days"},
            },
        },
        "Database": {
            "Type": "AWS::Glue::Database",
            "Properties": {
                "CatalogId": {"Ref": "AWS::AccountId"},
                "DatabaseInput": {"Name": {"Fn::Sub": "${AWS::StackName}"}},
            },
        },
        "Table": {
            "Type": "AWS::Glue::Table",
            "Properties": {
                "CatalogId": {"Ref": "AWS::AccountId"},
                "DatabaseName": {"Ref": "Database"},
                "TableInput": {
                    "Name": "events",
                    "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "string"}]},
                },
            },
        },
        "Key": {
            "Type": "AWS::SecretsManager::Secret",
            "Properties": {
                "Name": {"Fn::Sub": "${AWS::StackName}/key"},
                "GenerateSecretString": {"PasswordLength": 40, "ExcludePunctuation": True},
            },
        },
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": {"Fn::Sub": "${AWS::StackName}"}},
        },
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": {"Fn::Sub": "${AWS::StackName}"},
                "AlarmActions": [{"Ref": "Topic"}],
                "ComparisonOperator": "GreaterThanThreshold",
                "EvaluationPeriods": "1",
                "MetricName": "m",
                "Namespace": "n",
                "Period": 60,
                "Statistic": "Sum",
                "Threshold": "0.5",
            },
        },
    },
    "Outputs": {"KeyArn": {"Value": {"Ref": "Key"}}},
}


@pytest.fixture
def stack(localaws: LocalAws) -> str:
    name = f"core-{uuid.uuid4().hex[:8]}"
    localaws.client("cloudformation").create_stack(
        StackName=name, TemplateBody=json.dumps(TEMPLATE)
    )
    return name


def status_of(localaws: LocalAws, name: str) -> str:
    stacks = localaws.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return str(stacks[0]["StackStatus"])


def changed(**resources: Any) -> str:
    merged = {key: value for key, value in (TEMPLATE["Resources"] | resources).items() if value}
    return json.dumps({**TEMPLATE, "Resources": merged})


def test_every_resource_of_a_stack_really_exists(localaws: LocalAws, stack: str):
    # GIVEN a stack
    assert status_of(localaws, stack) == "CREATE_COMPLETE"

    # WHEN its resources are looked up by their services
    table = localaws.client("glue").get_table(DatabaseName=stack, Name="events")["Table"]
    secret = localaws.client("secretsmanager").get_secret_value(SecretId=f"{stack}/key")
    alarms = localaws.client("cloudwatch").describe_alarms(AlarmNames=[stack])["MetricAlarms"]
    groups = localaws.client("logs").describe_log_groups(logGroupNamePrefix=f"/{stack}")[
        "logGroups"
    ]

    # THEN they are as the template says
    assert table["StorageDescriptor"]["Columns"] == [{"Name": "a", "Type": "string"}]
    assert len(secret["SecretString"]) == 40
    assert alarms[0]["Threshold"] == 0.5
    assert groups[0]["retentionInDays"] == 7


def test_an_update_changes_adds_and_removes_and_keeps_the_rest(localaws: LocalAws, stack: str):
    # GIVEN a stack with a generated secret
    secrets, client = localaws.client("secretsmanager"), localaws.client("cloudformation")
    before = secrets.get_secret_value(SecretId=f"{stack}/key")["SecretString"]

    # WHEN a parameter, a name that others refer to, and the set of resources change
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": f"{stack}-new"}}
    client.update_stack(
        StackName=stack,
        TemplateBody=changed(Topic=topic, Table=None),
        Parameters=[{"ParameterKey": "Days", "ParameterValue": "14"}],
    )

    # THEN all of it has happened, and the secret is the same
    assert status_of(localaws, stack) == "UPDATE_COMPLETE"
    groups = localaws.client("logs").describe_log_groups(logGroupNamePrefix=f"/{stack}")[
        "logGroups"
    ]
    assert groups[0]["retentionInDays"] == 14
    alarms = localaws.client("cloudwatch").describe_alarms(AlarmNames=[stack])["MetricAlarms"]
    assert alarms[0]["AlarmActions"][0].endswith(f":{stack}-new")
    assert localaws.client("glue").get_tables(DatabaseName=stack)["TableList"] == []
    assert secrets.get_secret_value(SecretId=f"{stack}/key")["SecretString"] == before


def test_an_update_without_a_change_is_refused_as_on_aws(localaws: LocalAws, stack: str):
    # GIVEN a stack; WHEN it is updated to what it is
    client = localaws.client("cloudformation")
    with pytest.raises(ClientError) as caught:
        client.update_stack(StackName=stack, TemplateBody=json.dumps(TEMPLATE))

    # THEN the answer is AWS's
    assert "No updates are to be performed." in str(caught.value)


def test_a_failed_update_rolls_back_and_says_why(localaws: LocalAws, stack: str):
    # GIVEN a stack; WHEN an update asks for something that the service refuses
    bad = {
        "Type": "AWS::Glue::Table",
        "DependsOn": "Logs",
        "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": "no_such_database",
            "TableInput": {"Name": "x"},
        },
    }
    client = localaws.client("cloudformation")
    client.update_stack(
        StackName=stack,
        TemplateBody=changed(Bad=bad),
        Parameters=[{"ParameterKey": "Days", "ParameterValue": "14"}],
    )

    # THEN the stack is as before, and an event names the resource and the reason
    assert status_of(localaws, stack) == "UPDATE_ROLLBACK_COMPLETE"
    groups = localaws.client("logs").describe_log_groups(logGroupNamePrefix=f"/{stack}")[
        "logGroups"
    ]
    assert groups[0]["retentionInDays"] == 7
    events = client.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"] == "UPDATE_FAILED"]
    assert failed[0]["LogicalResourceId"] == "Bad"
    assert "no_such_database" in failed[0]["ResourceStatusReason"]


def test_an_unknown_type_is_refused_by_name(localaws: LocalAws):
    # GIVEN a template with a type that localaws does not know; WHEN it is created
    template = {"Resources": {"Thing": {"Type": "AWS::Nothing::Here"}}}
    with pytest.raises(ClientError) as caught:
        localaws.client("cloudformation").create_stack(
            StackName=f"core-{uuid.uuid4().hex[:8]}", TemplateBody=json.dumps(template)
        )

    # THEN the error names it
    assert "Unrecognized resource types: [AWS::Nothing::Here]" in str(caught.value)


def test_a_deleted_stack_leaves_nothing_behind(localaws: LocalAws, stack: str):
    # GIVEN a stack; WHEN it is deleted
    localaws.client("cloudformation").delete_stack(StackName=stack)

    # THEN its resources are gone
    names = [item["Name"] for item in localaws.client("glue").get_databases()["DatabaseList"]]
    assert stack not in names
    assert localaws.client("cloudwatch").describe_alarms(AlarmNames=[stack])["MetricAlarms"] == []
