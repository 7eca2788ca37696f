"""Reads from a request which operation of which AWS API it asks for, and with what parameters."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from localaws.permissions.bodies import Body, from_cbor, from_form, from_json, from_xml, read_body
from localaws.permissions.model import ApiRequest
from localaws.permissions.models import apis_of, model_of
from localaws.permissions.rest_routes import Query, routes_of
from localaws.permissions.s3_requests import CONTROL_PATH, read_s3
from localaws.permissions.service_names import APIS_OF_SIGNING_NAME, policy_prefix

__all__ = ["ApiRequest", "Body", "read_request"]

Environ = Mapping[str, Any]

_SCOPE_PARTS = 5
"""KEY/DATE/REGION/SERVICE/aws4_request."""
_RPC_PATH = re.compile(r"/service/(\w+)/operation/(\w+)/?")
_FORM = "application/x-www-form-urlencoded"

_UNSIGNED_TARGETS = {
    "AWSCognitoIdentityProviderService": "cognito-idp",
    "AWSCognitoIdentityService": "cognito-identity",
}
"""Services with operations for callers that have no key yet, by what X-Amz-Target calls them."""
_UNSIGNED_ACTIONS = {"AssumeRoleWithSAML": "sts", "AssumeRoleWithWebIdentity": "sts"}
_NOT_AWS = ("/moto-api", "/_localaws/")
"""Paths that AWS does not have."""


def read_request(environ: Environ, body: Body, *, account_id: str) -> ApiRequest | None:
    """Return what a request asks for.

    Parameters
    ----------
    environ
        The WSGI environment. Keys of objects are read from REQUEST_URI, where they are as sent.
    body
        The body or a function that reads it. Payloads, such as objects of S3, are not read.
    account_id
        Whose resources are meant.

    Returns
    -------
    ApiRequest or None
        None if no service of AWS is addressed. If the service has no such operation, the name of
        the operation is "", and only who may do everything there may ask for it.
    """
    path, query_string = _target(environ)
    query = parse_qs(query_string, keep_blank_values=True) if query_string else {}
    region, signing_name = _scope(environ, query) or ("us-east-1", "")
    if path.startswith(_NOT_AWS):
        return None
    if not signing_name:
        signing_name = _unsigned_service(environ, body) or "s3"
    return _read(environ, body, path, query, (signing_name, region, account_id))


def _read(
    environ: Environ, body: Body, path: str, query: Query, whose: tuple[str, str, str]
) -> ApiRequest:
    signing_name, region, account_id = whose
    service, api = policy_prefix(signing_name), apis_of(signing_name)[0]

    def request(
        operation: str, parameters: Mapping[str, Any], protocol: str, api: str = api
    ) -> ApiRequest:
        return ApiRequest(service, operation, parameters, region, account_id, protocol, api)

    if signing_name in {"s3", "s3express"} and not path.startswith(CONTROL_PATH):
        operation, parameters = read_s3(environ, path, query, body)
        return request(operation, parameters, "rest-xml", "s3")
    if _names_two_operations(environ, query):
        return request("", {}, "json-1.1")
    rpc = _RPC_PATH.fullmatch(path)
    if rpc and environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        return request(rpc[2], from_cbor(read_body(environ, body)), "cbor")
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        version = "1.0" if "json-1.0" in environ.get("CONTENT_TYPE", "") else "1.1"
        operation = target.rpartition(".")[2]
        return request(operation, from_json(read_body(environ, body)), f"json-{version}")
    if "Action" not in query:
        for candidate in ("s3control",) if signing_name == "s3" else apis_of(signing_name):
            found = _read_rest(candidate, environ, body, path, query)
            if found is not None:
                protocol = str((model_of(candidate) or {})["metadata"]["protocol"])
                return request(*found, protocol, candidate)
    form = {}
    if environ.get("CONTENT_TYPE", _FORM).startswith(_FORM):
        form = from_form(read_body(environ, body).decode("utf-8", "replace"))
    # What is in the address comes before what is in the body, as the services here have it.
    form |= {name: values[0] for name, values in query.items()}
    operation = str(form.pop("Action", ""))
    return request(operation, form, "ec2" if service == "ec2" else "query")


def _names_two_operations(environ: Environ, query: Query) -> bool:
    """Return whether it depends on the reader which operation a request is for.

    No client of AWS sends such a request. The services here go by ``Action`` first, even by a
    header of this name; what is judged must be what is done.
    """
    if "HTTP_ACTION" in environ:
        return True
    if not environ.get("HTTP_X_AMZ_TARGET"):
        return False
    return "Action" in query or environ.get("CONTENT_TYPE", "").startswith(_FORM)


def _read_rest(
    api: str, environ: Environ, body: Body, path: str, query: Query
) -> tuple[str, dict[str, Any]] | None:
    routes = routes_of(api)
    found = routes.match(environ["REQUEST_METHOD"], path, query, environ) if routes else None
    if found is None:
        return None
    parameters = found.parameters
    if found.route.body:
        content = read_body(environ, body)
        sent = from_xml(content) if content[:1] == b"<" else from_json(content)
        named = {found.route.body.get(name, name): value for name, value in sent.items()}
        parameters = {**named, **parameters}
    return found.route.operation, parameters


def _target(environ: Environ) -> tuple[str, str]:
    """Return the path, as it was sent, and the query."""
    uri = environ.get("REQUEST_URI", "")
    if uri.startswith(("http://", "https://")):
        parts = urlsplit(uri)
        return parts.path or "/", parts.query
    if uri:
        path, _, query_string = uri.partition("?")
        return path, query_string
    # As PEP 3333 has it: the bytes of the decoded path, each as one character.
    path = quote(environ.get("PATH_INFO", "/").encode("latin-1", "replace"))
    return path, environ.get("QUERY_STRING", "")


def _scope(environ: Environ, query: Query) -> tuple[str, str] | None:
    """Return the region and the service that the signature is for."""
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    if authorization:
        words = authorization.partition(",")[0].split()
        return _region_and_service(words[1] if len(words) > 1 else "")
    if "X-Amz-Credential" in query:
        found = _region_and_service(query["X-Amz-Credential"][0])
        # Only S3 is served to addresses that are signed themselves.
        return found and (found[0], "s3")
    return None


def _region_and_service(credential: str) -> tuple[str, str] | None:
    """Return what a credential is for.

    Examples
    --------
    >>> _region_and_service("Credential=AKIA/20260101/eu-west-1/glue/aws4_request")
    ('eu-west-1', 'glue')
    """
    parts = credential.split("/")
    if len(parts) == _SCOPE_PARTS:
        service = parts[3]
        return parts[2], service if service in APIS_OF_SIGNING_NAME else service.lower()
    # A signature for several regions (sigv4a) names none here.
    return ("us-east-1", parts[2].lower()) if len(parts) == _SCOPE_PARTS - 1 else None


def _unsigned_service(environ: Environ, body: Body) -> str | None:
    """Return which service a request without a signature is for; None for S3."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return _UNSIGNED_TARGETS.get(target.partition(".")[0])
    if environ["REQUEST_METHOD"] == "POST" and environ.get("CONTENT_TYPE", "").startswith(_FORM):
        form = from_form(read_body(environ, body).decode("utf-8", "replace"))
        return _UNSIGNED_ACTIONS.get(str(form.get("Action")))
    return None
