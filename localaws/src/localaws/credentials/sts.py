"""moto's STS, with keys that open this account, and answers that say whose a key is."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from moto.core.responses import ActionResult
from moto.iam.models import iam_backends
from moto.sts.exceptions import STSClientError, STSValidationError
from moto.sts.models import AssumedRole, STSBackend
from moto.sts.responses import TokenResponse

from localaws.credentials.identity import Identity, Kind, current_identity
from localaws.credentials.key_ring import KeyRing

_SHORTEST_SECONDS = 900
_CHAINED_SECONDS = 3600
_LONGEST_TOKEN_SECONDS = 129_600


def install(ring: KeyRing) -> None:
    """Let STS issue keys that the ring knows.

    Parameters
    ----------
    ring
        The account's keys.
    """
    issue = STSBackend.assume_role

    def assume_role(backend: STSBackend, **request: Any) -> Any:
        asker = current_identity()
        if asker is not None and asker.kind is Kind.ENGINE:
            return _forwarded(ring, str(request["role_arn"]), int(request["duration"]))
        _check(backend, str(request["role_arn"]), int(request["duration"]), asker)
        role: AssumedRole = issue(backend, **request)
        return role

    def get_caller_identity(
        _backend: STSBackend, access_key_id: str, _region: str
    ) -> tuple[str, str, str]:
        # A presigned request has its key in the query, where moto does not look.
        asker = current_identity() or ring.find(access_key_id) or ring.operator
        return asker.user_id, asker.arn, asker.account_id

    def get_session_token(response: TokenResponse) -> ActionResult:
        asker = current_identity() or ring.operator
        if asker.session_token is not None:
            raise STSClientError(
                "AccessDenied", "Cannot call GetSessionToken with session credentials"
            )
        seconds = response._get_int_param("DurationSeconds", 43_200)
        _check_range(seconds, _LONGEST_TOKEN_SECONDS)
        session = ring.session_of(asker, timedelta(seconds=seconds))
        return ActionResult(
            {
                "Credentials": {
                    "AccessKeyId": session.access_key_id,
                    "SecretAccessKey": session.secret,
                    "SessionToken": session.session_token,
                    "Expiration": session.expires_at,
                }
            }
        )

    def get_federation_token(_response: TokenResponse) -> ActionResult:
        raise STSClientError("InvalidAction", "localaws has no federated users: assume a role")

    STSBackend.assume_role = assume_role
    STSBackend.get_caller_identity = get_caller_identity
    TokenResponse.get_session_token = get_session_token
    TokenResponse.get_federation_token = get_federation_token


def _forwarded(ring: KeyRing, arn: str, seconds: int) -> SimpleNamespace:
    """Return what the engine asks with for whom a query is from: a role, a user, the operator.

    On AWS this is a forward access session, which Athena gets without anybody's trust policy.
    """
    session = ring.forward_session(arn, timedelta(seconds=seconds))
    return SimpleNamespace(
        access_key_id=session.access_key_id,
        secret_access_key=session.secret,
        session_token=session.session_token,
        expiration=session.expires_at,
        user_id=session.user_id,
        arn=session.arn,
    )


def _check(backend: STSBackend, role_arn: str, seconds: int, asker: Identity | None) -> None:
    """Refuse what STS refuses, whoever asks.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html tells the limits. A
    role that does not exist is one that nobody may assume.
    """
    roles = iam_backends[backend.account_id][backend.partition].roles.values()
    role = next((role for role in roles if role.arn == role_arn), None)
    if role is None:
        who = asker.arn if asker else "anonymous"
        raise STSClientError(
            "AccessDenied",
            f"User: {who} is not authorized to perform: sts:AssumeRole on resource: {role_arn}",
        )
    if asker is not None and asker.kind is Kind.ROLE_SESSION and seconds > _CHAINED_SECONDS:
        raise STSValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by"
            " role chaining"
        )
    if seconds > int(role.max_session_duration or _CHAINED_SECONDS):
        raise STSValidationError(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    _check_range(seconds, seconds)


def _check_range(seconds: int, longest: int) -> None:
    if seconds < _SHORTEST_SECONDS:
        rule = f"Member must have value greater than or equal to {_SHORTEST_SECONDS}"
    elif seconds > longest:
        rule = f"Member must have value less than or equal to {longest}"
    else:
        return
    raise STSValidationError(
        f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy"
        f" constraint: {rule}"
    )
