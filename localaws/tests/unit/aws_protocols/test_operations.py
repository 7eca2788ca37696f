"""Each request is recognized for the operation that an SDK was told to call."""

import io
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import pytest
from botocore.model import OperationModel, Shape

from localaws.aws_protocols.operations import asked_of

SERVICES = [
    "s3", "lambda", "scheduler", "apigateway", "route53", "glue", "athena", "ecs", "stepfunctions", "logs",
    "cloudwatch", "sns", "sqs", "sts", "iam", "cloudformation", "ec2", "secretsmanager", "ecr", "codebuild",
    "kms", "events", "dynamodb",
]  # fmt: skip
"""All that the pipeline uses, and one or two of each protocol besides."""
NOT_TOLD_APART = {
    # Outdated ones with the address of another, and one of directory buckets, which have another host.
    "s3": {
        "GetBucketLifecycle", "GetBucketNotification", "PutBucketLifecycle", "PutBucketNotification",
        "ListDirectoryBuckets",
    },
}  # fmt: skip


EXAMPLES: dict[str, Any] = {
    "map": {}, "integer": 1, "long": 1, "double": 1.0, "float": 1.0, "boolean": True, "timestamp": 0, "blob": b"x",
}  # fmt: skip


class SentError(Exception):
    """Carries the request instead of sending it."""

    def __init__(self, request: Any) -> None:
        super().__init__("sent")
        self.request = request


def example(shape: Shape | None, depth: int = 0) -> Any:
    """Return the least that a shape wants."""
    if shape is None or depth > 6:
        return {}
    if shape.type_name == "structure":
        return {
            name: example(shape.members[name], depth + 1)  # type: ignore[attr-defined]
            for name in shape.required_members  # type: ignore[attr-defined]
        }
    if shape.type_name == "list":
        return [example(shape.member, depth + 1)]  # type: ignore[attr-defined]
    return EXAMPLES.get(shape.type_name, "bucket-1")


def sent(client: Any, operation: OperationModel) -> dict[str, Any]:
    """Return the WSGI environment in which a call of boto3 would arrive."""

    def catch(request: Any, **_: Any) -> None:
        raise SentError(request)

    client.meta.events.register_first("before-send.*", catch)
    method = next(
        name for name, wire in client.meta.method_to_api_mapping.items() if wire == operation.name
    )
    try:
        getattr(client, method)(**example(operation.input_shape))
    except SentError as caught:
        request = caught.request
    url = urlsplit(request.url)
    body = request.body or b""
    body = body.read() if hasattr(body, "read") else body
    body = body.encode() if isinstance(body, str) else body
    environ = {
        "REQUEST_METHOD": request.method,
        "REQUEST_URI": url.path + (f"?{url.query}" if url.query else ""),
        "PATH_INFO": unquote(url.path),
        "QUERY_STRING": url.query,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode() if isinstance(value, bytes) else value
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = text
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_of_a_service_is_recognized(service: str) -> None:
    client = boto3.client(
        service,
        endpoint_url="http://127.0.0.1:1",
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=boto3.session.Config(parameter_validation=False, inject_host_prefix=False),
    )
    model = client.meta.service_model
    wrong = {}
    for name in model.operation_names:
        environ = sent(client, model.operation_model(name))
        asked = asked_of(environ, model.signing_name)
        if asked is None or (asked.api, asked.operation) != (service, name):
            wrong[name] = asked and asked.operation
    assert set(wrong) == NOT_TOLD_APART.get(service, set()), wrong


def test_a_request_names_its_object_as_path_and_as_arn() -> None:
    environ = {
        "REQUEST_METHOD": "PUT", "REQUEST_URI": "/bucket/a%20b/c?x-id=PutObject", "PATH_INFO": "/bucket/a b/c",
        "QUERY_STRING": "x-id=PutObject", "wsgi.input": io.BytesIO(b"content"), "CONTENT_LENGTH": "7",
    }  # fmt: skip
    asked = asked_of(environ, "s3")
    assert asked is not None
    assert asked.operation == "PutObject"
    assert {"bucket", "/bucket/a b/c", "arn:aws:s3:::bucket/a b/c"} <= set(asked.texts)
    assert environ["wsgi.input"].read() == b"content"
