"""IAM and STS: resources have paths, and who asks about himself needs nothing.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
and "Permissions" on the pages of https://docs.aws.amazon.com/STS/latest/APIReference/
"""

from localaws.permissions.arns import is_arn
from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.passed_roles import pass_role
from localaws.permissions.reference import action_of
from localaws.permissions.rules.rule import Rule, ServiceRules, nothing

_PARAMETERS = {
    "role": "RoleName",
    "user": "UserName",
    "group": "GroupName",
    "instance-profile": "InstanceProfileName",
    "server-certificate": "ServerCertificateName",
}


def _resources(request: ApiRequest, facts: AccountFacts) -> tuple[str, ...] | None:
    action = action_of("iam", request.operation)
    if action is None or request.operation == "SimulatePrincipalPolicy":
        return (request.text("PolicySourceArn"),) if action else None
    arns = []
    for kind in action.resource_types:
        name = request.text(_PARAMETERS.get(kind.name, ""))
        if name:
            arns.append(_arn(request, facts, kind.name, name))
        elif kind.name == "policy" and request.text("PolicyName") and not request.text("PolicyArn"):
            path = request.text("Path") or "/"
            arns.append(request.global_arn(f"policy{path}{request.text('PolicyName')}"))
    return tuple(arns) or None


def _arn(request: ApiRequest, facts: AccountFacts, kind: str, name: str) -> str:
    path = request.text("Path") if request.operation.startswith("Create") else ""
    path = path or facts.iam_path(kind, name)
    return request.global_arn(f"{kind}{path}{name}")


def _role_into_profile(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    """Return the need to pass the role as well: an instance of EC2 will take it on.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html
    """
    profile = _arn(request, facts, "instance-profile", request.text("InstanceProfileName"))
    role = _arn(request, facts, "role", request.text("RoleName"))
    return [Need(request.action, (profile,)), pass_role(request, role, "ec2.amazonaws.com")]


def _linked_role(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    service = request.text("AWSServiceName") or "*"
    arn = request.global_arn(f"role/aws-service-role/{service}/*")
    return [Need(request.action, (arn,))]


def _assume(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    """Tags and a source identity are actions of their own.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
    """
    role = request.text("RoleArn")
    resources = (role if is_arn(role) else "*",)
    needs = [Need(request.action, resources)]
    if request.get("Tags"):
        needs.append(Need("sts:TagSession", resources))
    if request.get("SourceIdentity"):
        needs.append(Need("sts:SetSourceIdentity", resources))
    return needs


_IAM: dict[str, Rule] = {
    "AddRoleToInstanceProfile": _role_into_profile,
    "CreateServiceLinkedRole": _linked_role,
}
_STS: dict[str, Rule] = {
    "AssumeRole": _assume,
    # Decided by the role's trust policy alone: the caller has no key yet.
    "AssumeRoleWithSAML": nothing,
    "AssumeRoleWithWebIdentity": nothing,
    # "No permissions are required to perform this operation."
    "GetAccessKeyInfo": nothing,
    "GetCallerIdentity": nothing,
    "GetSessionToken": nothing,
}

IAM = ServiceRules(operations=_IAM, resources=_resources)
STS = ServiceRules(operations=_STS)
