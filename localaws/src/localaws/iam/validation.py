"""What IAM refuses in a policy, in its own words."""

import re
from collections.abc import Iterator
from typing import Any, Literal

from localaws.iam.conditions import UnknownOperatorError, compile_conditions
from localaws.iam.operators import moment

Kind = Literal["identity", "resource", "trust"]

VERSIONS = ("2008-10-17", "2012-10-17")
_TOP = {"Version", "Id", "Statement"}
_IN_STATEMENT = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource",
    "Principal", "NotPrincipal", "Condition",
}  # fmt: skip
_PRINCIPALS = {"AWS", "Service", "Federated", "CanonicalUser"}
_VENDOR = re.compile(r"[a-zA-Z0-9\-.]+")
_PARTITION = re.compile(r"\*|aws[a-z-]*")
_SID = re.compile(r"[0-9A-Za-z]*")
_TRUST_ACTION = re.compile(
    r"sts:(AssumeRole(With(SAML|WebIdentity))?|TagSession|SetSourceIdentity)"
)


class MalformedPolicyError(ValueError):
    """IAM refuses the policy (``MalformedPolicyDocument``); the message is IAM's."""


def listed(value: Any) -> list[Any]:
    """Return the value as the list that it stands for."""
    return value if isinstance(value, list) else [value]


def refuse_malformed(document: Any, kind: Kind | None) -> None:
    """
    Refuse what IAM refuses.

    Parameters
    ----------
    document
        The parsed JSON.
    kind
        What the policy is attached to; None checks only what holds for every kind.

    Raises
    ------
    MalformedPolicyError
        With IAM's message.
    """
    _refuse_syntax(document)
    statements = listed(document["Statement"])
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    if len(sids) != len(set(sids)):
        raise MalformedPolicyError("Statement IDs (SID) in a single policy must be unique.")
    for statement in statements:
        _refuse_actions(statement)
        _refuse_dates(statement)
        if kind == "identity":
            _refuse_in_identity_policy(statement)
        elif kind is not None:
            _refuse_in_resource_policy(statement, kind)


def _refuse_syntax(document: Any) -> None:
    if not _is_well_formed(document):
        raise MalformedPolicyError("Syntax errors in policy.")


def _is_well_formed(document: Any) -> bool:
    if not isinstance(document, dict) or not set(document) <= _TOP:
        return False
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        return False
    statements = document.get("Statement")
    if not isinstance(statements, (dict, list)) or not statements:
        return False
    return all(_is_statement(statement) for statement in listed(statements))


def _is_statement(statement: Any) -> bool:
    if not isinstance(statement, dict) or not set(statement) <= _IN_STATEMENT:
        return False
    if statement.get("Effect") not in {"Allow", "Deny"}:
        return False
    for name in ("Action", "Resource", "Principal"):
        if name in statement and f"Not{name}" in statement:
            return False
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if not all(isinstance(text, str) for text in listed(statement.get(name, []))):
            return False
    return (
        isinstance(statement.get("Sid", ""), str)
        and all(
            _is_principal(statement[n]) for n in ("Principal", "NotPrincipal") if n in statement
        )
        and _is_condition(statement.get("Condition", {}))
    )


def _is_principal(element: Any) -> bool:
    if isinstance(element, str):
        return element == "*"
    return (
        isinstance(element, dict)
        and set(element) <= _PRINCIPALS
        and all(isinstance(text, str) for texts in element.values() for text in listed(texts))
    )


def _is_condition(element: Any) -> bool:
    if not isinstance(element, dict) or not all(isinstance(k, dict) for k in element.values()):
        return False
    for keys in element.values():
        for values in keys.values():
            if not all(isinstance(value, (str, bool, int, float)) for value in listed(values)):
                return False
    try:
        compile_conditions(element, variables=False)
    except UnknownOperatorError:
        return False
    return True


def _refuse_actions(statement: dict[str, Any]) -> None:
    actions = listed(statement.get("Action", statement.get("NotAction", [])))
    if not actions:
        raise MalformedPolicyError("Policy statement must contain actions.")
    for action in actions:
        vendor, *names = action.split(":")
        if action == "*":
            continue
        if not names:
            message = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
            raise MalformedPolicyError(message)
        if len(names) > 1:
            raise MalformedPolicyError("Actions/Condition can contain only one colon.")
        if vendor != "*" and not _VENDOR.fullmatch(vendor):
            raise MalformedPolicyError(f"Vendor {vendor} is not valid")


def _refuse_dates(statement: dict[str, Any]) -> None:
    for name, keys in statement.get("Condition", {}).items():
        if not re.match(r"(for(all|any)values?:)?date", name, re.IGNORECASE):
            continue
        for values in keys.values():
            if any(moment(str(value)) is None for value in listed(values)):
                raise MalformedPolicyError("The policy failed legacy parsing")


def _resources(statement: dict[str, Any]) -> Iterator[str]:
    yield from listed(statement.get("Resource", statement.get("NotResource", [])))


def _refuse_in_identity_policy(statement: dict[str, Any]) -> None:
    if "Principal" in statement or "NotPrincipal" in statement:
        raise MalformedPolicyError("Policy document should not specify a principal.")
    _refuse_sid(statement)
    if not list(_resources(statement)):
        raise MalformedPolicyError("Policy statement must contain resources.")
    for resource in _resources(statement):
        if resource == "*":
            continue
        parts = resource.split(":")
        if len(parts) == 1:
            raise MalformedPolicyError(f'Resource {resource} must be in ARN format or "*".')
        partition, vendor, *others = [*parts[1:], "", ""][: max(2, len(parts) - 1)]
        if not _PARTITION.fullmatch(partition):
            padded = ":".join(["arn", partition, vendor or "*", *(others or ["*", "*", "*"])])
            message = f'Partition "{partition}" is not valid for resource "{padded}".'
            raise MalformedPolicyError(message)
        if not _VENDOR.fullmatch(vendor):
            message = "Resource vendor must be fully qualified and cannot contain regexes."
            raise MalformedPolicyError(message)


def _refuse_in_resource_policy(statement: dict[str, Any], kind: Kind) -> None:
    if "Principal" not in statement and "NotPrincipal" not in statement:
        raise MalformedPolicyError("Missing required field Principal")
    if kind != "trust":
        return
    _refuse_sid(statement)
    if "NotPrincipal" in statement:
        raise MalformedPolicyError("Has prohibited field NotPrincipal")
    if "Resource" in statement or "NotResource" in statement:
        raise MalformedPolicyError("Has prohibited field Resource.")
    if not all(_TRUST_ACTION.fullmatch(action) for action in listed(statement.get("Action", []))):
        message = (
            "Trust Policy statement actions can only be sts:AssumeRole, "
            "sts:AssumeRoleWithSAML,  and sts:AssumeRoleWithWebIdentity"
        )
        raise MalformedPolicyError(message)


def _refuse_sid(statement: dict[str, Any]) -> None:
    if not _SID.fullmatch(statement.get("Sid", "")):
        message = (
            "Statement IDs (SID) must be alpha-numeric. "
            "Check that your input satisfies the regular expression [0-9A-Za-z]*"
        )
        raise MalformedPolicyError(message)
