"""The gate that lets in who has a key of this account, and tells the others no in AWS's words."""

import hmac
from collections.abc import Iterable

from localaws.aws_protocols.errors import AwsError, Environ, Protocol, StartResponse, protocol_of
from localaws.aws_protocols.errors import answer as answer_error
from localaws.connections.control_client import CONTROL_PREFIX
from localaws.connections.home_key import KEY_HEADER, Key
from localaws.credentials.claims import claim_of, scope_of
from localaws.credentials.identity import IDENTITY, SCOPE
from localaws.credentials.key_ring import KeyRing, Refusal
from localaws.credentials.signatures import why_wrong

_KEY_VARIABLE = "HTTP_" + KEY_HEADER.upper().replace("-", "_")

_INVALID = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS"
    " Secret Access Key and signing method. Consult the service documentation for details."
)
_EC2 = AwsError(
    "AuthFailure", "AWS was not able to validate the provided access credentials", status=401
)

# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_S3: dict[Refusal, AwsError] = {
    # Also what S3 tells anonymous callers of what is not public; nothing is public here.
    Refusal.UNSIGNED: AwsError("AccessDenied", "Access Denied", 403),
    Refusal.INCOMPLETE: AwsError(
        "AuthorizationHeaderMalformed",
        "The authorization header that you provided is not valid.",
        400,
    ),
    Refusal.UNKNOWN_KEY: AwsError(
        "InvalidAccessKeyId",
        "The AWS Access Key Id you provided does not exist in our records.",
        403,
    ),
    Refusal.WRONG_TOKEN: AwsError(
        "InvalidToken", "The provided token is malformed or otherwise invalid.", 400
    ),
    Refusal.EXPIRED_TOKEN: AwsError("ExpiredToken", "The provided token has expired.", 400),
    Refusal.WRONG_SIGNATURE: AwsError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check"
        " your key and signing method.",
        403,
    ),
    Refusal.WRONG_TIME: AwsError(
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
    ),
    Refusal.EXPIRED_LINK: AwsError("AccessDenied", "Request has expired", 403),
    Refusal.OLD_SIGNATURE: AwsError(
        "InvalidRequest",
        "The authorization mechanism you have provided is not supported. Please use"
        " AWS4-HMAC-SHA256.",
        400,
    ),
}

# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html.
# Services with a JSON protocol name the same with "Exception" at the end.
_QUERY: dict[Refusal, AwsError] = {
    Refusal.UNSIGNED: AwsError(
        "MissingAuthenticationToken", "Request is missing Authentication Token"
    ),
    Refusal.INCOMPLETE: AwsError("IncompleteSignature", "The request signature is incomplete."),
    Refusal.UNKNOWN_KEY: AwsError("InvalidClientTokenId", _INVALID),
    Refusal.WRONG_TOKEN: AwsError("InvalidClientTokenId", _INVALID),
    Refusal.EXPIRED_TOKEN: AwsError("ExpiredToken", _EXPIRED),
    Refusal.WRONG_SIGNATURE: AwsError("SignatureDoesNotMatch", _MISMATCH),
    Refusal.WRONG_TIME: AwsError("SignatureDoesNotMatch", "Signature expired or not yet current."),
    Refusal.EXPIRED_LINK: AwsError("SignatureDoesNotMatch", "Signature expired."),
    Refusal.OLD_SIGNATURE: AwsError("IncompleteSignature", "The request must be signed with v4."),
}
_JSON: dict[Refusal, AwsError] = {
    Refusal.UNSIGNED: AwsError(
        "MissingAuthenticationTokenException", "Missing Authentication Token"
    ),
    Refusal.INCOMPLETE: AwsError(
        "IncompleteSignatureException", "The request signature is incomplete."
    ),
    Refusal.UNKNOWN_KEY: AwsError("UnrecognizedClientException", _INVALID),
    Refusal.WRONG_TOKEN: AwsError("UnrecognizedClientException", _INVALID),
    Refusal.EXPIRED_TOKEN: AwsError("ExpiredTokenException", _EXPIRED),
    Refusal.WRONG_SIGNATURE: AwsError("InvalidSignatureException", _MISMATCH),
    Refusal.WRONG_TIME: AwsError(
        "InvalidSignatureException", "Signature expired or not yet current."
    ),
    Refusal.EXPIRED_LINK: AwsError("InvalidSignatureException", "Signature expired."),
    Refusal.OLD_SIGNATURE: AwsError(
        "IncompleteSignatureException", "The request must be signed with v4."
    ),
}


class Authentication:
    """A gate of the server: puts the request's identity into its environment.

    Parameters
    ----------
    ring
        The account's keys.
    """

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        operator = ring.operator
        self._header = Key(operator.access_key_id, operator.secret).header.encode()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes] | None:
        """Answer who has no key; return None for the others."""
        if environ["PATH_INFO"].startswith(CONTROL_PREFIX):
            return self._control(environ, start_response)
        claim = claim_of(environ)
        if isinstance(claim, Refusal):
            return self._refuse(claim, None, environ, start_response)
        found = self._ring.identify(claim.access_key_id, claim.session_token)
        if isinstance(found, Refusal):
            return self._refuse(found, claim.service, environ, start_response, claim.access_key_id)
        wrong = why_wrong(claim, found, environ)
        if wrong is not None:
            return self._refuse(wrong, claim.service, environ, start_response)
        environ[IDENTITY], environ[SCOPE] = found, scope_of(claim)
        return None

    def _control(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes] | None:
        given = str(environ.get(_KEY_VARIABLE, "")).encode("latin-1", "replace")
        if hmac.compare_digest(given, self._header):
            environ[IDENTITY] = self._ring.operator
            return None
        text = (
            f"This call needs the key of the home in the header {KEY_HEADER}."
            " `localaws` sends it; LOCALAWS_HOME must name the home of this server."
        )
        body = AwsError("LocalAwsError", text, 403, {"type": "LocalAwsError"})
        return answer_error(body, Protocol.JSON, environ, start_response)

    def _refuse(
        self,
        refusal: Refusal,
        service: str | None,
        environ: Environ,
        start_response: StartResponse,
        access_key_id: str | None = None,
    ) -> Iterable[bytes]:
        protocol = protocol_of(environ, service)
        error = _error(refusal, protocol)
        if protocol is Protocol.S3 and access_key_id and refusal is Refusal.UNKNOWN_KEY:
            error = AwsError(
                error.code, error.message, error.status, {"AWSAccessKeyId": access_key_id}
            )
        return answer_error(error, protocol, environ, start_response)


def _error(refusal: Refusal, protocol: Protocol) -> AwsError:
    if protocol is Protocol.S3:
        return _S3[refusal]
    if protocol is Protocol.EC2:
        expired = AwsError("RequestExpired", "Request has expired.", 400)
        return expired if refusal is Refusal.EXPIRED_TOKEN else _EC2
    if protocol in (Protocol.QUERY, Protocol.REST_XML):
        found = _QUERY[refusal]
        return AwsError(found.code, found.message, 403)
    found = _JSON[refusal]
    # The services with a JSON protocol say 400 where all others say 403.
    return AwsError(found.code, found.message, 400 if protocol is Protocol.JSON else 403)
