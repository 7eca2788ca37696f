"""Whom a request is from."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

IDENTITY = "localaws.identity"
"""Name of the request's ``Identity`` in its WSGI environment."""
SCOPE = "localaws.scope"
"""Name of the request's ``Scope`` in its WSGI environment."""


@dataclass(frozen=True)
class Scope:
    """For which service and region a request was signed."""

    service: str
    region: str


class Kind(StrEnum):
    """What a key belongs to."""

    OPERATOR = "operator"
    """Who started this home; an administrator."""
    ENGINE = "engine"
    """Trino, behind Athena."""
    ROLE_SESSION = "role session"
    """A function, job, task or person with a role's temporary credentials."""
    USER = "IAM user"


@dataclass(frozen=True)
class Identity:
    """A principal, and the key with which it asks.

    Parameters
    ----------
    kind
        What it is.
    arn
        Its ARN, as ``GetCallerIdentity`` tells it.
    user_id
        Its unique id, as ``GetCallerIdentity`` tells it.
    account_id
        The account.
    access_key_id, secret, session_token
        The key; only a temporary one has a token.
    expires_at
        When a temporary key ends.
    role_arn, session_name
        Of a role's session.
    session_policy
        JSON of the policy that was given to AssumeRole, if there was one.
    """

    kind: Kind
    arn: str
    user_id: str
    account_id: str
    access_key_id: str
    secret: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    role_arn: str | None = None
    session_name: str | None = None
    session_policy: str | None = None

    def environment(self) -> dict[str, str]:
        """Return the variables by which an SDK takes this key."""
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_SESSION_TOKEN": self.session_token or "",
        }


current: ContextVar[Identity | None] = ContextVar("current", default=None)


def current_identity() -> Identity | None:
    """Return whom the request is from that this thread serves; None outside a request."""
    return current.get()
