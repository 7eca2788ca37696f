"""The keys that open this account."""

import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from moto.iam.models import iam_backends
from moto.sts.models import AssumedRole, sts_backends

from localaws.connections.home_key import Key, random_key
from localaws.credentials.identity import Identity, Kind

_PARTITION = "aws"
_DEFAULT_DURATION = timedelta(hours=1)


class Refusal(StrEnum):
    """Why a request is not from anybody whom this account knows."""

    UNSIGNED = "unsigned"
    INCOMPLETE = "incomplete"
    UNKNOWN_KEY = "unknown key"
    WRONG_TOKEN = "wrong token"  # noqa: S105 - a reason
    EXPIRED_TOKEN = "expired token"  # noqa: S105 - a reason
    WRONG_SIGNATURE = "wrong signature"
    WRONG_TIME = "wrong time"
    EXPIRED_LINK = "expired link"
    OLD_SIGNATURE = "old signature"


class KeyRing:
    """Knows each key of the account, and makes the temporary ones.

    Keys of IAM users are those that moto keeps. Sessions are kept in memory: a restart ends them,
    except those of STS, which moto saves with the account.

    Parameters
    ----------
    key
        The operator's key.
    account_id
        The account.
    now
        The clock.
    """

    def __init__(
        self,
        key: Key,
        account_id: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._account_id = account_id
        self._now = now
        self._lock = threading.Lock()
        self._sessions: dict[str, Identity] = {}
        self.operator = Identity(
            kind=Kind.OPERATOR,
            arn=f"arn:aws:iam::{account_id}:user/operator",
            user_id="AIDAOPERATOR000000000",
            account_id=account_id,
            access_key_id=key.access_key_id,
            secret=key.secret_access_key,
        )
        engine = random_key()
        self.engine = Identity(
            kind=Kind.ENGINE,
            arn=f"arn:aws:sts::{account_id}:assumed-role/localaws-engine/trino",
            user_id="AROAENGINE00000000000:trino",
            account_id=account_id,
            access_key_id=engine.access_key_id,
            secret=engine.secret_access_key,
        )
        """Trino's key, another one for each start of the server."""
        self._lasting = {known.access_key_id: known for known in (self.operator, self.engine)}

    def role_session(
        self,
        role_arn: str,
        session_name: str,
        duration: timedelta = _DEFAULT_DURATION,
        *,
        session_policy: str | None = None,
    ) -> Identity:
        """Return new temporary credentials of a role, which need not exist.

        Parameters
        ----------
        role_arn
            The role.
        session_name
            How the session is named in its ARN.
        duration
            How long they last.
        session_policy
            JSON of a policy that narrows them.
        """
        key = random_key("ASIA")
        return self._add(
            self._session_of_role(
                key, secrets.token_urlsafe(120), role_arn, session_name, session_policy
            ),
            self._now() + duration,
        )

    def session_of(self, identity: Identity, duration: timedelta) -> Identity:
        """Return temporary credentials of somebody who has lasting ones, as GetSessionToken does.

        Parameters
        ----------
        identity
            The operator or an IAM user.
        duration
            How long they last.
        """
        key = random_key("ASIA")
        session = replace(
            identity,
            access_key_id=key.access_key_id,
            secret=key.secret_access_key,
            session_token=secrets.token_urlsafe(120),
        )
        return self._add(session, self._now() + duration)

    def forward_session(self, arn: str, duration: timedelta) -> Identity:
        """Return temporary credentials with which a service asks on for who asked it.

        Parameters
        ----------
        arn
            Of the role, the IAM user or the operator.
        duration
            How long they last.
        """
        if ":role/" in arn:
            return self.role_session(arn, "athena", duration)
        if arn == self.operator.arn:
            return self.session_of(self.operator, duration)
        user = replace(self.operator, kind=Kind.USER, arn=arn, user_id=arn.rsplit("/", 1)[-1])
        return self.session_of(user, duration)

    def identify(self, access_key_id: str, session_token: str | None = None) -> Identity | Refusal:
        """Return whose a key is.

        Parameters
        ----------
        access_key_id
            The id in the request.
        session_token
            The token in the request, if there was one.
        """
        known = self.find(access_key_id)
        if known is None:
            return Refusal.UNKNOWN_KEY
        if known.session_token is None:
            return Refusal.WRONG_TOKEN if session_token else known
        if not session_token:
            return Refusal.UNKNOWN_KEY  # AWS does not know the key alone
        if not hmac.compare_digest(known.session_token.encode(), session_token.encode()):
            return Refusal.WRONG_TOKEN
        if known.expires_at is not None and known.expires_at <= self._now():
            return Refusal.EXPIRED_TOKEN
        return known

    def find(self, access_key_id: str) -> Identity | None:
        """Return whose a key is, whatever the rest of a request says."""
        return (
            self._lasting.get(access_key_id)
            or self._sessions.get(access_key_id)
            or self._key_of_user(access_key_id)
            or self._session_of_sts(access_key_id)
        )

    def forget_sessions(self) -> None:
        """End all sessions: the account was emptied."""
        with self._lock:
            self._sessions.clear()

    def _add(self, session: Identity, expires_at: datetime) -> Identity:
        session = replace(session, expires_at=expires_at)
        with self._lock:
            now = self._now()
            # Each start of a function or task makes one: the ended ones must not pile up.
            ended = [
                key
                for key, known in self._sessions.items()
                if known.expires_at is not None and known.expires_at < now - _DEFAULT_DURATION
            ]
            for key in ended:
                del self._sessions[key]
            self._sessions[session.access_key_id] = session
        return session

    def _key_of_user(self, access_key_id: str) -> Identity | None:
        backend = iam_backends[self._account_id][_PARTITION]
        key = backend.access_keys.get(access_key_id)
        if key is None or key.user_name is None or key.status != "Active":
            return None
        user = next((user for user in backend.users.values() if user.name == key.user_name), None)
        if user is None:
            return None
        return Identity(
            kind=Kind.USER,
            arn=user.arn,
            user_id=user.id,
            account_id=self._account_id,
            access_key_id=access_key_id,
            secret=key.secret_access_key,
        )

    def _session_of_sts(self, access_key_id: str) -> Identity | None:
        """Return a session that STS issued, also one that was saved with the account."""
        if not access_key_id.startswith("ASIA"):
            return None
        role = sts_backends[self._account_id][_PARTITION].get_assumed_role_from_access_key(
            access_key_id
        )
        if role is None:
            return None
        return self._remember(role)

    def _remember(self, role: AssumedRole) -> Identity:
        key = Key(role.access_key_id, role.secret_access_key)
        session = self._session_of_role(
            key, role.session_token, role.role_arn, role.session_name, role.policy
        )
        return self._add(session, role.expiration.replace(tzinfo=UTC))

    def _session_of_role(
        self, key: Key, token: str, role_arn: str, session_name: str, policy: str | None
    ) -> Identity:
        name = role_arn.rsplit("/", 1)[-1]
        roles = iam_backends[self._account_id][_PARTITION].roles.values()
        role_id = next((role.id for role in roles if role.arn == role_arn), "AROA" + "0" * 17)
        return Identity(
            kind=Kind.ROLE_SESSION,
            arn=f"arn:aws:sts::{self._account_id}:assumed-role/{name}/{session_name}",
            user_id=f"{role_id}:{session_name}",
            account_id=self._account_id,
            access_key_id=key.access_key_id,
            secret=key.secret_access_key,
            session_token=token,
            role_arn=role_arn,
            session_name=session_name,
            session_policy=policy,
        )
