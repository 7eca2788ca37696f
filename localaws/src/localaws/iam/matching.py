"""Which statements of a policy apply to a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from localaws.iam.documents import PolicyDocument, Statement
from localaws.iam.principals import Level, Principal

PolicyType = Literal["identity", "resource", "boundary", "session", "trust"]


@dataclass(frozen=True)
class NamedPolicy:
    """A policy with the name that reports give it."""

    name: str
    document: PolicyDocument


@dataclass(frozen=True)
class MatchedStatement:
    """
    A statement that applied to a request, and what of it.

    Attributes
    ----------
    policy, policy_type
        The policy's name, and what it is attached to.
    index, sid, effect
        Which statement.
    action, resource
        The entry of ``Action`` and of ``Resource`` that matched, as written; None where the
        statement has ``NotAction``, ``NotResource`` or no resource.
    """

    policy: str
    policy_type: PolicyType
    index: int
    sid: str | None
    effect: Literal["Allow", "Deny"]
    action: str | None
    resource: str | None


class Facts:
    """What statements are compared with: one request, prepared once."""

    def __init__(
        self,
        principal: Principal,
        action: str,
        resource: str,
        context: Mapping[str, str | list[str]],
        has_boundary: bool,
    ) -> None:
        self.principal = principal
        self.action = action.lower()
        self.resource = resource
        self.has_boundary = has_boundary
        self._context = context
        self._keys: dict[str, tuple[str, ...]] | None = None

    def values(self, key: str) -> tuple[str, ...] | None:
        """Return the values of a context key in lower case, or None where the request has none."""
        if self._keys is None:
            self._keys = self.principal.context()
            for name, value in self._context.items():
                self._keys[name.lower()] = (value,) if isinstance(value, str) else tuple(value)
        return self._keys.get(key)

    def lookup(self, key: str) -> str | None:
        """Return the value of a variable; a key with several values has none."""
        values = self.values(key)
        return values[0] if values and len(values) == 1 else None


@dataclass(frozen=True)
class Verdict:
    """
    What one kind of policies says to a request.

    Attributes
    ----------
    denies, allows
        The statements that apply.
    level
        How directly the allowing statements of a resource policy name the principal.
    """

    denies: tuple[MatchedStatement, ...] = ()
    allows: tuple[MatchedStatement, ...] = ()
    level: Level = Level.NONE


def judge(policies: tuple[NamedPolicy, ...], policy_type: PolicyType, facts: Facts) -> Verdict:
    """Return which statements of the policies apply to a request."""
    denies: list[MatchedStatement] = []
    allows: list[MatchedStatement] = []
    level = Level.NONE
    names_principals = policy_type in {"resource", "trust"}
    for policy in policies:
        for statement in policy.document.statements:
            found = _action_and_resource(statement, facts)
            if found is None:
                continue
            named = Level.DIRECT
            if names_principals:
                named = _principal_level(statement, facts)
                if named is Level.NONE:
                    continue
            if not all(c.holds(facts.values, facts.lookup) for c in statement.conditions):
                continue
            matched = MatchedStatement(
                policy.name, policy_type, statement.index, statement.sid, statement.effect, *found
            )
            if statement.effect == "Deny":
                denies.append(matched)
            else:
                allows.append(matched)
                level = max(level, named)
    return Verdict(tuple(denies), tuple(allows), level)


def _action_and_resource(
    statement: Statement, facts: Facts
) -> tuple[str | None, str | None] | None:
    """Return the entries that match, or None where the statement is about something else."""
    action = statement.action_patterns.match(facts.action)
    if (action is None) is (statement.not_actions is None):
        return None
    for pattern in statement.resource_patterns:
        if pattern.matches(facts.resource, facts.lookup):
            return (action, pattern.text) if statement.not_resources is None else None
    return (action, None) if statement.resources is None else None


def _principal_level(statement: Statement, facts: Facts) -> Level:
    principal = facts.principal
    if statement.principals is not None:
        return statement.principals.level(principal)
    excepted = statement.not_principals
    if excepted is None:
        # Without a principal, a statement of a resource policy is about nobody.
        return Level.NONE
    if statement.effect == "Deny":
        # AWS: such a statement always denies a principal with a permissions boundary, whoever is
        # listed.
        spared = excepted.exempts(principal) and not facts.has_boundary
        return Level.NONE if spared else Level.DIRECT
    return Level.NONE if excepted.level(principal) else Level.DIRECT
