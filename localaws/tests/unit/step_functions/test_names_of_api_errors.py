"""Errors of AWS APIs have the names that Step Functions gives them."""

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from localaws.step_functions import api_errors

ECS, GLUE = "arn:aws:states:::ecs:runTask.sync", "arn:aws:states:::glue:startJobRun.sync"
SDK_GLUE = "arn:aws:states:::aws-sdk:glue:startCrawler"
LAMBDA, SNS = "arn:aws:states:::lambda:invoke", "arn:aws:states:::sns:publish"


def _refusal(code: str) -> ClientError:
    metadata = {"HTTPStatusCode": 400, "RequestId": "r-1"}
    return ClientError(
        {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": metadata},  # type: ignore[typeddict-item]
        "Call",
    )


def _described(resource: str, error: Exception) -> tuple[str, str]:
    integration = api_errors.integration_of(resource)
    assert integration
    described = api_errors.describe(integration, error)
    assert described
    return described


@pytest.mark.parametrize(
    ("resource", "code", "name"),
    [
        (ECS, "ClusterNotFoundException", "ECS.ClusterNotFoundException"),
        (ECS, "InvalidParameterException", "ECS.InvalidParameterException"),
        (ECS, "ThrottlingException", "ECS.AmazonECSException"),
        (GLUE, "ConcurrentRunsExceededException", "Glue.ConcurrentRunsExceededException"),
        (GLUE, "ServiceUnavailable", "Glue.AWSGlueException"),
        (SDK_GLUE, "CrawlerRunningException", "Glue.CrawlerRunningException"),
        (SDK_GLUE, "ServiceUnavailable", "Glue.GlueException"),
        ("arn:aws:states:::aws-sdk:ecs:stopTask", "ThrottlingException", "Ecs.EcsException"),
        (LAMBDA, "TooManyRequestsException", "Lambda.TooManyRequestsException"),
        (LAMBDA, "ServiceException", "Lambda.ServiceException"),
        (LAMBDA, "InternalFailure", "Lambda.AWSLambdaException"),
        (SNS, "InvalidParameter", "SNS.InvalidParameterException"),
        (SNS, "NotFound", "SNS.NotFoundException"),
    ],
)
def test_a_refusal_is_named_after_its_class_in_the_sdk(resource: str, code: str, name: str) -> None:
    assert _described(resource, _refusal(code))[0] == name


def test_a_call_without_an_answer_is_an_error_of_the_client() -> None:
    error = EndpointConnectionError(endpoint_url="http://nowhere")
    assert _described(ECS, error)[0] == "ECS.SdkClientException"


def test_the_cause_has_the_message_and_where_it_comes_from() -> None:
    assert _described(ECS, _refusal("ThrottlingException"))[1] == (
        "no (Service: AmazonECS; Status Code: 400; Error Code: ThrottlingException; "
        "Request ID: r-1; Proxy: null)"
    )
    assert _described(SDK_GLUE, _refusal("CrawlerRunningException"))[1] == (
        "no (Service: Glue, Status Code: 400, Request ID: r-1)"
    )


def test_names_that_nothing_raises_are_not_in_the_table() -> None:
    integration = api_errors.integration_of(ECS)
    assert integration
    names = integration.names()
    assert {"AmazonECS.Unknown", "ECS.AmazonECSException", "States.Timeout"} <= names
    assert not {"ECS.Unknown", "ECS.CapacityUnavailable", "ECS.ThrottlingException"} & names


def test_an_exception_of_another_kind_is_no_failed_call() -> None:
    integration = api_errors.integration_of(ECS)
    assert integration
    assert api_errors.describe(integration, ValueError("x")) is None
