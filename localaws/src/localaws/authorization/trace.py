"""The requests that an account judged, kept to judge them again by other policies."""

import threading
from dataclasses import dataclass, replace

from localaws.authorization.ledger import Grant
from localaws.authorization.policies import AccountPolicies
from localaws.credentials import Identity
from localaws.iam.documents import PolicyDocument
from localaws.iam.evaluation import AccessRequest, Decision, NamedPolicy, PolicySet, evaluate
from localaws.iam.patterns import ActionPatterns


@dataclass(frozen=True)
class Judged:
    """A request that was allowed, and who asked."""

    identity: Identity
    request: AccessRequest
    resource_policy_required: bool


class Trace:
    """Each request once, whatever its time.

    Parameters
    ----------
    policies
        The account's policies.
    """

    def __init__(self, policies: AccountPolicies) -> None:
        self._policies = policies
        self._lock = threading.Lock()
        self._judged: dict[tuple[object, ...], Judged] = {}

    def add(self, judged: Judged) -> None:
        """Keep a request; one that differs in its time alone is the same."""
        request = judged.request
        context = frozenset(
            (name, tuple(value) if isinstance(value, list) else value)
            for name, value in request.context.items()
            if name not in {"aws:CurrentTime", "aws:EpochTime"}
        )
        key = (judged.identity.role_arn, request.action, request.resource, context)
        with self._lock:
            self._judged.setdefault(key, judged)

    def denied_without(self, grant: Grant) -> str | None:
        """Return how a request would be denied if one action less was granted; None if none would.

        Parameters
        ----------
        grant
            The action, its statement, its policy and the role.
        """
        with self._lock:
            judged = [
                each for each in self._judged.values() if each.identity.role_arn == grant.holder
            ]
        for each in judged:
            policies = self._policies.of(each.identity, each.request.resource)
            fewer = tuple(
                _without(policy, grant.statement, grant.action)
                if policy.name == grant.policy
                else policy
                for policy in policies.identity
            )
            decision = _decide(each, replace(policies, identity=fewer))
            if not decision.allowed:
                return decision.reason
        return None

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._judged.clear()


def _decide(judged: Judged, policies: PolicySet) -> Decision:
    return evaluate(
        judged.request,
        policies,
        resource_account_id=judged.identity.account_id,
        resource_policy_required=judged.resource_policy_required,
    )


def _without(policy: NamedPolicy, statement: int, action: str) -> NamedPolicy:
    """Return a policy with one action less in one of its statements."""
    document = policy.document
    statements = list(document.statements)
    found = statements[statement]
    kept = tuple(each for each in found.actions or () if each != action)
    if kept:
        patterns = ActionPatterns(kept)
        statements[statement] = replace(found, actions=kept, action_patterns=patterns)
    else:
        del statements[statement]
    return NamedPolicy(policy.name, PolicyDocument(document.version, tuple(statements)))
