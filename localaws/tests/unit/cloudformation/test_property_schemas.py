"""Properties that a resource type does not take are refused in CloudFormation's words."""

import time
from typing import Any

import pytest

from localaws.cloudformation import RESOURCE_TYPES, property_schemas
from localaws.cloudformation.property_schemas import PropertiesRefusedError

RULE = {"Id": "raw", "Status": "Enabled", "ExpirationInDays": "35"}
PREFIX = "Properties validation failed for resource Thing with message: "


def refusal(resource_type: str, properties: dict[str, Any]) -> str:
    with pytest.raises(PropertiesRefusedError) as caught:
        property_schemas.check("Thing", resource_type, properties)
    return str(caught.value)


@pytest.mark.parametrize(
    ("resource_type", "properties", "words"),
    [
        (
            "AWS::S3::Bucket",
            {"BucketNam": "b"},
            "Encountered unsupported property BucketNam",
        ),
        (
            "AWS::IAM::Role",
            {"Arn": "a", "AssumeRolePolicyDocument": {}},
            "Encountered unsupported property Arn",
        ),
        (
            "AWS::IAM::Role",
            {"RoleName": "r"},
            f"{PREFIX}[#: required key [AssumeRolePolicyDocument] not found]",
        ),
        (
            "AWS::S3::Bucket",
            {"LifecycleConfiguration": {"Rules": [{**RULE, "Prefx": "raw/"}]}},
            f"{PREFIX}[#/LifecycleConfiguration/Rules/0: extraneous key [Prefx] is not permitted]",
        ),
        (
            "AWS::S3::Bucket",
            {"LifecycleConfiguration": {"Rules": [{"Id": "raw"}]}},
            f"{PREFIX}[#/LifecycleConfiguration/Rules/0: required key [Status] not found]",
        ),
        (
            "AWS::S3::Bucket",
            {"BucketName": ["b"]},
            f"{PREFIX}[#/BucketName: expected type: String, found: JSONArray]",
        ),
        (
            "AWS::CloudWatch::Alarm",
            {"ComparisonOperator": "x", "EvaluationPeriods": "one"},
            f"{PREFIX}[#/EvaluationPeriods: expected type: Integer, found: String]",
        ),
    ],
)
def test_a_property_that_does_not_fit_its_type_is_refused(
    resource_type: str, properties: dict[str, Any], words: str
):
    assert refusal(resource_type, properties) == words


@pytest.mark.parametrize(
    ("resource_type", "properties"),
    [
        ("AWS::S3::Bucket", {}),
        ("AWS::S3::Bucket", {"LifecycleConfiguration": {"Rules": [RULE]}}),
        ("AWS::Lambda::Function", {"Code": {}, "Role": "r", "Timeout": "30"}),
        ("AWS::ECS::TaskDefinition", {"Cpu": 1024}),
        ("AWS::SQS::Queue", {"SqsManagedSseEnabled": "true"}),
        ("Custom::Thing", {"Any": "thing"}),
    ],
)
def test_scalars_are_converted_as_parameters_of_a_template_need(
    resource_type: str, properties: dict[str, Any]
):
    property_schemas.check("Thing", resource_type, properties)


def test_every_type_of_localaws_has_a_published_schema():
    lacking = [
        kind.TYPE for kind in RESOURCE_TYPES if property_schemas.schema_of(kind.TYPE) is None
    ]
    assert lacking == []


def test_what_a_type_imports_by_is_its_published_identifier():
    """GIVEN the types that can be imported WHEN compared THEN each has AWS's identifier."""
    importable = {kind.TYPE: kind.IDENTIFIER for kind in RESOURCE_TYPES if kind.IDENTIFIER}
    assert len(importable) >= 3
    for name, identifier in importable.items():
        schema = property_schemas.schema_of(name)
        assert schema is not None
        assert schema["primaryIdentifier"] == [f"/properties/{identifier}"]


def test_a_hundred_resources_are_checked_in_a_moment():
    started = time.perf_counter()
    for _ in range(100):
        property_schemas.check(
            "B", "AWS::S3::Bucket", {"LifecycleConfiguration": {"Rules": [RULE]}}
        )
    assert time.perf_counter() - started < 1
