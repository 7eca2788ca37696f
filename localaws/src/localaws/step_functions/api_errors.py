"""Names the errors of AWS APIs as the integrations of Step Functions do.

Step Functions calls a service by an SDK for Java and reports the class of its exception, below the
integration's own name: version 1 of the SDK in the optimised integrations, version 2 in
``aws-sdk``. An error that the service's model declares has a class of its own. Any other, such as
the throttling of ECS, is an instance of the service's general exception. A call that got no answer
is an ``SdkClientException``.

Sources: "Handling errors in Step Functions workflows" and "Best practices: handle transient Lambda
service exceptions" in the developer guide name ``Lambda.AWSLambdaException`` and
``Lambda.SdkClientException``; "Run Amazon ECS or Fargate tasks" names ``AmazonECS.Unknown``;
CloudSnorkel/cdk-github-runners#341 met ``ECS.AmazonECSException``, and its list of names to retry
has ``Ecs.EcsException`` for ``aws-sdk`` next to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

CLIENT_SIDE = "SdkClientException"
TASK_NOT_PLACED = "AmazonECS.Unknown"
"""What ``ecs:runTask`` with a wait is called whose answer has ``failures``."""
STATES = frozenset(
    f"States.{name}"
    for name in (
        *("ALL", "BranchFailed", "DataLimitExceeded", "ExceedToleratedFailureThreshold"),
        *("HeartbeatTimeout", "Http.Socket", "IntrinsicFailure", "ItemReaderFailed"),
        *("NoChoiceMatched", "ParameterPathFailure", "Permissions", "QueryEvaluationError"),
        *("ResultPathMatchFailure", "ResultWriterFailed", "Runtime", "TaskFailed", "Timeout"),
    )
)
"""Names of Step Functions' own ("Error names" of the developer guide)."""


@dataclass(frozen=True)
class Integration:
    """How one integration names errors.

    Attributes
    ----------
    service
        botocore's name.
    prefix
        What stands before the dot.
    general
        Class of an error that the service's model does not declare.
    signature
        The service in the cause of an error.
    more
        Names that are no class of the SDK.
    is_sdk
        Whether it is an ``aws-sdk`` integration.
    """

    service: str
    prefix: str
    general: str
    signature: str = ""
    more: frozenset[str] = frozenset()
    is_sdk: bool = False

    def name(self, code: str) -> str:
        """Return the name of an error with this code."""
        return f"{self.prefix}.{_declared(self.service).get(code, self.general)}"

    def names(self) -> frozenset[str]:
        """Return all names that a call of this integration may fail with."""
        classes = {*_declared(self.service).values(), self.general, CLIENT_SIDE}
        return frozenset(f"{self.prefix}.{it}" for it in classes) | self.more | STATES


OPTIMIZED = {
    it.service: it
    for it in (
        Integration("athena", "Athena", "AmazonAthenaException", "AmazonAthena"),
        Integration("dynamodb", "DynamoDB", "AmazonDynamoDBException", "AmazonDynamoDBv2"),
        Integration(
            *("ecs", "ECS", "AmazonECSException", "AmazonECS"), frozenset({TASK_NOT_PLACED})
        ),
        Integration("events", "EventBridge", "AmazonEventBridgeException", "AmazonEventBridge"),
        Integration("glue", "Glue", "AWSGlueException", "AWSGlue"),
        Integration(
            *("lambda", "Lambda", "AWSLambdaException", "AWSLambda"),
            # Lambda's guide lists them: its client gave up, or the function's end is not known.
            frozenset({"Lambda.ClientExecutionTimeoutException", "Lambda.Unknown"}),
        ),
        Integration("sns", "SNS", "AmazonSNSException", "AmazonSNS"),
        Integration("sqs", "SQS", "AmazonSQSException", "AmazonSQS"),
        Integration(
            "stepfunctions", "StepFunctions", "AWSStepFunctionsException", "AWSStepFunctions"
        ),
    )
}
_SDK_PREFIXES = {
    "athena": "Athena",
    "cloudwatch": "CloudWatch",
    "dynamodb": "DynamoDb",
    "ecs": "Ecs",
    "eventbridge": "EventBridge",
    "glue": "Glue",
    "lambda": "Lambda",
    "s3": "S3",
    "secretsmanager": "SecretsManager",
    "sfn": "Sfn",
    "sns": "Sns",
    "sqs": "Sqs",
    "ssm": "Ssm",
}
"""How Step Functions spells services in the error names of ``aws-sdk`` integrations."""
_SERVICES_OF_SDK_NAMES = {"eventbridge": "events", "sfn": "stepfunctions"}


def integration_of(resource: str) -> Integration | None:
    """Return the integration behind a Task's ``Resource``, None if it is not known here."""
    _, _, called = resource.partition(":states:::")
    parts = called.split(":")
    if parts[0] == "aws-sdk":
        return of_sdk(parts[1])
    return OPTIMIZED.get({"states": "stepfunctions"}.get(parts[0], parts[0]))


def of_sdk(service: str) -> Integration | None:
    """Return the ``aws-sdk`` integration of a service, as ``Resource`` names it."""
    prefix = _SDK_PREFIXES.get(service.lower())
    if prefix is None:
        return None
    boto_name = _SERVICES_OF_SDK_NAMES.get(service.lower(), service.lower())
    return Integration(boto_name, prefix, f"{prefix}Exception", prefix, is_sdk=True)


def describe(integration: Integration, error: Exception) -> tuple[str, str] | None:
    """Return name and cause of a failed call; None for an exception that is no call's."""
    if isinstance(error, BotoCoreError):
        return f"{integration.prefix}.{CLIENT_SIDE}", str(error)
    if not isinstance(error, ClientError):
        return None
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message")
    return integration.name(code), f"{message} ({_origin(integration, error)})"


def _origin(integration: Integration, error: ClientError) -> str:
    """Return what the SDK appends to the message of an error."""
    metadata = error.response["ResponseMetadata"]
    service = f"Service: {integration.signature}"
    status = f"Status Code: {metadata.get('HTTPStatusCode')}"
    request = f"Request ID: {metadata.get('RequestId')}"
    if integration.is_sdk:
        return f"{service}, {status}, {request}"
    code = f"Error Code: {error.response['Error']['Code']}"
    return f"{service}; {status}; {code}; {request}; Proxy: null"


@cache
def _declared(service: str) -> dict[str, str]:
    """Return the SDK's class for each error code that a service's model declares."""
    model = get_session().get_service_model(service)
    shapes: Iterable[Any] = model.error_shapes
    classes = {}
    for shape in shapes:
        name = shape.name if shape.name.endswith("Exception") else f"{shape.name}Exception"
        classes[shape.error_code] = name
        classes[shape.name] = name
    return classes
