"""Checks what a request was signed with: Signature Version 4, and Version 2 of S3 links.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. What a
client sends is taken as it came: it is what the client has signed.
"""

import hashlib
import hmac
import io
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, quote, unquote, urlsplit

from botocore.auth import HmacV1QueryAuth
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from botocore.utils import normalize_url_path

from localaws.credentials.claims import ALGORITHM, Claim
from localaws.credentials.identity import Identity
from localaws.credentials.key_ring import Refusal

Environ = dict[str, Any]

_UNSIGNED_BODY = "UNSIGNED-PAYLOAD"
_LONGEST_SKEW = timedelta(minutes=15)
"""How far the time of a signature may be from the server's."""
_NOT_PREFIXED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


def why_wrong(
    claim: Claim, identity: Identity, environ: Environ, now: datetime | None = None
) -> Refusal | None:
    """Return what is wrong with a signature; None if it is right.

    The body of a request to S3 is not read: its digest is taken from the header that was signed.

    Parameters
    ----------
    claim
        From ``claim_of``.
    identity
        Whose key it is.
    environ
        WSGI environment; its input is read and put back for services other than S3.
    now
        The time, for tests.
    """
    now = now or datetime.now(UTC)
    if claim.expires is not None:
        return _why_old_link_is_wrong(claim, identity, environ, now)
    outdated = _why_outdated(claim, now)
    if outdated is not None:
        return outdated
    digest = _digest_of_body(claim, environ)
    if digest is None:
        return Refusal.INCOMPLETE
    key = _signing_key(identity.secret, claim.scope)
    query = environ.get("QUERY_STRING", "")
    for canonical_query in (_as_sent, _encoded_anew):
        request = "\n".join(
            (
                environ["REQUEST_METHOD"],
                _canonical_path(claim, environ),
                canonical_query(query),
                _canonical_headers(claim.signed_headers, environ),
                claim.signed_headers,
                digest,
            )
        )
        # Headers were decoded as Latin-1: this gives the bytes that were sent.
        hashed = hashlib.sha256(request.encode("latin-1", "replace")).hexdigest()
        text = f"{ALGORITHM}\n{claim.time}\n{claim.scope}\n{hashed}"
        expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        if hmac.compare_digest(expected.encode(), claim.signature.encode()):
            return None
    return Refusal.WRONG_SIGNATURE


def _why_outdated(claim: Claim, now: datetime) -> Refusal | None:
    try:
        signed_at = datetime.strptime(claim.time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return Refusal.INCOMPLETE
    if claim.time[:8] != claim.scope[:8]:
        return Refusal.WRONG_SIGNATURE
    if signed_at - now > _LONGEST_SKEW:
        return Refusal.WRONG_TIME
    if claim.lifetime is not None:
        return Refusal.EXPIRED_LINK if now > signed_at + claim.lifetime else None
    return Refusal.WRONG_TIME if now - signed_at > _LONGEST_SKEW else None


@lru_cache(maxsize=1024)
def _signing_key(secret: str, scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _digest_of_body(claim: Claim, environ: Environ) -> str | None:
    header = environ.get("HTTP_X_AMZ_CONTENT_SHA256")
    if claim.service == "s3":
        return header or (_UNSIGNED_BODY if claim.lifetime is not None else None)
    if header == _UNSIGNED_BODY:
        return header
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = b""
    if length or environ.get("HTTP_TRANSFER_ENCODING"):
        source = environ["wsgi.input"]
        body = source.read(length) if length else source.read()
        environ["wsgi.input"] = io.BytesIO(body)
    return hashlib.sha256(body).hexdigest()


def _canonical_path(claim: Claim, environ: Environ) -> str:
    path = _path_as_sent(environ)
    if claim.service == "s3":
        return path
    return quote(normalize_url_path(path), safe="/~")


def _path_as_sent(environ: Environ) -> str:
    uri: str = environ.get("REQUEST_URI") or environ.get("PATH_INFO", "")
    if not uri.startswith("/"):
        uri = urlsplit(uri).path
    return uri.partition("?")[0] or "/"


def _as_sent(query: str) -> str:
    """Sort a query without touching its parts, as most clients send what they sign."""
    if not query:
        return ""
    pairs = sorted(part.partition("=")[::2] for part in query.split("&"))
    return "&".join(f"{name}={value}" for name, value in pairs if name != "X-Amz-Signature")


def _encoded_anew(query: str) -> str:
    """Encode a query as the rules say, for a client that encodes less when it sends."""
    pairs = sorted(
        (quote(unquote(name), safe="-_.~"), quote(unquote(value), safe="-_.~"))
        for name, _, value in (part.partition("=") for part in query.split("&"))
        if name and name != "X-Amz-Signature"
    )
    return "&".join(f"{name}={value}" for name, value in pairs)


def _canonical_headers(names: str, environ: Environ) -> str:
    lines = []
    for name in names.split(";"):
        key = _NOT_PREFIXED.get(name) or "HTTP_" + name.upper().replace("-", "_")
        lines.append(f"{name}:{' '.join(str(environ.get(key, '')).split())}\n")
    return "".join(lines)


class _LinkOfVersion2(HmacV1QueryAuth):
    """botocore's signer of S3 links, for a link that is made already."""

    def __init__(self, credentials: Credentials, expires: int) -> None:
        super().__init__(credentials)
        self._given = str(expires)

    def _get_date(self) -> str:
        return self._given


def _why_old_link_is_wrong(
    claim: Claim, identity: Identity, environ: Environ, now: datetime
) -> Refusal | None:
    expires = claim.expires or 0
    if expires < now.timestamp():
        return Refusal.EXPIRED_LINK
    credentials = Credentials(identity.access_key_id, identity.secret, claim.session_token)
    headers: Any = HTTPHeaders()  # a mapping, though its class does not say so
    for name, key in (("Content-MD5", "HTTP_CONTENT_MD5"), ("Content-Type", "CONTENT_TYPE")):
        if environ.get(key):
            headers[name] = environ[key]
    for key, value in environ.items():
        if key.startswith("HTTP_X_AMZ_"):
            headers[key.removeprefix("HTTP_").replace("_", "-").lower()] = value
    split = SplitResult("", "", _path_as_sent(environ), environ.get("QUERY_STRING", ""), "")
    expected = _LinkOfVersion2(credentials, expires).get_signature(
        environ["REQUEST_METHOD"], split, headers
    )
    right = hmac.compare_digest(str(expected).encode(), claim.signature.encode())
    return None if right else Refusal.WRONG_SIGNATURE
