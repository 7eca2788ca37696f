"""Lambda: functions go by name, partial ARN or ARN, with or without a version or alias.

Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html and
https://docs.aws.amazon.com/lambda/latest/dg/permissions-user-function.html
"""

import re
from typing import Any

from localaws.permissions.arns import is_arn
from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.reference import action_of
from localaws.permissions.rules.rule import Rule, ServiceRules
from localaws.permissions.rules.s3 import read_object

_PARTIAL = re.compile(
    r"(?:(?P<account>\d{12}):function:|function:)?(?P<name>[\w-]+)(?::(?P<qualifier>[\w$-]+))?"
)
_NAMES = {
    "GetLayerVersionByArn": "GetLayerVersion",
    "Invoke": "InvokeFunction",
    "InvokeWithResponseStream": "InvokeFunction",
}


def function_arn(request: ApiRequest, function: str, qualifier: str = "") -> str:
    """Return the ARN of a function in any of the forms that Lambda accepts."""
    if is_arn(function):
        named = function.split(":")[7:8]
        return f"{function}:{qualifier}" if qualifier and not named else function
    found = _PARTIAL.fullmatch(function)
    if found is None:
        return request.arn(f"function:{function}")
    arn = request.arn(f"function:{found['name']}")
    if found["account"]:
        arn = arn.replace(f":{request.account_id}:", f":{found['account']}:")
    qualifier = found["qualifier"] or qualifier
    return f"{arn}:{qualifier}" if qualifier else arn


def _resources(request: ApiRequest, _facts: AccountFacts) -> tuple[str, ...] | None:
    name = _NAMES.get(request.operation, request.operation)
    action = action_of("lambda", name)
    if action is None or not action.resource_types:
        return None
    kinds = {kind.name.lower() for kind in action.resource_types}
    if "eventsourcemapping" in kinds and request.text("UUID"):
        return (request.arn(f"event-source-mapping:{request.text('UUID')}"),)
    if kinds & {"layer", "layerversion"} and request.text("LayerName", "Arn"):
        layer = request.text("LayerName", "Arn")
        arn = layer if is_arn(layer) else request.arn(f"layer:{layer}")
        version = request.text("VersionNumber")
        return (f"{arn}:{version}" if version and "layerversion" in kinds else arn,)
    if request.text("FunctionName"):
        qualifier = request.text("Qualifier")
        return (function_arn(request, request.text("FunctionName"), qualifier),)
    return None


def _with_code(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    """Code in S3 and layers are read as the caller.

    https://docs.aws.amazon.com/lambda/latest/dg/permissions-user-function.html; for layers:
    https://docs.aws.amazon.com/lambda/latest/dg/permissions-layer-cross-account.html
    """
    needs = [Need(request.action, _resources(request, facts) or ("*",))]
    code: Any = request.get("Code", "Content") or request.parameters
    if isinstance(code, dict) or code is request.parameters:
        bucket, key = code.get("S3Bucket"), code.get("S3Key")
        if isinstance(bucket, str) and isinstance(key, str):
            version = code.get("S3ObjectVersion")
            needs.append(read_object(request, bucket, key, str(version) if version else None))
    layers = request.texts("Layers")
    if layers:
        needs.append(Need("lambda:GetLayerVersion", tuple(layers)))
    return needs + _for_a_network(request)


def _for_a_network(request: ApiRequest) -> list[Need]:
    """Return what it takes to put a function into a VPC: "Required IAM permissions".

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
    """
    network = request.get("VpcConfig")
    if not isinstance(network, dict) or not network.get("SubnetIds"):
        return []
    actions = (
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcs",
        "GetSecurityGroupsForVpc",
    )
    resources = {"GetSecurityGroupsForVpc": request.arn("vpc/*", "ec2")}
    return [Need(f"ec2:{name}", (resources.get(name, "*"),)) for name in actions]


def _event_source(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    """Return the mapping; a new one has no resource, and the function is a condition key."""
    uuid, function = request.text("UUID"), request.text("FunctionName")
    resource = request.arn(f"event-source-mapping:{uuid}") if uuid else "*"
    arn = function_arn(request, function) if function else None
    arn = arn or (facts.event_source_function_arn(request.region, uuid) if uuid else None)
    return [Need(request.action, (resource,), {"lambda:FunctionArn": arn} if arn else {})]


_OPERATIONS: dict[str, Rule] = {
    "CreateEventSourceMapping": _event_source,
    "CreateFunction": _with_code,
    "DeleteEventSourceMapping": _event_source,
    "GetEventSourceMapping": _event_source,
    "PublishLayerVersion": _with_code,
    "UpdateEventSourceMapping": _event_source,
    "UpdateFunctionCode": _with_code,
    "UpdateFunctionConfiguration": _with_code,
}

RULES = ServiceRules(operations=_OPERATIONS, names=_NAMES, resources=_resources)
