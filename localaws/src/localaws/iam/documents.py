"""A policy document, read and compiled once."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from localaws.iam.conditions import Condition, compile_conditions
from localaws.iam.patterns import ActionPatterns, ResourcePattern
from localaws.iam.principals import PrincipalElement
from localaws.iam.validation import (
    VERSIONS,
    Kind,
    MalformedPolicyError,
    listed,
    refuse_malformed,
)

__all__ = ["Kind", "MalformedPolicyError", "PolicyDocument", "Statement"]


@dataclass(frozen=True)
class Statement:
    """
    One statement of a policy. Of each pair (``actions`` and ``not_actions`` …) at most one is set.

    Attributes
    ----------
    index
        Its place in the policy, from 0.
    sid
        Its name, or None.
    effect
        ``Allow`` or ``Deny``.
    actions, not_actions
        The entries of ``Action`` or ``NotAction``, as written.
    resources, not_resources
        The entries of ``Resource`` or ``NotResource``; both are None in a trust policy.
    principals, not_principals
        The content of ``Principal`` or ``NotPrincipal``; both are None in an identity policy.
    conditions
        All of them must hold.
    """

    index: int
    sid: str | None
    effect: Literal["Allow", "Deny"]
    actions: tuple[str, ...] | None
    not_actions: tuple[str, ...] | None
    resources: tuple[str, ...] | None
    not_resources: tuple[str, ...] | None
    principals: PrincipalElement | None
    not_principals: PrincipalElement | None
    conditions: tuple[Condition, ...]
    action_patterns: ActionPatterns = field(repr=False, compare=False)
    resource_patterns: tuple[ResourcePattern, ...] = field(repr=False, compare=False)


@dataclass(frozen=True)
class PolicyDocument:
    """
    A policy whose patterns are compiled.

    Keep it: to read it costs far more than to evaluate it.

    Attributes
    ----------
    version
        ``2012-10-17``, or ``2008-10-17``, which is also the version of a policy that names none.
    statements
        The statements in their order.
    """

    version: str
    statements: tuple[Statement, ...]

    @classmethod
    def parse(
        cls, text_or_dict: str | Mapping[str, Any], *, kind: Kind | None = None
    ) -> "PolicyDocument":
        """
        Return the compiled policy.

        Parameters
        ----------
        text_or_dict
            The policy as JSON, or as read from JSON.
        kind
            What it is attached to: adds what IAM refuses for this kind, such as a principal in an
            identity policy.

        Raises
        ------
        MalformedPolicyError
            If IAM refuses the policy; the message is IAM's.
        """
        document: Any = text_or_dict
        if isinstance(text_or_dict, str):
            try:
                document = json.loads(text_or_dict)
            except ValueError as error:
                raise MalformedPolicyError("Syntax errors in policy.") from error
        refuse_malformed(document, kind)
        version = document.get("Version", VERSIONS[0])
        # Variables came with 2012-10-17; in an older policy ${aws:username} is a plain text
        # (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
        variables = version != VERSIONS[0]
        statements = enumerate(listed(document["Statement"]))
        return cls(version, tuple(_statement(n, s, variables) for n, s in statements))


def _statement(index: int, element: dict[str, Any], variables: bool) -> Statement:
    def texts(name: str) -> tuple[str, ...] | None:
        return tuple(listed(element[name])) if name in element else None

    def principal(name: str) -> PrincipalElement | None:
        return PrincipalElement(element[name]) if name in element else None

    actions, not_actions = texts("Action"), texts("NotAction")
    resources, not_resources = texts("Resource"), texts("NotResource")
    return Statement(
        index=index,
        sid=element.get("Sid") or None,
        effect=element["Effect"],
        actions=actions,
        not_actions=not_actions,
        resources=resources,
        not_resources=not_resources,
        principals=principal("Principal"),
        not_principals=principal("NotPrincipal"),
        conditions=compile_conditions(element.get("Condition", {}), variables=variables),
        action_patterns=ActionPatterns(actions or not_actions or ()),
        resource_patterns=tuple(
            ResourcePattern(text, variables=variables) for text in resources or not_resources or ()
        ),
    )
