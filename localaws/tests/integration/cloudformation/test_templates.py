"""A template that CloudFormation would refuse leaves nothing behind."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws.testing import LocalAws

TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": "${AWS::StackName}"}}}


def new_name() -> str:
    return f"strict-{uuid.uuid4().hex[:8]}"


def refused(localaws: LocalAws, template: dict[str, Any], **request: Any) -> str:
    """Create a stack that must be refused; return why, after a look that it is not there."""
    name = new_name()
    client = localaws.client("cloudformation")
    with pytest.raises(ClientError) as caught:
        client.create_stack(StackName=name, TemplateBody=json.dumps(template), **request)
    with pytest.raises(ClientError):
        client.describe_stacks(StackName=name)
    return str(caught.value)


def test_a_resource_with_an_unsupported_property_fails_and_rolls_back(localaws: LocalAws):
    # GIVEN a template whose second resource has a property that its type does not have
    name = new_name()
    bad = {"Type": "AWS::S3::Bucket", "DependsOn": "Topic", "Properties": {"BucketNam": name}}
    client = localaws.client("cloudformation")

    # WHEN it is created
    client.create_stack(
        StackName=name, TemplateBody=json.dumps({"Resources": {"Topic": TOPIC, "Bad": bad}})
    )

    # THEN the stack has rolled back, an event has AWS's words, and the first resource is gone
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = client.describe_stack_events(StackName=name)["StackEvents"]
    failed = next(event for event in events if event["ResourceStatus"] == "CREATE_FAILED")
    assert failed["LogicalResourceId"] == "Bad"
    assert failed["ResourceStatusReason"] == "Encountered unsupported property BucketNam"
    topics = localaws.client("sns").list_topics()["Topics"]
    assert not any(topic["TopicArn"].endswith(f":{name}") for topic in topics)


def test_an_update_with_an_unsupported_property_changes_nothing(localaws: LocalAws):
    name = new_name()
    client = localaws.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Topic": TOPIC}}))
    worse = {**TOPIC, "Properties": {**TOPIC["Properties"], "DisplayNam": "x"}}
    client.update_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Topic": worse}}))
    stack = client.describe_stacks(StackName=name)["Stacks"][0]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


@pytest.mark.parametrize(
    ("parameter", "value", "words"),
    [
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, "A1", "must match pattern [a-z]+"),
        ({"Type": "String", "AllowedValues": ["a", "b"]}, "c", "must be one of AllowedValues"),
        ({"Type": "Number", "MinValue": 7}, "6", "must be a number not less than 7"),
        ({"Type": "Number", "MaxValue": 7}, "8", "must be a number not greater than 7"),
        ({"Type": "String", "MaxLength": 2}, "abc", "must contain 0 to 2 characters"),
        (
            {"Type": "String", "AllowedPattern": "a", "ConstraintDescription": "only a"},
            "b",
            "Parameter Given failed to satisfy constraint: only a",
        ),
    ],
)
def test_a_parameter_that_misses_its_constraint_is_refused(
    localaws: LocalAws, parameter: dict[str, Any], value: str, words: str
):
    template = {"Parameters": {"Given": parameter}, "Resources": {"Topic": TOPIC}}
    given = [{"ParameterKey": "Given", "ParameterValue": value}]
    assert words in refused(localaws, template, Parameters=given)


def test_a_parameter_that_the_template_lacks_is_refused(localaws: LocalAws):
    given = [{"ParameterKey": "Gone", "ParameterValue": "x"}]
    words = "Parameters: [Gone] do not exist in the template"
    assert words in refused(localaws, {"Resources": {"Topic": TOPIC}}, Parameters=given)


def test_an_output_of_an_unknown_type_names_the_type(localaws: LocalAws):
    """GIVEN an output that gets an attribute of an unknown type THEN it is refused by name."""
    template = {
        "Resources": {"Thing": {"Type": "AWS::Nothing::Here"}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Thing", "Arn"]}}},
    }
    assert "Unrecognized resource types: [AWS::Nothing::Here]" in refused(localaws, template)


def test_an_output_of_a_resource_that_is_not_there_is_refused_by_name(localaws: LocalAws):
    template = {
        "Resources": {"Topic": TOPIC},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Gone", "Arn"]}}},
    }
    words = "instance of Fn::GetAtt references undefined resource Gone"
    assert words in refused(localaws, template)


def test_a_change_set_of_a_bad_template_leaves_no_stack(localaws: LocalAws):
    """GIVEN a bad template WHEN a change set is created THEN no stack stays in review."""
    name = new_name()
    template = {
        "Resources": {"Thing": {"Type": "AWS::Nothing::Here"}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Thing", "Arn"]}}},
    }
    client = localaws.client("cloudformation")
    with pytest.raises(ClientError, match="AWS::Nothing::Here"):
        client.create_change_set(
            StackName=name,
            ChangeSetName="first",
            ChangeSetType="CREATE",
            TemplateBody=json.dumps(template),
        )
    with pytest.raises(ClientError):
        client.describe_stacks(StackName=name)


def test_a_change_set_cannot_create_a_stack_twice(localaws: LocalAws):
    name = new_name()
    body = json.dumps({"Resources": {"Topic": TOPIC}})
    client = localaws.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=body)
    with pytest.raises(ClientError, match="already exists and cannot be created again"):
        client.create_change_set(
            StackName=name, ChangeSetName="again", ChangeSetType="CREATE", TemplateBody=body
        )


def test_parameters_are_shown_and_used_again_as_they_were_given(localaws: LocalAws):
    """GIVEN a list and a number WHEN they are kept by an update THEN they are the same texts."""
    name = new_name()
    template = {
        "Parameters": {
            "Subnets": {"Type": "CommaDelimitedList", "Default": "a"},
            "Days": {"Type": "Number", "Default": 7},
            "Name": {"Type": "String", "Default": "x"},
        },
        "Resources": {"Topic": TOPIC},
    }
    client = localaws.client("cloudformation")
    first = [{"ParameterKey": "Subnets", "ParameterValue": "a,b"}]
    client.create_stack(StackName=name, TemplateBody=json.dumps(template), Parameters=first)
    client.update_stack(
        StackName=name,
        UsePreviousTemplate=True,
        Parameters=[
            {"ParameterKey": "Subnets", "UsePreviousValue": True},
            {"ParameterKey": "Days", "UsePreviousValue": True},
            {"ParameterKey": "Name", "ParameterValue": "y"},
        ],
    )
    shown = client.describe_stacks(StackName=name)["Stacks"][0]["Parameters"]
    values = {item["ParameterKey"]: item["ParameterValue"] for item in shown}
    assert values == {"Subnets": "a,b", "Days": "7", "Name": "y"}
