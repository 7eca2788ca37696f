"""Reads who a request says it is from: from its Authorization header, or from a presigned link."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from localaws.credentials.identity import Scope
from localaws.credentials.key_ring import Refusal

Environ = dict[str, Any]

ALGORITHM = "AWS4-HMAC-SHA256"
_LONGEST_LINK_SECONDS = 604_800


@dataclass(frozen=True)
class Claim:
    """What a request says about its signer.

    Parameters
    ----------
    access_key_id, session_token
        The key.
    service
        Name in the credential scope, ``s3`` for a link of Version 2.
    scope
        The credential scope: date, region, service, ``aws4_request``.
    time
        When it was signed, as it was sent.
    signed_headers
        Names in lower case, sorted by the signer.
    signature
        What is to be checked.
    lifetime
        How long a link of Version 4 is valid; None for a header.
    expires
        When a link of Version 2 ends, in seconds of the epoch; None for Version 4.
    """

    access_key_id: str
    session_token: str | None
    service: str
    signature: str
    scope: str = ""
    time: str = ""
    signed_headers: str = ""
    lifetime: timedelta | None = None
    expires: int | None = None


def scope_of(claim: Claim) -> Scope:
    """Return for what a request was signed; a link of Version 2 does not name the region."""
    pieces = claim.scope.split("/")
    return Scope(claim.service, pieces[1] if len(pieces) > 1 else "us-east-1")


def claim_of(environ: Environ) -> Claim | Refusal:
    """Return who a request says it is from.

    Parameters
    ----------
    environ
        WSGI environment.
    """
    header: str = environ.get("HTTP_AUTHORIZATION", "")
    if header:
        return _claim_of_header(header, environ)
    query_string = environ.get("QUERY_STRING", "")
    if "X-Amz-Signature=" in query_string or "X-Amz-Algorithm=" in query_string:
        return _claim_of_link(dict(parse_qsl(query_string, keep_blank_values=True)))
    if "AWSAccessKeyId=" in query_string:
        return _claim_of_old_link(dict(parse_qsl(query_string, keep_blank_values=True)))
    return Refusal.UNSIGNED


def _claim_of_header(header: str, environ: Environ) -> Claim | Refusal:
    if not header.startswith(ALGORITHM):
        return Refusal.OLD_SIGNATURE if header.startswith("AWS ") else Refusal.INCOMPLETE
    parts = dict(part.strip().partition("=")[::2] for part in header[len(ALGORITHM) :].split(","))
    return _claim(
        parts.get("Credential", ""),
        session_token=environ.get("HTTP_X_AMZ_SECURITY_TOKEN"),
        signature=parts.get("Signature", ""),
        signed_headers=parts.get("SignedHeaders", ""),
        time=environ.get("HTTP_X_AMZ_DATE") or environ.get("HTTP_DATE", ""),
    )


def _claim_of_link(query: Mapping[str, str]) -> Claim | Refusal:
    seconds = query.get("X-Amz-Expires", "")
    if not seconds.isdigit() or int(seconds) > _LONGEST_LINK_SECONDS:
        return Refusal.INCOMPLETE
    return _claim(
        query.get("X-Amz-Credential", ""),
        session_token=query.get("X-Amz-Security-Token"),
        signature=query.get("X-Amz-Signature", ""),
        signed_headers=query.get("X-Amz-SignedHeaders", ""),
        time=query.get("X-Amz-Date", ""),
        lifetime=timedelta(seconds=int(seconds)),
    )


def _claim_of_old_link(query: Mapping[str, str]) -> Claim | Refusal:
    expires, signature = query.get("Expires", ""), query.get("Signature")
    if not signature or not expires.isdigit():
        return Refusal.UNSIGNED
    return Claim(
        access_key_id=query["AWSAccessKeyId"],
        session_token=query.get("x-amz-security-token"),
        service="s3",
        signature=signature,
        expires=int(expires),
    )


def _claim(credential: str, **parts: Any) -> Claim | Refusal:
    access_key_id, _, scope = credential.partition("/")
    pieces = scope.split("/")
    if len(pieces) != len(("date", "region", "service", "aws4_request")):
        return Refusal.INCOMPLETE
    if not parts["signature"] or "host" not in parts["signed_headers"].split(";"):
        return Refusal.INCOMPLETE
    return Claim(access_key_id=access_key_id, service=pieces[2].lower(), scope=scope, **parts)
