"""Requests as boto3 builds and signs them, and boto3's reading of an answer: nothing is sent."""

from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

ACCOUNT_ID = "123456789012"
REGION = "eu-west-1"
ENDPOINT = "http://127.0.0.1:4566"


class _NotSentError(Exception):
    """Ends a call where it would go over the network."""


@lru_cache
def _client(service: str, endpoint: str | None, addressing: str) -> Any:
    return boto3.session.Session().client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="secret",
        config=Config(
            parameter_validation=False,
            retries={"total_max_attempts": 1},
            s3={"addressing_style": addressing},
        ),
    )


def signed(
    service: str,
    method: str,
    *,
    endpoint: str | None = ENDPOINT,
    addressing: str = "auto",
    **parameters: Any,
) -> tuple[dict[str, Any], bytes]:
    """Return the WSGI environment and the body of a call of a client's method."""
    client, seen = _client(service, endpoint, addressing), []

    def catch(request: AWSPreparedRequest, **_: Any) -> None:
        seen.append(request)
        raise _NotSentError

    client.meta.events.register_first("before-send", catch)
    try:
        getattr(client, method)(**parameters)
    except _NotSentError:
        pass
    finally:
        client.meta.events.unregister("before-send", catch)
    return environment(seen[0])


def environment(request: AWSPreparedRequest) -> tuple[dict[str, Any], bytes]:
    """Return what a WSGI server makes of a request."""
    parts = urlsplit(request.url)
    environ = {
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": parts.path + (f"?{parts.query}" if parts.query else ""),
        "PATH_INFO": parts.path,
        "QUERY_STRING": parts.query,
        "HTTP_HOST": parts.netloc,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
        environ[key] = value.decode() if isinstance(value, bytes) else str(value)
    body = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    return environ, body.encode() if isinstance(body, str) else bytes(body)


def answered(
    service: str, method: str, answer: tuple[int, list[tuple[str, str]], bytes], **parameters: Any
) -> Any:
    """Return what a client's method returns, or raise what it raises, for an answer."""
    status, headers, body = answer
    client = _client(service, ENDPOINT, "auto")

    class Raw(BytesIO):
        def stream(self, **_: Any) -> Any:
            yield self.read()

    def answer_it(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        return AWSResponse(request.url, int(status), dict(headers), Raw(body))

    client.meta.events.register_first("before-send", answer_it)
    try:
        return getattr(client, method)(**parameters)
    finally:
        client.meta.events.unregister("before-send", answer_it)
