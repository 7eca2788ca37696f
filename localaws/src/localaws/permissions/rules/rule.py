"""What the rules of a service are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need

Rule = Callable[[ApiRequest, AccountFacts], list[Need]]


@dataclass(frozen=True)
class ServiceRules:
    """The exceptions of one service.

    Parameters
    ----------
    operations
        Operations with a rule of their own.
    names
        Operations whose action has another name; the action of another service with its prefix.
    otherwise
        The rule of all other operations; None where the published one holds.
    resources
        Gives the resources of an action of this service by a rule of its own; None where the
        published one holds.
    passes_roles
        Whether the published rule for roles in the parameters holds as well.
    """

    operations: Mapping[str, Rule] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    otherwise: Rule | None = None
    resources: Callable[[ApiRequest, AccountFacts], tuple[str, ...] | None] | None = None
    passes_roles: bool = True


def nothing(_request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    """Return no need: everyone with a key may."""
    return []
