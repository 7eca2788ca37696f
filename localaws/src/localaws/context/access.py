"""Who may do what, as the executors ask it of the server."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from localaws.credentials import Identity
from localaws.errors import LocalAwsError
from localaws.permissions.model import Need

ContextValues = Mapping[str, str | list[str]]


class RoleNotAssumableError(LocalAwsError):
    """A service may not assume a role; the text says why."""


class AccessControl(Protocol):
    """The policies of the account, applied to what the services do on somebody's behalf."""

    def caller(self) -> Identity:
        """Return whom the request is from that this thread serves; the operator outside of one."""
        ...

    def why_denied(
        self, identity: Identity, needs: Iterable[Need], context: ContextValues | None = None
    ) -> str | None:
        """Return AWS's words for the first need that is not granted; None if all are.

        Parameters
        ----------
        identity
            Who asks.
        needs
            Actions on resources.
        context
            Condition keys besides those of the identity and of each need.
        """
        ...

    def check_role(self, role_arn: str, service: str, source_arn: str | None = None) -> None:
        """Refuse a role that a service may not assume.

        Parameters
        ----------
        role_arn
            The role.
        service
            Such as ``lambda.amazonaws.com``.
        source_arn
            ARN of what the service acts for.

        Raises
        ------
        RoleNotAssumableError
            There is no such role, or it does not trust the service.
        """
        ...

    def role_session(
        self, role_arn: str, service: str, session_name: str, source_arn: str | None = None
    ) -> Identity:
        """Return a session of a role with temporary keys, for what a service starts.

        Parameters
        ----------
        role_arn
            The role.
        service
            Such as ``glue.amazonaws.com``.
        session_name
            Last part of the session's ARN.
        source_arn
            ARN of what the service acts for.

        Raises
        ------
        RoleNotAssumableError
            There is no such role, or it does not trust the service.
        """
        ...
