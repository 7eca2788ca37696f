"""The answers with which AWS's services say that a caller may not."""

import json
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache
from http import HTTPStatus
from xml.sax.saxutils import escape

from localaws.permissions.model import ApiRequest
from localaws.permissions.models import model_of

Answer = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers and body."""


class Cause(StrEnum):
    """Why a policy does not allow something; ``{}`` is the action.

    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """

    NO_IDENTITY_POLICY = "because no identity-based policy allows the {} action"
    NO_RESOURCE_POLICY = "because no resource-based policy allows the {} action"
    NO_BOUNDARY = "because no permissions boundary allows the {} action"
    NO_SESSION_POLICY = "because no session policy allows the {} action"
    DENIED_BY_IDENTITY_POLICY = "with an explicit deny in an identity-based policy"
    DENIED_BY_RESOURCE_POLICY = "with an explicit deny in a resource-based policy"
    DENIED_BY_BOUNDARY = "with an explicit deny in a permissions boundary"
    DENIED_BY_SESSION_POLICY = "with an explicit deny in a session policy"


def reason(principal_arn: str, action: str, resource: str, cause: Cause) -> str:
    """Return the sentence that names who may not do what.

    Examples
    --------
    >>> reason("u", "s3:PutObject", "b", Cause.DENIED_BY_BOUNDARY).partition(" with ")[0]
    'User: u is not authorized to perform: s3:PutObject on resource: "b"'
    """
    service = action.partition(":")[0]
    # The services spell themselves in their own ways, and CloudWatch names no "*".
    spelled = {"sqs": action.lower(), "sns": action.replace("sns:", "SNS:")}.get(service, action)
    named = f'"{resource}"' if service == "s3" else resource
    place = "" if (service, resource) == ("cloudwatch", "*") else f" on resource: {named}"
    why = cause.value.format(spelled)
    return f"User: {principal_arn} is not authorized to perform: {spelled}{place} {why}"


_EC2_PREFACE = "You are not authorized to perform this operation. "
_QUERY_CODES = {"sns": "AuthorizationError"}
"""Codes other than AccessDenied: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors"""
_QUERY_COMPATIBLE = {"cloudwatch", "sqs"}
"""Services that spoke the query protocol before and still send its code, in a header."""


def refusal(request: ApiRequest, reason: str, request_id: str) -> Answer:
    """Return the answer of the service that a request is for.

    Parameters
    ----------
    reason
        Who may not do what, and why: see `reason`.
    request_id
        As in each answer of AWS.
    """
    match request.protocol:
        case "rest-xml" if request.api == "s3":
            return _of_s3(request, reason, request_id)
        case "query" | "rest-xml":
            return _of_query(request, reason, request_id)
        case "ec2":
            return _of_ec2(reason, request_id)
        case "rest-json":
            return _of_rest_json(request, reason, request_id)
        case "cbor":
            return _of_cbor(request, reason, request_id)
    return _of_json(request, reason, request_id)


def _of_s3(request: ApiRequest, reason: str, request_id: str) -> Answer:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""
    headers = [("x-amz-request-id", request_id), ("Content-Type", "application/xml")]
    if request.operation.startswith("Head"):
        return HTTPStatus.FORBIDDEN, headers, b""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>AccessDenied</Code><Message>{escape(reason)}</Message>"
        f"<RequestId>{escape(request_id)}</RequestId><HostId>localaws</HostId></Error>"
    )
    return HTTPStatus.FORBIDDEN, headers, text.encode()


def _of_query(request: ApiRequest, reason: str, request_id: str) -> Answer:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html."""
    code = _QUERY_CODES.get(request.service, "AccessDenied")
    text = (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>"
        f"<Message>{escape(reason)}</Message></Error>"
        f"<RequestId>{escape(request_id)}</RequestId></ErrorResponse>"
    )
    headers = [("x-amzn-RequestId", request_id), ("Content-Type", "text/xml")]
    return HTTPStatus.FORBIDDEN, headers, text.encode()


def _of_ec2(reason: str, request_id: str) -> Answer:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html."""
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        "<Response><Errors><Error><Code>UnauthorizedOperation</Code>"
        f"<Message>{escape(_EC2_PREFACE + reason)}</Message></Error></Errors>"
        f"<RequestID>{escape(request_id)}</RequestID></Response>"
    )
    return HTTPStatus.FORBIDDEN, [("Content-Type", "text/xml;charset=UTF-8")], text.encode()


def _of_json(request: ApiRequest, reason: str, request_id: str) -> Answer:
    """``AccessDeniedException`` with 400: CommonErrors of the services' API references."""
    content_type = f"application/x-amz-{request.protocol}"
    headers = [("x-amzn-RequestId", request_id), ("Content-Type", content_type)]
    status = _status(request, HTTPStatus.BAD_REQUEST)
    if request.service in _QUERY_COMPATIBLE:
        headers.append(("x-amzn-query-error", "AccessDenied;Sender"))
        status = HTTPStatus.FORBIDDEN
    body = {"__type": "AccessDeniedException", "Message": reason, "message": reason}
    return status, headers, json.dumps(body).encode()


def _of_rest_json(request: ApiRequest, reason: str, request_id: str) -> Answer:
    """https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html."""
    headers = [
        ("x-amzn-RequestId", request_id),
        ("x-amzn-errortype", "AccessDeniedException"),
        ("Content-Type", "application/json"),
    ]
    body = {"Message": reason, "message": reason}
    return _status(request, HTTPStatus.FORBIDDEN), headers, json.dumps(body).encode()


def _of_cbor(request: ApiRequest, reason: str, request_id: str) -> Answer:
    """https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html."""
    headers = [
        ("x-amzn-RequestId", request_id),
        ("smithy-protocol", "rpc-v2-cbor"),
        ("Content-Type", "application/cbor"),
    ]
    status = _status(request, HTTPStatus.BAD_REQUEST)
    if request.service in _QUERY_COMPATIBLE:
        headers.append(("x-amzn-query-error", "AccessDenied;Sender"))
        status = HTTPStatus.FORBIDDEN
    return status, headers, _cbor_map({"__type": "AccessDeniedException", "message": reason})


def _status(request: ApiRequest, usual: HTTPStatus) -> int:
    return _modelled_status(request.api) or usual


@lru_cache(maxsize=256)
def _modelled_status(api: str) -> int | None:
    """Return the status that a service's own description has for this error."""
    shapes = (model_of(api) or {"shapes": {}})["shapes"]
    status = shapes.get("AccessDeniedException", {}).get("error", {}).get("httpStatusCode")
    return None if status is None else int(status)


def _cbor_map(texts: Mapping[str, str]) -> bytes:
    """Return a map of texts, of fewer than 24 entries (RFC 8949)."""
    parts = [bytes([0xA0 + len(texts)])]
    for text in (part for item in texts.items() for part in item):
        content = text.encode()
        parts += [b"\x7a", len(content).to_bytes(4, "big"), content]
    return b"".join(parts)
