"""Roles that a service of this AWS assumes to do its work."""

import threading
import time
from datetime import timedelta

from localaws.authorization.judge import Judge
from localaws.authorization.ledger import Denial
from localaws.context.access import RoleNotAssumableError
from localaws.credentials import Identity, KeyRing
from localaws.iam.evaluation import Principal, evaluate_trust

_DURATION = timedelta(hours=48)
_RENEWED_SECONDS_BEFORE = 24 * 3600
"""A session that ends sooner is not handed out again. AWS renews the keys of what runs; here they
last longer than anything may run."""


class ServiceRoles:
    """Hands out sessions of roles to the services of one account.

    Parameters
    ----------
    judge
        Knows the policies.
    ring
        Makes the sessions' keys.
    account_id
        The account.
    """

    def __init__(self, judge: Judge, ring: KeyRing, account_id: str) -> None:
        self._judge, self._ring, self._account_id = judge, ring, account_id
        self._sessions: dict[tuple[str, str], Identity] = {}
        self._lock = threading.Lock()

    def check(self, role_arn: str, service: str, source_arn: str | None = None) -> None:
        """Refuse a role that does not exist or does not trust a service.

        Parameters
        ----------
        service
            Such as ``lambda.amazonaws.com``.
        source_arn
            ARN of what the service acts for, if the service sends it.

        Raises
        ------
        RoleNotAssumableError
            The service may not assume it.
        """
        if self._judge.mode == "off":
            return
        reason = self._why_not(role_arn, service, source_arn)
        if reason is None:
            return
        self._judge.ledger.deny(Denial(role_arn, "sts:AssumeRole", role_arn, reason))
        if self._judge.mode == "enforce":
            raise RoleNotAssumableError(reason)

    def _why_not(self, role_arn: str, service: str, source_arn: str | None) -> str | None:
        role = self._judge.policies.role(role_arn)
        if role is None:
            return f"{service} cannot assume {role_arn}: there is no such role"
        context: dict[str, str | list[str]] = {"aws:SourceAccount": self._account_id}
        if source_arn is not None:
            context["aws:SourceArn"] = source_arn
        trust = self._judge.policies.trust_of(role_arn)
        if trust is not None:
            principal = Principal.of_service(service)
            if evaluate_trust(trust, principal, "sts:AssumeRole", context).allowed:
                return None
        about = f" for {source_arn}" if source_arn else ""
        return (
            f"{service} is not authorized to assume {role_arn}{about}: its trust policy does not "
            "allow it"
        )

    def session(
        self, role_arn: str, service: str, session_name: str, source_arn: str | None = None
    ) -> Identity:
        """Return an identity with temporary keys of a role.

        Raises
        ------
        RoleNotAssumableError
            The service may not assume it.
        """
        self.check(role_arn, service, source_arn)
        if self._judge.mode == "off":
            return self._ring.operator
        if self._judge.policies.role(role_arn) is None:
            return self._ring.operator  # audit mode, which has written it down
        key = (role_arn, session_name)
        with self._lock:
            known = self._sessions.get(key)
            if known is None or _ends_soon(known):
                known = self._sessions[key] = self._ring.role_session(
                    role_arn, session_name, _DURATION
                )
            return known

    def forget(self) -> None:
        """Drop all sessions, as when the account is emptied."""
        with self._lock:
            self._sessions.clear()


def _ends_soon(identity: Identity) -> bool:
    return (
        identity.expires_at is not None
        and identity.expires_at.timestamp() - time.time() < _RENEWED_SECONDS_BEFORE
    )
