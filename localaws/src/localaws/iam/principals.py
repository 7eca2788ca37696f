"""Who makes a request, and whether a ``Principal`` or ``NotPrincipal`` element names them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

_ACCOUNT = re.compile(r"\d{12}")
_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_SESSION = re.compile(r"arn:([^:]+):sts::(\d{12}):assumed-role/([^/]+)/.+")
_FEDERATED_USER = re.compile(r"arn:([^:]+):sts::(\d{12}):federated-user/(.+)")
_USER = re.compile(r"arn:[^:]+:iam::\d{12}:user/(?:.*/)?([^/]+)")


class Level(IntEnum):
    """How directly a policy names a principal; a higher level is more direct."""

    NONE = 0
    ACCOUNT = 1  # the account, which leaves the rest to its own identity policies
    ROLE = 2  # the role of a session, or the user of a federated session
    DIRECT = 3  # the user, the session, the service, or everybody


@dataclass(frozen=True)
class Principal:
    """
    Who makes a request.

    Attributes
    ----------
    arn
        The ARN of the user, of the session of an assumed role, or of the account (``…:root``);
        ``"*"`` for a request without a signature; empty for a service.
    role_arn
        The ARN of the role of a session, with its path.
    account_id
        The account of the principal.
    service
        The name of a service that acts for itself, such as ``lambda.amazonaws.com``.
    """

    arn: str
    role_arn: str | None = None
    account_id: str = ""
    service: str | None = None

    @classmethod
    def of_service(cls, service: str) -> "Principal":
        """Return a service that acts for itself, as when it assumes a role."""
        return cls(arn="", service=service)

    @classmethod
    def of_arn(cls, arn: str, role_arn: str | None = None) -> "Principal":
        """Return the principal with an ARN, which names a session's role without its path."""
        session = _SESSION.fullmatch(arn)
        if session and role_arn is None:
            role_arn = f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}"
        parts = arn.split(":")
        return cls(arn=arn, role_arn=role_arn, account_id=parts[4] if len(parts) > 5 else "")

    @classmethod
    def anonymous(cls) -> "Principal":
        """Return the maker of a request without a signature."""
        return cls(arn="*")

    @property
    def is_anonymous(self) -> bool:
        """Whether the request has no signature."""
        return self.arn == "*"

    @property
    def is_root(self) -> bool:
        """Whether this is the account's root user."""
        return _ROOT.fullmatch(self.arn) is not None

    @property
    def session_of(self) -> str | None:
        """The role, or for a federated session the user, whose session this is."""
        if self.role_arn is not None and self.role_arn != self.arn:
            return self.role_arn
        found = _FEDERATED_USER.fullmatch(self.arn)
        return f"arn:{found[1]}:iam::{found[2]}:user/{found[3]}" if found else None

    def context(self) -> dict[str, tuple[str, ...]]:
        """
        Return the context keys, in lower case, that follow from who asks.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties
        """
        keys: dict[str, tuple[str, ...]] = {
            "aws:principalisawsservice": ("true" if self.service else "false",)
        }
        if self.service:
            return keys | {"aws:principalservicename": (self.service,)}
        if self.is_anonymous:
            return keys | {"aws:principaltype": ("Anonymous",)}
        # For a session this is the role that was assumed, not the session.
        keys["aws:principalarn"] = (self.role_arn or self.arn,)
        keys["aws:principalaccount"] = (self.account_id,)
        keys["aws:principaltype"] = (self._type(),)
        user = _USER.fullmatch(self.arn)
        if user:
            keys["aws:username"] = (user[1],)
        return keys

    def _type(self) -> str:
        if self.is_root:
            return "Account"
        if self.role_arn is not None:
            return "AssumedRole"
        return "FederatedUser" if ":federated-user/" in self.arn else "User"


class PrincipalElement:
    """
    The content of a ``Principal`` or ``NotPrincipal`` element.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """

    def __init__(self, element: str | Mapping[str, Any]) -> None:
        by_kind = {"AWS": element} if isinstance(element, str) else element
        self.entries = tuple(
            (kind, entry)
            for kind, entries in by_kind.items()
            for entry in (entries if isinstance(entries, list) else [entries])
        )
        self._aws = {entry for kind, entry in self.entries if kind == "AWS"}
        self._others = {entry for kind, entry in self.entries if kind != "AWS"}
        self._everybody = "*" in self._aws
        self._accounts = {
            found[1] if (found := _ROOT.fullmatch(entry)) else entry
            for entry in self._aws
            if _ROOT.fullmatch(entry) or _ACCOUNT.fullmatch(entry)
        }

    def level(self, principal: Principal) -> Level:
        """Return how directly the element names a principal."""
        if self._everybody:
            return Level.DIRECT
        if principal.service or principal.is_anonymous:
            return Level.DIRECT if principal.service in self._others else Level.NONE
        if principal.arn in self._others:
            return Level.DIRECT
        if principal.arn in self._aws and not principal.is_root:
            # The ARN of a role names all sessions of it, also for a request that is judged for the
            # role itself.
            return Level.ROLE if principal.arn == principal.role_arn else Level.DIRECT
        if principal.session_of in self._aws:
            return Level.ROLE
        return Level.ACCOUNT if principal.account_id in self._accounts else Level.NONE

    def exempts(self, principal: Principal) -> bool:
        """
        Return whether a ``NotPrincipal`` with ``Deny`` leaves a principal out.

        AWS judges the account, then the role, then the session or user: each must be listed
        (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html).
        """
        if self._everybody:
            return True
        if principal.service or principal.is_anonymous:
            return principal.service in self._others
        if principal.account_id not in self._accounts:
            return False
        chain = {principal.arn, principal.session_of or principal.arn}
        return principal.is_root or chain <= self._aws | self._others
