"""What a Task calls."""

import re
from functools import cache
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.session import get_session

from localaws.step_functions.definition.diagnostics import Diagnostics, schema

_ARN = re.compile(r"arn:[\w-]+:(lambda|states):[\w-]*:\d*:.+")
_INTEGRATION = re.compile(
    r"arn:[\w-]+:states:[\w-]*:\d*:(?P<service>[a-z0-9-]+):"
    r"(?P<action>[A-Za-z0-9:]+)(?P<pattern>\.(sync|sync:2|waitForTaskToken))?"
)
_OPTIMIZED = {
    "apigateway": {"invoke"},
    "athena": {
        *("getQueryExecution", "getQueryResults", "startQueryExecution", "stopQueryExecution"),
    },
    "batch": {"submitJob"},
    "bedrock": {"createModelCustomizationJob", "invokeModel"},
    "codebuild": {
        "batchDeleteBuilds",
        "batchGetReports",
        "startBuild",
        "startBuildBatch",
        "stopBuild",
    },
    "databrew": {"startJobRun"},
    "dynamodb": {"deleteItem", "getItem", "putItem", "updateItem"},
    "ecs": {"runTask"},
    "events": {"putEvents"},
    "glue": {"startJobRun"},
    "http": {"invoke"},
    "lambda": {"invoke"},
    "sns": {"publish"},
    "sqs": {"sendMessage"},
    "states": {"startExecution"},
}
"""Optimised integrations of the developer guide; those with many actions (EMR, SageMaker, EKS,
MediaConvert) are not looked at."""
_SDK_SERVICES = {
    "cloudwatchlogs": "logs",
    "costexplorer": "ce",
    "elasticloadbalancingv2": "elbv2",
    "eventbridge": "events",
    "sfn": "stepfunctions",
}
"""Services whose name in the SDK for Java is not botocore's."""


def check(resource: Any, place: str) -> Diagnostics:
    """Check the ``Resource`` of a Task; the message is AWS's in many reports of failed deploys."""
    if not isinstance(resource, str) or not _ARN.fullmatch(resource):
        if not _is_computed(resource):
            yield schema("Value is not a valid resource ARN", place)
        return
    found = _INTEGRATION.fullmatch(resource)
    if found is None or found["service"] == "activity":
        return
    if not _exists(found["service"], found["action"]):
        yield schema(
            f"The resource provided {resource} is not recognized. The value is not a valid "
            "resource ARN, or the resource is not available in this region.",
            place,
        )


def _is_computed(resource: Any) -> bool:
    return isinstance(resource, str) and resource.startswith("{%")


def _exists(service: str, action: str) -> bool:
    if service == "aws-sdk":
        name, _, operation = action.partition(":")
        operations = _operations(_SDK_SERVICES.get(name.lower(), name.lower()))
        return operations is None or operation.lower() in operations
    return service not in _OPTIMIZED or action in _OPTIMIZED[service]


@cache
def _operations(service: str) -> frozenset[str] | None:
    """Return the operations of a service, None if it is not known by this name."""
    try:
        model = get_session().get_service_model(service)
    except UnknownServiceError:
        return None
    return frozenset(name.lower() for name in model.operation_names)
