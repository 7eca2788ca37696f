"""Reads a request to S3: the bucket may be in the host's name, and the key may hold anything."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from localaws.permissions.bodies import Body, from_xml, read_body
from localaws.permissions.rest_routes import Match, Query, header_key, routes_of

_AWS_HOST = re.compile(r"(?P<bucket>.+?)\.s3(?:[.-][a-z0-9.-]+)?\.amazonaws\.com(?:\.cn)?")
_ADDRESS = re.compile(r"[\d.]+|\[.*|localhost.*|[^.]*|s3[.-].*\.amazonaws\.com(?:\.cn)?")
"""Hosts that name no bucket."""

CONTROL_PATH = "/v20180820/"
"""Where the other API that signs as S3 has its operations."""

_READ_BODIES = {"DeleteObjects", "PutBucketReplication"}
"""Operations whose permissions depend on the body."""


def read_s3(
    environ: Mapping[str, Any], path: str, query: Query, body: Body
) -> tuple[str, dict[str, Any]]:
    """Return the operation of a request to S3, "" if S3 has no such, and its parameters."""
    method, path = environ["REQUEST_METHOD"], _with_bucket(environ.get("HTTP_HOST", ""), path)
    routes = routes_of("s3")
    found = routes.match(method, path, query, _with_headers(environ, query)) if routes else None
    how = "REST-QUERY-STRING" if "X-Amz-Signature" in query else "REST-HEADER"
    signed = {
        "AuthType": how,
        "ContentSHA256": environ.get("HTTP_X_AMZ_CONTENT_SHA256", ""),
    }
    if found is None:
        bucket = path.strip("/")
        if method == "POST" and bucket and "/" not in bucket:
            # A browser's upload: the key is a field of the form, in front of the object.
            # https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
            return "PostObject", {"Bucket": bucket, "Key": "*", "AuthType": "POST"}
        return "", signed
    return found.route.operation, {**_parameters(found, environ, body), **signed}


def _with_headers(environ: Mapping[str, Any], query: Query) -> Mapping[str, Any]:
    """Return the headers with those that an address signed in advance carries in its query."""
    carried = {
        header_key(name): values[0]
        for name, values in query.items()
        if name.lower().startswith("x-amz-")
    }
    return {**carried, **environ} if carried else environ


def _with_bucket(host: str, path: str) -> str:
    """Return a path that starts with the bucket, wherever the request had it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html; on any other host the
    bucket is the first part of its name, as in bucket.localhost.
    """
    name = host.lower() if host.startswith("[") else host.lower().partition(":")[0]
    on_aws = _AWS_HOST.fullmatch(name)
    if on_aws:
        return f"/{quote(on_aws['bucket'])}{path}"
    if _ADDRESS.fullmatch(name):
        return "/" + path.lstrip("/")
    return f"/{quote(name.removeprefix('www.').partition('.')[0])}{path}"


def _parameters(found: Match, environ: Mapping[str, Any], body: Body) -> dict[str, Any]:
    if found.route.operation not in _READ_BODIES:
        return found.parameters
    return {**found.parameters, **from_xml(read_body(environ, body))}
