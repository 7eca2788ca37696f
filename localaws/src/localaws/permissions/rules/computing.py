"""CodeBuild and EC2: a build is guarded by its project; an instance has a role by its profile.

Source: https://docs.aws.amazon.com/codebuild/latest/userguide/auth-and-access-control-permissions-reference.html
and https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-policies-for-amazon-ec2.html
"""

from localaws.permissions.arns import is_arn, last_part
from localaws.permissions.facts import AccountFacts
from localaws.permissions.generic_needs import resources_of
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.passed_roles import pass_role
from localaws.permissions.reference import action_of
from localaws.permissions.rules.rule import Rule, ServiceRules

_BUILD_IDS = ("id", "ids", "buildId", "buildBatchId", "sandboxId")

_KINDS_BY_PREFIX = {
    "acl": "network-acl",
    "ami": "image",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "i": "instance",
    "igw": "internet-gateway",
    "key": "key-pair",
    "lt": "launch-template",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "snap": "snapshot",
    "subnet": "subnet",
    "vol": "volume",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
"""Kinds of EC2's resources by the start of their ids."""


def _projects(request: ApiRequest, _facts: AccountFacts) -> tuple[str, ...] | None:
    """Return the projects of the builds; the id of a build is PROJECT:UUID."""
    action = action_of("codebuild", request.operation)
    if action is None or "project" not in {kind.name for kind in action.resource_types}:
        return None
    builds = request.texts(*_BUILD_IDS)
    names = [last_part(build.rpartition(":")[0]) if is_arn(build) else build.partition(":")[0]
             for build in builds]  # fmt: skip
    names = names or request.texts("projectName", "name", "names")
    arns = [name if is_arn(name) else request.arn(f"project/{name}") for name in names]
    return tuple(dict.fromkeys(arns)) or None


def _run_instances(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    action = action_of("ec2", request.operation)
    needs = [Need(request.action, resources_of(request, action) if action else ("*",))]
    profile = request.get("IamInstanceProfile")
    name = profile.get("Name") or profile.get("Arn") if isinstance(profile, dict) else None
    if name:
        roles = facts.instance_profile_roles(last_part(str(name)))
        needs += [pass_role(request, role, "ec2.amazonaws.com") for role in roles]
    return needs


def _tagged(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    ids = request.texts("ResourceId")
    arns = [
        request.arn(f"{_KINDS_BY_PREFIX.get(name.partition('-')[0], '*')}/{name}") for name in ids
    ]
    return [Need(request.action, tuple(arns) or ("*",))]


_EC2: dict[str, Rule] = {
    "AssociateIamInstanceProfile": _run_instances,
    "CreateTags": _tagged,
    "DeleteTags": _tagged,
    "RunInstances": _run_instances,
}

CODEBUILD = ServiceRules(resources=_projects)
EC2 = ServiceRules(operations=_EC2)
