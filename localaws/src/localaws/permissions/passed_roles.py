"""Roles that a caller hands to a service: that takes ``iam:PassRole`` besides the call's action.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from collections.abc import Iterator
from typing import Any

from localaws.permissions.arns import is_arn
from localaws.permissions.context import common_context
from localaws.permissions.model import ApiRequest, Need

_SERVICES = {
    "autoscaling": "autoscaling.amazonaws.com",
    "batch": "batch.amazonaws.com",
    "cloudwatch": "streams.metrics.cloudwatch.amazonaws.com",
    "elasticmapreduce": "elasticmapreduce.amazonaws.com",
    "pipes": "pipes.amazonaws.com",
    "ssm": "ssm.amazonaws.com",
}
"""The service that takes the role on, where it is not PREFIX.amazonaws.com."""

_NOT_PASSED = {"iam", "sts", "kms", "ram", "organizations", "s3control", "tag", "sso"}
"""Services that only speak about roles."""

_PASSING = (
    "Add",
    "Attach",
    "Continue",
    "Create",
    "Delete",
    "Execute",
    "Import",
    "Modify",
    "Put",
    "Register",
    "Restore",
    "Rollback",
    "Run",
    "Send",
    "Set",
    "Start",
    "Test",
    "Update",
)

_ROLE_NAMES = {
    "role",
    "rolearn",
    "servicerole",
    "servicerolearn",
    "executionrole",
    "executionrolearn",
    "jobrole",
    "jobrolearn",
    "iamrolearn",
    "taskrolearn",
    "loggingrolearn",
    "authrole",
    "cloudwatchlogsrolearn",
    "batchrole",
}
_DEPTH = 4
"""How deep a role may lie in the parameters: Firehose has it in the settings of a destination."""


def passed_role_needs(request: ApiRequest) -> list[Need]:
    """Return what it takes to pass the roles that the parameters of a request name."""
    if request.service in _NOT_PASSED or not request.operation.startswith(_PASSING):
        return []
    service = _SERVICES.get(request.service, f"{request.service}.amazonaws.com")
    roles = dict.fromkeys(_roles(request, request.parameters, _DEPTH))
    return [pass_role(request, role, service) for role in roles]


def pass_role(
    request: ApiRequest, role_arn: str, service: str, resource_arn: str | None = None
) -> Need:
    """Return what it takes to pass a role to a service.

    Parameters
    ----------
    service
        The service that takes the role on, as its trust policy names it.
    resource_arn
        The resource with which the service will use it, where the service says so to IAM.
    """
    context = common_context(request)
    context["iam:PassedToService"] = service
    if resource_arn is not None:
        context["iam:AssociatedResourceArn"] = resource_arn
    return Need("iam:PassRole", (role_arn,), context)


def role_arn_of(request: ApiRequest, role: str) -> str:
    """Return the ARN of a role given by ARN or by name, as Glue accepts both."""
    return role if is_arn(role) else request.global_arn(f"role/{role.removeprefix('/')}", "iam")


def _roles(request: ApiRequest, value: Any, depth: int) -> Iterator[str]:
    if depth == 0:
        return
    if isinstance(value, list):
        for item in value:
            yield from _roles(request, item, depth)
    if not isinstance(value, dict) and value is not request.parameters:
        return
    for name, inner in value.items():
        if isinstance(inner, str):
            if name.lower() in _ROLE_NAMES and ":role/" in inner and is_arn(inner):
                yield inner
        elif isinstance(inner, (dict, list)):
            yield from _roles(request, inner, depth - 1)
