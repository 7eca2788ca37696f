"""Small policies and requests for the tests of the policy evaluator."""

from collections.abc import Mapping, Sequence
from typing import Any

from localaws.iam.documents import PolicyDocument
from localaws.iam.evaluation import (
    AccessRequest,
    Decision,
    NamedPolicy,
    PolicySet,
    Principal,
    evaluate,
)

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/jobs/reader"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/run-1"
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/team/Ana"
SESSION = Principal.of_arn(SESSION_ARN, ROLE)
USER = Principal.of_arn(USER_ARN)
ROOT = Principal.of_arn(f"arn:aws:iam::{ACCOUNT}:root")
STRANGER = Principal.of_arn(f"arn:aws:iam::{OTHER_ACCOUNT}:user/Bob")
OBJECT = "arn:aws:s3:::films/cut/one.mp4"

Json = dict[str, Any]


def allow(
    action: str | list[str] = "*", resource: str | list[str] | None = "*", **more: Any
) -> Json:
    """Return an Allow statement; an element with None is left out."""
    return _statement("Allow", action, resource, more)


def deny(
    action: str | list[str] = "*", resource: str | list[str] | None = "*", **more: Any
) -> Json:
    """Return a Deny statement."""
    return _statement("Deny", action, resource, more)


def _statement(effect: str, action: object, resource: object, more: Json) -> Json:
    elements = {"Effect": effect, "Action": action, "Resource": resource, **more}
    for name in ("Action", "Resource"):
        if f"Not{name}" in more:
            elements[name] = None
    return {name: value for name, value in elements.items() if value is not None}


def policy(*statements: Json, version: str = "2012-10-17", name: str = "policy") -> NamedPolicy:
    """Return the policy with these statements."""
    document = {"Version": version, "Statement": list(statements)}
    return NamedPolicy(name, PolicyDocument.parse(document))


def decide(
    *identity: Json,
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    principal: Principal = SESSION,
    context: Mapping[str, str | list[str]] | None = None,
    on_resource: Sequence[Json] = (),
    boundary: Sequence[Json] | None = None,
    session: Sequence[Json] | None = None,
    version: str = "2012-10-17",
    **options: Any,
) -> Decision:
    """Return the decision on a request, by default of a role's session for an object."""
    policies = PolicySet(
        identity=(policy(*identity, version=version, name="identity"),) if identity else (),
        resource=policy(*on_resource, version=version, name="resource") if on_resource else None,
        boundary=None if boundary is None else policy(*boundary, name="boundary"),
        session=() if session is None else (policy(*session, name="session"),),
    )
    return evaluate(AccessRequest(principal, action, resource, context or {}), policies, **options)
