"""Whether an identity may do what it asks for."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from localaws.authorization.ledger import Denial, Ledger
from localaws.authorization.policies import SERVICES_WITH_POLICIES, AccountPolicies
from localaws.authorization.trace import Judged, Trace
from localaws.context.access import ContextValues
from localaws.credentials import Identity, Kind
from localaws.iam.evaluation import AccessRequest, Decision, Principal, evaluate
from localaws.permissions.model import Need
from localaws.settings import IamMode

logger = logging.getLogger(__name__)

_ASSUMING = frozenset({"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"})
"""Actions that the role's trust policy must allow."""
_REFUSING_ADMINISTRATORS = {*SERVICES_WITH_POLICIES, "sts"}


@dataclass(frozen=True)
class Refusal:
    """A need that is not granted, and AWS's words for it."""

    need: Need
    resource: str
    reason: str


class Judge:
    """Evaluates the policies of one account.

    Parameters
    ----------
    account_id
        The account.
    region
        Its default region.
    mode
        ``enforce`` refuses, ``audit`` only writes down, ``off`` asks nobody.
    traces
        Whether to keep each allowed request, for ``Trace``.
    """

    def __init__(
        self, account_id: str, region: str, mode: IamMode, *, traces: bool = False
    ) -> None:
        self._account_id, self._region = account_id, region
        self.mode = mode
        self.policies = AccountPolicies(account_id)
        self.ledger = Ledger()
        self.trace = Trace(self.policies) if traces else None

    def forget(self) -> None:
        """Forget what was used, denied and asked: the account was emptied."""
        self.ledger.clear()
        if self.trace is not None:
            self.trace.clear()

    def may_refuse(self, identity: Identity, service: str) -> bool:
        """Return whether there is anything to judge; an administrator is refused by few services.

        Parameters
        ----------
        identity
            Who asks.
        service
            Prefix of the actions, such as ``s3``.
        """
        return identity.kind is not Kind.OPERATOR or service in _REFUSING_ADMINISTRATORS

    def refusal(
        self, identity: Identity, needs: Iterable[Need], context: ContextValues | None = None
    ) -> Refusal | None:
        """Return the first need that is not granted; None if the request may pass.

        Every need is judged and written down, so that a report is complete.

        Parameters
        ----------
        identity
            Who asks.
        needs
            What the request needs.
        context
            Condition keys of the request besides those of the identity and of each need.
        """
        if self.mode == "off" or identity.kind is Kind.ENGINE:
            return None
        first: Refusal | None = None
        known = {**self._context_of(identity), **(context or {})}
        for need in needs:
            for resource in need.resources:
                if not self._is_in_question(identity, need, resource):
                    continue
                decision = self._decide(identity, need, resource, known)
                self._write_down(identity, need, resource, decision)
                if not decision.allowed and first is None:
                    first = Refusal(need, resource, decision.reason)
        return None if self.mode == "audit" else first

    def _is_in_question(self, identity: Identity, need: Need, resource: str) -> bool:
        """Only a resource's own policy can deny anything to an administrator."""
        if identity.kind is not Kind.OPERATOR or need.action in _ASSUMING:
            return True
        return self.policies.of_resource(resource) is not None

    def _decide(
        self, identity: Identity, need: Need, resource: str, context: ContextValues
    ) -> Decision:
        principal = Principal(identity.arn, identity.role_arn, identity.account_id)
        policies = self.policies.of(identity, resource)
        is_assumed = need.action in _ASSUMING
        if is_assumed:
            policies = replace(policies, resource=self.policies.trust_of(resource))
        request = AccessRequest(
            principal=principal,
            action=need.action,
            resource=resource,
            context={**context, **need.context},
        )
        decision = evaluate(
            request,
            policies,
            resource_account_id=self._account_id,
            resource_policy_required=is_assumed,
        )
        if decision.allowed and self.trace is not None:
            self.trace.add(Judged(identity, request, is_assumed))
        return decision

    def _context_of(self, identity: Identity) -> dict[str, str | list[str]]:
        now = datetime.now(UTC)
        values: dict[str, str | list[str]] = {
            "aws:PrincipalAccount": identity.account_id,
            "aws:PrincipalArn": identity.role_arn or identity.arn,
            "aws:PrincipalType": "AssumedRole" if identity.role_arn else "User",
            "aws:ResourceAccount": self._account_id,
            "aws:RequestedRegion": self._region,
            # Nothing leaves the machine: a request counts as one by TLS.
            "aws:SecureTransport": "true",
            "aws:SourceIp": "127.0.0.1",
            "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": str(int(now.timestamp())),
            "aws:ViaAWSService": "false",
            "aws:PrincipalIsAWSService": "false",
        }
        if identity.role_arn is None:
            values["aws:username"] = identity.arn.rsplit("/", 1)[-1]
        return values

    def _write_down(
        self, identity: Identity, need: Need, resource: str, decision: Decision
    ) -> None:
        holder = identity.role_arn or identity.arn
        if decision.allowed:
            self.ledger.use(holder, decision.matched)
            return
        self.ledger.deny(Denial(holder, need.action, resource, decision.reason))
        logger.info("Denied: %s", decision.reason)
