"""The gate of the HTTP server that judges each request of AWS's APIs."""

import io
import uuid
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from moto.s3.models import s3_backends

from localaws.authorization.judge import Judge
from localaws.credentials import Identity, Kind
from localaws.credentials.identity import IDENTITY
from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest
from localaws.permissions.needs import needs_for_missing_key, needs_of
from localaws.permissions.refusals import Answer, refusal
from localaws.permissions.requests import read_request

StartResponse = Any
Environ = dict[str, Any]


_READING_OPERATIONS = frozenset({"GetObject", "HeadObject"})


class AuthorizationGate:
    """Lets a request pass, or answers it with a refusal.

    Parameters
    ----------
    judge
        Decides.
    facts
        Knows what requests do not state.
    account_id
        The account.
    """

    def __init__(self, judge: Judge, facts: AccountFacts, account_id: str) -> None:
        self._judge, self._facts, self._account_id = judge, facts, account_id

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes] | None:
        """Return the body of a refusal, None if the request may go on."""
        identity: Identity = environ[IDENTITY]
        if self._judge.mode == "off" or identity.kind is Kind.ENGINE:
            return None
        request = read_request(environ, lambda: _body(environ), account_id=self._account_id)
        if request is None or not self._judge.may_refuse(identity, request.service):
            return None
        needs = needs_of(request, self._facts)
        if self._asks_for_missing_object(request):
            needs += needs_for_missing_key(request)
        refused = self._judge.refusal(identity, needs)
        if refused is None:
            return None
        return _send(refusal(request, refused.reason, str(uuid.uuid4())), start_response)

    def _asks_for_missing_object(self, request: ApiRequest) -> bool:
        """S3 tells only who may list a bucket that an object is not there."""
        if request.service != "s3" or request.operation not in _READING_OPERATIONS:
            return False
        bucket = s3_backends[self._account_id]["aws"].buckets.get(request.text("Bucket"))
        return bucket is not None and bucket.keys.get(request.text("Key")) is None


def _send(refused: Answer, start_response: StartResponse) -> list[bytes]:
    code, headers, body = refused
    start_response(f"{code} {HTTPStatus(code).phrase}", headers)
    return [body]


def _body(environ: Environ) -> bytes:
    """Return the body of a request, which stays readable."""
    source = environ["wsgi.input"]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = source.read(length) if length else source.read()
    environ["wsgi.input"] = io.BytesIO(body)
    return body
