"""No permission is invented: what comes out is in AWS's Service Authorization Reference."""

import importlib
import re

import pytest
from botocore.loaders import Loader
from localaws_support.known_facts import KnownFacts
from moto.core.utils import camelcase_to_underscores

from localaws.permissions.model import ApiRequest
from localaws.permissions.models import apis_of
from localaws.permissions.needs import needs_of
from localaws.permissions.reference import action_of
from localaws.permissions.service_names import APIS_OF_SIGNING_NAME, policy_prefix

_LOADER = Loader()

_SERVED_BY = {
    "athena": "athena.responses.AthenaResponse",
    "cloudformation": "cloudformation.responses.CloudFormationResponse",
    "cloudwatch": "cloudwatch.responses.CloudWatchResponse",
    "codebuild": "codebuild.responses.CodeBuildResponse",
    "dynamodb": "dynamodb.responses.DynamoHandler",
    "ec2": "ec2.responses.EC2Response",
    "ecr": "ecr.responses.ECRResponse",
    "ecs": "ecs.responses.EC2ContainerServiceResponse",
    "events": "events.responses.EventsHandler",
    "firehose": "firehose.responses.FirehoseResponse",
    "glue": "glue.responses.GlueResponse",
    "iam": "iam.responses.IamResponse",
    "kinesis": "kinesis.responses.KinesisResponse",
    "kms": "kms.responses.KmsResponse",
    "lakeformation": "lakeformation.responses.LakeFormationResponse",
    "lambda": "awslambda.responses.LambdaResponse",
    "logs": "logs.responses.LogsResponse",
    "resourcegroupstaggingapi": (
        "resourcegroupstaggingapi.responses.ResourceGroupsTaggingAPIResponse"
    ),
    "s3": "s3.responses.S3Response",
    "scheduler": "scheduler.responses.EventBridgeSchedulerResponse",
    "secretsmanager": "secretsmanager.responses.SecretsManagerResponse",
    "sns": "sns.responses.SNSResponse",
    "sqs": "sqs.responses.SQSResponse",
    "ssm": "ssm.responses.SimpleSystemManagerResponse",
    "stepfunctions": "stepfunctions.responses.StepFunctionResponse",
    "sts": "sts.responses.TokenResponse",
}
"""The services that are enforced, and what of moto serves each."""


def actions_of(api: str, operation: str) -> set[str]:
    metadata = _LOADER.load_service_model(api, "service-2")["metadata"]
    service = policy_prefix(metadata.get("signingName") or metadata["endpointPrefix"])
    parameters = {"Bucket": "b"} if api == "s3" and operation != "ListBuckets" else {}
    request = ApiRequest(service, operation, parameters, "eu-west-1", "123456789012", api=api)
    return {need.action for need in needs_of(request, KnownFacts())}


@pytest.mark.parametrize("api", _SERVED_BY)
def test_each_operation_that_is_served_needs_an_action_that_iam_knows(api):
    # GIVEN all operations of a service
    module, _, name = _SERVED_BY[api].rpartition(".")
    served = getattr(importlib.import_module(f"moto.{module}"), name)
    operations = _LOADER.load_service_model(api, "service-2")["operations"]
    known = 0
    for operation in operations:
        # WHEN one needs an action that the reference does not have
        unknown = [action for action in actions_of(api, operation)
                   if action_of(*action.split(":")) is None]  # fmt: skip
        # THEN the reference is older than the operation, and nothing here serves it
        if unknown:
            assert not hasattr(served, camelcase_to_underscores(operation)), unknown
        known += not unknown
    assert known > 0.75 * len(operations)
    assert any(hasattr(served, camelcase_to_underscores(name)) for name in operations)


def test_actions_are_spelled_as_in_the_reference():
    for api, operation in (("s3", "GetBucketCors"), ("s3", "DeleteBucketCors")):
        [action] = actions_of(api, operation)
        assert re.fullmatch(r"s3:(Get|Put)BucketCORS", action)


def test_an_operation_that_no_reference_has_needs_its_own_name_on_everything():
    request = ApiRequest("glue", "Transmute", {"Name": "x"}, "eu-west-1", "123456789012")
    [need] = needs_of(request, KnownFacts())
    assert (need.action, need.resources) == ("glue:Transmute", ("*",))


def test_a_request_for_no_operation_needs_everything_of_the_service():
    [need] = needs_of(ApiRequest("s3", "", {}, "eu-west-1", "123456789012"), KnownFacts())
    assert (need.action, need.resources) == ("s3:*", ("*",))


def test_signing_names_are_those_of_botocores_models():
    # GIVEN what each service signs as
    signing_names: dict[str, set[str]] = {}
    for api in _LOADER.list_available_services("service-2"):
        metadata = _LOADER.load_service_model(api, "service-2")["metadata"]
        name = metadata.get("signingName") or metadata["endpointPrefix"]
        signing_names.setdefault(name, set()).add(api)
    # THEN the table has the services of each name
    assert {name: set(apis_of(name)) for name in signing_names} == signing_names
    assert APIS_OF_SIGNING_NAME.keys() <= signing_names.keys()
