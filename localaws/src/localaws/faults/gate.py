"""The gate that answers requests with the faults of the account."""

import json
import time
import uuid
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from localaws.aws_protocols.errors import (
    AwsError,
    Environ,
    Protocol,
    StartResponse,
    protocol_of,
)
from localaws.aws_protocols.errors import answer as answer_error
from localaws.aws_protocols.operations import Asked, asked_of, body_of
from localaws.aws_protocols.services import model_of
from localaws.credentials.identity import IDENTITY, SCOPE, Identity
from localaws.faults.rules import Fault, Faults

_MESSAGES = {"throttl": "Rate exceeded", "slowdown": "Please reduce your request rate."}
_STATUSES = {
    "InternalError": 500,
    "InternalFailure": 500,
    "InternalServerError": 500,
    "ServiceUnavailable": 503,
    "SlowDown": 503,
    "AccessDenied": 403,
}
"""Of errors that no service describes, as all have them; 400 for the rest."""
_CODES = {429: "ThrottlingException", 500: "InternalFailure"}
"""Errors of all services: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html."""
_S3_CODES = {429: "SlowDown", 500: "InternalError"}
"""https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""


class FaultGate:
    """A gate of the server, after those that check who asks.

    Parameters
    ----------
    faults
        The account's faults.
    account_id
        The account.
    """

    def __init__(self, faults: Faults, account_id: str) -> None:
        self._faults = faults
        self._account_id = account_id

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes] | None:
        """Answer a request that a fault strikes; return None for the others."""
        scope = environ.get(SCOPE)
        if self._faults.is_empty or scope is None:
            return None
        asked = asked_of(environ, scope.service)
        if asked is None:
            return None
        for fault in self._faults.striking(asked):
            time.sleep(fault.latency)
            if fault.failures:
                return _task_failure(
                    fault.failures, self._account_id, scope.region, environ, start_response
                )
            protocol = protocol_of(environ, scope.service)
            error = _error(fault, asked, protocol, environ[IDENTITY])
            if error is not None:
                return answer_error(error, protocol, environ, start_response)
        return None


def _error(fault: Fault, asked: Asked, protocol: Protocol, identity: Identity) -> AwsError | None:
    if fault.error is None and fault.status is None and not fault.deny:
        return None
    if fault.deny or (fault.error is None and fault.status == HTTPStatus.FORBIDDEN):
        return _denial(asked, protocol, identity)
    code = fault.error or _code_of(fault.status or 500, protocol)
    wire_code, query_code, status = _described(asked.api, code)
    message = fault.message or next(
        (text for part, text in _MESSAGES.items() if part in code.lower()),
        "This error was asked for: localaws fault list",
    )
    return AwsError(wire_code, message, fault.status or status, query_code=query_code)


def _denial(asked: Asked, protocol: Protocol, identity: Identity) -> AwsError:
    """Return what a service says to who has no permission."""
    if protocol is Protocol.S3:
        return AwsError("AccessDenied", "Access Denied", 403)
    service = model_of(asked.api).signing_name
    message = (
        f"User: {identity.arn} is not authorized to perform: {service}:{asked.operation} because no"
        " identity-based policy allows the action"
    )
    if protocol is Protocol.EC2:
        return AwsError("UnauthorizedOperation", message, 403)
    if protocol in (Protocol.JSON, Protocol.REST_JSON):
        return AwsError("AccessDeniedException", message, 400 if protocol is Protocol.JSON else 403)
    return AwsError("AccessDenied", message, 403)


def _code_of(status: int, protocol: Protocol) -> str:
    codes = _S3_CODES if protocol is Protocol.S3 else _CODES
    return codes.get(status, "ServiceUnavailable")


def _described(api: str, code: str) -> tuple[str, str | None, int]:
    """Return an error's code on the wire, its code for old clients of a query API, and its status.

    SDKs name an error's class after its shape, and some services send another code for it.
    """
    model = model_of(api)
    shapes: list[Any] = model.error_shapes
    for shape in shapes:
        if code in (shape.name, shape.error_code):
            status = int(shape.metadata.get("error", {}).get("httpStatusCode", 400))
            if model.metadata.get("awsQueryCompatible") is not None:
                return shape.name, shape.error_code, status
            return shape.error_code, None, status
    return code, None, _STATUSES.get(code, 400)


def _task_failure(
    reason: str, account_id: str, region: str, environ: Environ, start_response: StartResponse
) -> list[bytes]:
    """Answer RunTask as when no task could be placed: with success, and with the reason.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html.
    """
    request: dict[str, Any] = json.loads(body_of(environ) or b"{}")
    cluster = str(request.get("cluster", "default")).rsplit("/", 1)[-1]
    instance = f"container-instance/{cluster}/{uuid.uuid4().hex}"
    arn = f"arn:aws:ecs:{region}:{account_id}:{instance}"
    content = {"tasks": [], "failures": [{"arn": arn, "reason": reason}]}
    body = json.dumps(content).encode()
    headers = [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body)))]
    start_response("200 OK", headers)
    return [body]
