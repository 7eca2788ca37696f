"""The least-privilege report: what roles may do and never did, and what they were denied."""

from collections.abc import Iterator
from typing import Any

from localaws.authorization.judge import Judge
from localaws.authorization.ledger import Grant
from localaws.errors import LocalAwsError


def grants(judge: Judge) -> Iterator[tuple[Grant, str]]:
    """Yield each action that a role's policies grant, and the name of its statement."""
    for role in judge.policies.roles():
        for policy in judge.policies.policies_of_role(role):
            for statement in policy.document.statements:
                if statement.effect == "Allow":
                    name = statement.sid or str(statement.index)
                    for action in statement.actions or ("*",):
                        yield Grant(role.arn, policy.name, statement.index, action), name


def report(judge: Judge) -> dict[str, Any]:
    """Return grants that nothing used since the start, and all denials.

    Returns
    -------
    dict
        ``mode``; ``unused``, one entry for each role, policy, statement and action;
        ``denied``, one entry for each role, action and resource, with a count.
    """
    used = judge.ledger.used()
    return {
        "mode": judge.mode,
        "unused": [_shown(grant, name) for grant, name in grants(judge) if grant not in used],
        "denied": [
            {
                "role": denial.holder,
                "action": denial.action,
                "resource": denial.resource,
                "reason": denial.reason,
                "times": times,
            }
            for denial, times in judge.ledger.denials()
        ],
    }


def what_each_grant_carries(judge: Judge) -> dict[str, Any]:
    """Return for each granted action how a request would be denied without it.

    Returns
    -------
    dict
        ``grants``, one entry for each role, policy, statement and action. ``denied`` is AWS's
        words for a request that only this action allowed, None if there was none.

    Raises
    ------
    LocalAwsError
        The account keeps no trace.
    """
    if judge.trace is None:
        raise LocalAwsError(
            "This localaws keeps no trace of requests: start it with LOCALAWS_IAM_TRACE=true."
        )
    return {
        "grants": [
            {**_shown(grant, name), "denied": judge.trace.denied_without(grant)}
            for grant, name in grants(judge)
        ]
    }


def _shown(grant: Grant, statement: str) -> dict[str, Any]:
    return {
        "role": grant.holder,
        "policy": grant.policy,
        "statement": statement,
        "action": grant.action,
    }
