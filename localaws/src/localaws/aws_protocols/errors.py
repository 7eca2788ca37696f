"""Writes an error as the service that was asked would, so that each SDK raises the right exception.

https://smithy.io/2.0/aws/protocols/index.html describes the protocols.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

Environ = dict[str, Any]
StartResponse = Callable[..., Any]

_DATED_PATH = re.compile(r"/\d{4}-\d\d-\d\d/")
"""How paths of Lambda begin, and of no bucket that somebody would make."""
_XML_SERVICES = frozenset({"cloudfront", "route53"})


class Protocol(StrEnum):
    """How a request and its answer are written."""

    QUERY = "query"
    EC2 = "ec2"
    JSON = "json"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"
    S3 = "s3"


@dataclass(frozen=True)
class AwsError:
    """An error of a service.

    Parameters
    ----------
    code
        Such as ``ThrottlingException``.
    message
        What it says.
    status
        HTTP status.
    members
        Further members, such as S3's ``AWSAccessKeyId``.
    query_code
        The code of the same error in the query protocol that the service spoke before JSON.
    """

    code: str
    message: str
    status: int = 400
    members: Mapping[str, str] = field(default_factory=dict)
    query_code: str | None = None


def protocol_of(environ: Environ, service: str | None) -> Protocol:
    """Return the protocol of a request; a service may speak several.

    Parameters
    ----------
    environ
        WSGI environment.
    service
        Name in the credential scope, if there is one.
    """
    if environ.get("HTTP_X_AMZ_TARGET"):
        return Protocol.JSON
    if service is None and _DATED_PATH.match(environ.get("PATH_INFO", "")):
        return Protocol.REST_JSON
    if service == "s3" or (service is None and not _is_form(environ)):
        return Protocol.S3
    if _is_form(environ) or "Action" in parse_qs(environ.get("QUERY_STRING", "")):
        return Protocol.EC2 if service == "ec2" else Protocol.QUERY
    return Protocol.REST_XML if service in _XML_SERVICES else Protocol.REST_JSON


def answer(
    error: AwsError, protocol: Protocol, environ: Environ, start_response: StartResponse
) -> list[bytes]:
    """Answer a request with an error.

    Parameters
    ----------
    error
        What to say.
    protocol
        From ``protocol_of``.
    environ, start_response
        Of the request.
    """
    request_id = str(uuid.uuid4())
    content_type, body, headers = _written(error, protocol, request_id)
    if environ.get("REQUEST_METHOD") == "HEAD":
        body = b""
    phrase = next((item.phrase for item in HTTPStatus if item == error.status), "Error")
    start_response(
        f"{error.status} {phrase}",
        [
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("x-amzn-RequestId", request_id),
            *headers,
        ],
    )
    return [body]


def _written(
    error: AwsError, protocol: Protocol, request_id: str
) -> tuple[str, bytes, list[tuple[str, str]]]:
    """Return the content type, the body and further headers."""
    if protocol is Protocol.JSON:
        content = {"__type": error.code, "message": error.message, **error.members}
        old = [("x-amzn-query-error", f"{error.query_code};Sender")] if error.query_code else []
        return "application/x-amz-json-1.1", json.dumps(content).encode(), old
    if protocol is Protocol.REST_JSON:
        content = {"message": error.message, "Message": error.message, **error.members}
        headers = [("x-amzn-ErrorType", error.code)]
        return "application/json", json.dumps(content).encode(), headers
    return "text/xml", _xml(error, protocol, request_id).encode(), []


def _xml(error: AwsError, protocol: Protocol, request_id: str) -> str:
    members = {"Code": error.code, "Message": error.message, **error.members}
    inside = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in members.items())
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    if protocol is Protocol.S3:
        return f"{head}<Error>{inside}<RequestId>{request_id}</RequestId></Error>"
    if protocol is Protocol.EC2:
        return (
            f"{head}<Response><Errors><Error>{inside}</Error></Errors>"
            f"<RequestID>{request_id}</RequestID></Response>"
        )
    fault = "Receiver" if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "Sender"
    return (
        f"{head}<ErrorResponse><Error><Type>{fault}</Type>{inside}</Error>"
        f"<RequestId>{request_id}</RequestId></ErrorResponse>"
    )


def _is_form(environ: Environ) -> bool:
    content_type: str = environ.get("CONTENT_TYPE", "")
    return content_type.startswith("application/x-www-form-urlencoded")
