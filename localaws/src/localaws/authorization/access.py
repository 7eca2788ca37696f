"""The server's side of ``localaws.context.access.AccessControl``."""

from collections.abc import Iterable

from localaws.authorization.judge import Judge
from localaws.authorization.roles import ServiceRoles
from localaws.context.access import ContextValues
from localaws.credentials import Identity, KeyRing, current_identity
from localaws.permissions.model import Need


class Access:
    """What executors may ask about who may do what.

    Parameters
    ----------
    judge, roles, ring
        Decides; hands out sessions of roles; knows the operator.
    """

    def __init__(self, judge: Judge, roles: ServiceRoles, ring: KeyRing) -> None:
        self._judge, self._roles, self._ring = judge, roles, ring

    def caller(self) -> Identity:
        """Return whom the request is from that this thread serves; the operator outside of one."""
        return current_identity() or self._ring.operator

    def why_denied(
        self, identity: Identity, needs: Iterable[Need], context: ContextValues | None = None
    ) -> str | None:
        """Return AWS's words for the first need that is not granted; None if all are."""
        refused = self._judge.refusal(identity, needs, context)
        return None if refused is None else refused.reason

    def check_role(self, role_arn: str, service: str, source_arn: str | None = None) -> None:
        """Refuse a role that a service may not assume."""
        self._roles.check(role_arn, service, source_arn)

    def role_session(
        self, role_arn: str, service: str, session_name: str, source_arn: str | None = None
    ) -> Identity:
        """Return a session of a role with temporary keys, for what a service starts."""
        return self._roles.session(role_arn, service, session_name, source_arn)
