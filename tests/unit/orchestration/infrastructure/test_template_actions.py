"""Every permission in the template is one that AWS has and that some request can need."""

from collections.abc import Iterator
from typing import Any

from botocore.loaders import Loader
from localaws_support.known_facts import KnownFacts

from localaws.permissions.facts import TaskDefinition
from localaws.permissions.model import ApiRequest
from localaws.permissions.needs import needs_of
from localaws.permissions.reference import action_of

_LOADER = Loader()
_APIS = {"states": "stepfunctions"}
_ROLE = "arn:aws:iam::123456789012:role/r"
_FACTS = KnownFacts(task_definitions={"f": TaskDefinition("f:1", _ROLE, _ROLE)})
_SENT: list[dict[str, Any]] = [
    {},
    {"Bucket": "b"},
    {"Bucket": "b", "Key": "k", "VersionId": "v"},
    {"Bucket": "b", "Key": "k", "taskDefinition": "f"},
]
"""Parameters that decide which action an operation needs."""

WITHOUT_OPERATION = {
    # Step Functions sets its log delivery up with them:
    # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:UpdateLogDelivery",
}
"""Actions that AWS's services ask for behind the scenes, and no operation of an API."""


def _statements(resources: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, resource in resources.items():
        properties = resource.get("Properties", {})
        policies = [item["PolicyDocument"] for item in properties.get("Policies", ())
                    if isinstance(item, dict)]  # fmt: skip
        if isinstance(properties.get("PolicyDocument"), dict):
            policies.append(properties["PolicyDocument"])
        if "AssumeRolePolicyDocument" in properties:
            policies.append(properties["AssumeRolePolicyDocument"])
        for policy in policies:
            statements = policy["Statement"]
            for statement in statements if isinstance(statements, list) else [statements]:
                yield name, statement


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _actions(resources: dict[str, Any]) -> set[str]:
    """Return what is granted; a statement that denies also names what nobody here ever does."""
    return {
        action
        for _, statement in _statements(resources)
        if statement.get("Effect") == "Allow"
        for action in _listed(statement.get("Action", []))
    }


def _needed_by(service: str) -> set[str]:
    api = _APIS.get(service, service)
    found: set[str] = set()
    for operation in _LOADER.load_service_model(api, "service-2")["operations"]:
        for sent in _SENT:
            request = ApiRequest(service, operation, sent, "eu-west-1", "123456789012", api=api)
            found |= {need.action for need in needs_of(request, _FACTS)}
    return found


def test_every_action_is_spelled_as_aws_spells_it(resources):
    named = {action for action in _actions(resources) if not action.endswith("*")}
    assert len(named) > 70
    for action in named:
        known = action_of(*action.split(":"))
        assert known is not None, f"AWS has no action {action}"
        assert known.full_name == action


def test_every_action_is_needed_by_some_request(resources):
    named = {action for action in _actions(resources) if not action.endswith("*")}
    services = {action.partition(":")[0] for action in named}
    needed = set().union(*(_needed_by(service) for service in services | {"ecs"}))
    assert named - needed == WITHOUT_OPERATION & named


def test_actions_that_support_no_resource_are_granted_on_all(resources):
    for name, statement in _statements(resources):
        if "Resource" not in statement or statement["Effect"] != "Allow":
            continue
        for action in _listed(statement["Action"]):
            known = action_of(*action.split(":"))
            if known is not None and not known.resource_types:
                assert "*" in _listed(statement["Resource"]), f"{name}: {action}"
