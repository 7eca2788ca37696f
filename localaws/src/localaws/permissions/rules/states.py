"""Step Functions: each operation names the ARN that it is about.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/concept-create-iam-advanced.html
"""

from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest
from localaws.permissions.reference import action_of
from localaws.permissions.rules.rule import ServiceRules

_ARNS = (
    "executionArn",
    "mapRunArn",
    "stateMachineAliasArn",
    "stateMachineVersionArn",
    "stateMachineArn",
    "activityArn",
    "resourceArn",
)
_KINDS = {"CreateActivity": "activity", "CreateStateMachine": "stateMachine"}


def _resources(request: ApiRequest, _facts: AccountFacts) -> tuple[str, ...] | None:
    action = action_of("states", request.operation)
    if action is None or not action.resource_types:
        return None
    arn = request.text(*_ARNS)
    if arn:
        return (arn,)
    if request.operation in _KINDS:
        return (request.arn(f"{_KINDS[request.operation]}:{request.text('name') or '*'}"),)
    if request.operation == "CreateStateMachineAlias":
        return _routed(request)
    return None


def _routed(request: ApiRequest) -> tuple[str, ...] | None:
    """Return the state machine of the versions that a new alias will point to."""
    routes = request.get("routingConfiguration")
    versions = [
        str(route.get("stateMachineVersionArn", ""))
        for route in (routes if isinstance(routes, list) else [])
        if isinstance(route, dict)
    ]
    return tuple(dict.fromkeys(arn.rpartition(":")[0] for arn in versions if arn)) or None


RULES = ServiceRules(resources=_resources)
