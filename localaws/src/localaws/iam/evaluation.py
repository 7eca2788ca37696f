"""
Whether policies allow a request.

The rules are those of
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html for
identity, resource and session policies and permissions boundaries, without AWS Organizations.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from localaws.iam.documents import PolicyDocument
from localaws.iam.matching import (
    Facts,
    MatchedStatement,
    NamedPolicy,
    PolicyType,
    Verdict,
    judge,
)
from localaws.iam.principals import Level, Principal

__all__ = [
    "AccessRequest",
    "Decision",
    "MatchedStatement",
    "NamedPolicy",
    "PolicySet",
    "Principal",
    "evaluate",
    "evaluate_trust",
]

_ACCOUNT = re.compile(r"\d{12}")
# "No permissions are required", not even against an explicit deny
# (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).
_NEEDS_NO_PERMISSION = {"sts:getcalleridentity"}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_EXPLICIT = {
    "identity": "an identity-based policy",
    "resource": "a resource-based policy",
    "boundary": "a permissions boundary",
    "session": "a session policy",
    "trust": "the role trust policy",
}
_IMPLICIT = {
    "identity": "identity-based policy",
    "resource": "resource-based policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "trust": "role trust policy",
}


@dataclass(frozen=True)
class AccessRequest:
    """
    One call, as IAM sees it.

    Attributes
    ----------
    principal
        Who calls.
    action
        Such as ``glue:GetTable``.
    resource
        The ARN that the call is about; ``"*"`` for an action that supports no resource.
    context
        The context keys in any case, with a text or a list of texts. A key that is not here is
        absent. Keys that follow from the principal, such as ``aws:PrincipalArn``, need not be
        given.
    """

    principal: Principal
    action: str
    resource: str
    context: Mapping[str, str | list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class PolicySet:
    """
    The policies that apply to a request.

    Attributes
    ----------
    identity
        The policies of the role, or of the user and the groups.
    resource
        The policy of the resource.
    boundary
        The permissions boundary of the role or user.
    session
        The policies that were passed when the session was made. Together they are one limit: one of
        them must allow.
    """

    identity: tuple[NamedPolicy, ...] = ()
    resource: NamedPolicy | None = None
    boundary: NamedPolicy | None = None
    session: tuple[NamedPolicy, ...] = ()


@dataclass(frozen=True)
class Decision:
    """
    The answer.

    Attributes
    ----------
    allowed
        Whether the call may go on.
    explicit_deny
        Whether a ``Deny`` statement applied.
    reason
        AWS's words for a denial; empty for an allowed call.
    matched
        For a denial by a statement, the statements that deny; otherwise those that allow, in all
        policies.
    """

    allowed: bool
    explicit_deny: bool
    reason: str
    matched: tuple[MatchedStatement, ...]


def evaluate(
    request: AccessRequest,
    policies: PolicySet,
    *,
    resource_account_id: str | None = None,
    resource_policy_required: bool = False,
) -> Decision:
    """
    Return whether the policies allow a request.

    An explicit deny wins. Within an account, an identity policy or the resource's policy must
    allow; across accounts, both. A boundary and the session's policies must allow as well.

    Parameters
    ----------
    request
        The call.
    policies
        The policies that apply to it.
    resource_account_id
        The account of the resource, for an ARN that does not say it (S3). By default the
        principal's own.
    resource_policy_required
        Whether identity policies count only where the resource's policy names the account: KMS keys
        and the trust policies of roles, even within one account.
    """
    if request.action.lower() in _NEEDS_NO_PERMISSION:
        return Decision(allowed=True, explicit_deny=False, reason="", matched=())
    facts = Facts(
        request.principal,
        request.action,
        request.resource,
        request.context,
        has_boundary=policies.boundary is not None,
    )
    resource_type: PolicyType = "trust" if _is_trust(request.action) else "resource"
    identity = judge(policies.identity, "identity", facts)
    resource = judge(_listed(policies.resource), resource_type, facts)
    boundary = judge(_listed(policies.boundary), "boundary", facts)
    session = judge(policies.session, "session", facts)
    verdicts = (identity, resource, boundary, session)

    denies = tuple(matched for verdict in verdicts for matched in verdict.denies)
    if denies:
        reason = _explicit_reason(request, denies[0].policy_type)
        return Decision(allowed=False, explicit_deny=True, reason=reason, matched=denies)
    account_id = _account_of(request.resource, resource_account_id, request.principal)
    missing = _missing_grant(
        request.principal,
        identity,
        resource,
        resource_type,
        same_account=account_id == request.principal.account_id,
        resource_policy_required=resource_policy_required,
    )
    if missing is None and resource.level < _unlimited_from(request.principal, account_id):
        missing = _exceeded_limit(policies, boundary, session)
    allows = tuple(matched for verdict in verdicts for matched in verdict.allows)
    reason = "" if missing is None else _implicit_reason(request, missing)
    return Decision(missing is None, explicit_deny=False, reason=reason, matched=allows)


def evaluate_trust(
    policy: PolicyDocument | NamedPolicy,
    principal: Principal,
    action: str = "sts:AssumeRole",
    context: Mapping[str, str | list[str]] | None = None,
) -> Decision:
    """
    Return whether a role trusts a principal.

    For a service this is the whole answer. A user or role that the policy names only through its
    account also needs an identity policy: ``evaluate`` with the trust policy as the resource's and
    ``resource_policy_required``.

    Parameters
    ----------
    policy
        The trust policy of the role.
    principal
        Who wants to assume the role.
    action
        ``sts:AssumeRole`` or one of its variants.
    context
        The context keys, such as ``aws:SourceAccount``.
    """
    named = policy if isinstance(policy, NamedPolicy) else NamedPolicy("trust", policy)
    request = AccessRequest(principal, action, "", context or {})
    facts = Facts(principal, action, "", request.context, has_boundary=False)
    verdict = judge((named,), "trust", facts)
    if verdict.denies:
        reason = _explicit_reason(request, "trust")
        return Decision(allowed=False, explicit_deny=True, reason=reason, matched=verdict.denies)
    allowed = bool(verdict.allows)
    reason = "" if allowed else _implicit_reason(request, "trust")
    return Decision(allowed, explicit_deny=False, reason=reason, matched=verdict.allows)


def _is_trust(action: str) -> bool:
    return action.lower().startswith("sts:assumerole")


def _listed(policy: NamedPolicy | None) -> tuple[NamedPolicy, ...]:
    return () if policy is None else (policy,)


def _account_of(resource: str, given: str | None, principal: Principal) -> str:
    if given is not None:
        return given
    parts = resource.split(":", 5)
    named = parts[4] if len(parts) > 4 else ""
    return named if _ACCOUNT.fullmatch(named) else principal.account_id


def _missing_grant(
    principal: Principal,
    identity: Verdict,
    resource: Verdict,
    resource_type: PolicyType,
    *,
    same_account: bool,
    resource_policy_required: bool,
) -> PolicyType | None:
    """Return the kind of policy that would have to allow the request, or None if granted."""
    if principal.service or principal.is_anonymous:
        # They have no identity policies: the resource decides.
        return None if resource.allows else resource_type
    # The root user has full access to its own account, and no identity policies.
    identity_allows = principal.is_root or bool(identity.allows)
    if not same_account:
        if not identity_allows:
            return "identity"
        return None if resource.allows else resource_type
    if resource.level >= Level.ROLE:
        return None
    if resource_policy_required and resource.level is not Level.ACCOUNT:
        return resource_type
    return None if identity_allows else "identity"


def _unlimited_from(principal: Principal, resource_account: str) -> int:
    """
    Return the level of a resource policy from which boundaries and sessions do not limit.

    Within an account, what is granted to a user or a session directly (or to everybody) is not
    limited by their implicit denies; what is granted to a role is. Across accounts they always
    limit.
    """
    return Level.DIRECT if principal.account_id == resource_account else Level.DIRECT + 1


def _exceeded_limit(policies: PolicySet, boundary: Verdict, session: Verdict) -> PolicyType | None:
    """Return the limit that does not allow the request, or None."""
    if policies.boundary is not None and not boundary.allows:
        return "boundary"
    if policies.session and not session.allows:
        return "session"
    return None


def _intro(request: AccessRequest) -> str:
    who = "anonymous" if request.principal.is_anonymous else request.principal.arn
    on = f" on resource: {request.resource}" if request.resource else ""
    who = request.principal.service or who
    return f"User: {who} is not authorized to perform: {request.action}{on}"


def _explicit_reason(request: AccessRequest, policy_type: PolicyType) -> str:
    return f"{_intro(request)} with an explicit deny in {_EXPLICIT[policy_type]}"


def _implicit_reason(request: AccessRequest, policy_type: PolicyType) -> str:
    missing = _IMPLICIT[policy_type]
    return f"{_intro(request)} because no {missing} allows the {request.action} action"
