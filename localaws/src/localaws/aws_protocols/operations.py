"""Which operation a request asks for, in every protocol, from botocore's descriptions."""

import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.model import OperationModel

from localaws.aws_protocols.errors import Environ
from localaws.aws_protocols.services import apis_of, model_of

_LABEL = re.compile(r"\\\{(\w+)(\\\+)?\\\}")
_TELLING_HEADER = "x-amz-copy-source"
"""The one header by which an operation differs from another of the same address."""


@dataclass(frozen=True)
class Asked:
    """What a request asks for.

    Parameters
    ----------
    api
        Botocore's name of the service.
    operation
        The operation's name.
    texts
        All texts in the parameters, and the ARN of an object of S3: by these a resource is found.
    """

    api: str
    operation: str
    texts: tuple[str, ...]


def asked_of(environ: Environ, signing_name: str) -> Asked | None:
    """Return what a request asks for; None if the service has no such operation.

    Parameters
    ----------
    environ
        WSGI environment. The body is read and put back, but not that of a request to S3.
    signing_name
        The service in the signature.
    """
    apis = apis_of(signing_name)
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        operation = target.rpartition(".")[2]
        return _asked(apis, operation, tuple(_texts(_json_body(environ))))
    query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    for api in apis:
        found = _rest_operation(api, environ, query)
        if found is not None:
            return found
    form = {**query, **parse_qs(body_of(environ).decode("utf-8", "replace"))}
    texts = tuple(text for values in form.values() for text in values)
    return _asked(apis, form["Action"][0], texts) if "Action" in form else None


def _asked(apis: tuple[str, ...], operation: str, texts: tuple[str, ...]) -> Asked | None:
    """Return what is asked for, of the one among several services that has the operation."""
    having = (api for api in apis if operation in model_of(api).operation_names)
    api = next(having, None)
    return Asked(api, operation, texts) if api else None


def body_of(environ: Environ) -> bytes:
    """Return the body of a request, which can be read again."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    source = environ["wsgi.input"]
    body: bytes = source.read(length) if length else b""
    environ["wsgi.input"] = io.BytesIO(body)
    return body


@dataclass(frozen=True)
class _Route:
    operation: str
    path: re.Pattern[str]
    literals: Mapping[str, list[str]]
    needed: frozenset[str]
    copies: bool
    is_outdated: bool

    @property
    def demands(self) -> tuple[int, bool, int]:
        """The more an operation demands, the earlier it is tried; a newer one before an older."""
        demanded = len(self.literals) + len(self.needed) + self.copies
        return demanded, not self.is_outdated, len(self.path.pattern)

    def fits(self, path: str, query: Mapping[str, list[str]], environ: Environ) -> bool:
        return (
            self.path.fullmatch(path) is not None
            and all(query.get(name) == value for name, value in self.literals.items())
            and all(name in query for name in self.needed)
            and (not self.copies or "HTTP_X_AMZ_COPY_SOURCE" in environ)
        )


def _rest_operation(api: str, environ: Environ, query: Mapping[str, list[str]]) -> Asked | None:
    path = str(environ.get("REQUEST_URI") or environ["PATH_INFO"]).partition("?")[0]
    for route in _routes(api).get(environ["REQUEST_METHOD"], ()):
        if route.fits(path, query, environ):
            words = [unquote(part) for part in path.split("/")]
            texts = [unquote(path), *words, *(text for values in query.values() for text in values)]
            if api == "s3":
                texts.append("arn:aws:s3:::" + unquote(path).lstrip("/"))
            else:
                texts += _texts(_json_body(environ))
            return Asked(api, route.operation, tuple(texts))
    return None


@cache
def _routes(api: str) -> dict[str, list[_Route]]:
    """Return a REST service's operations by method; none for other protocols."""
    model = model_of(api)
    routes: dict[str, list[_Route]] = {}
    if not str(model.metadata["protocol"]).startswith("rest"):
        return routes
    for name in model.operation_names:
        operation = model.operation_model(name)
        routes.setdefault(operation.http["method"], []).append(_route(operation))
    for found in routes.values():
        found.sort(key=lambda route: route.demands, reverse=True)
    return routes


def _route(operation: OperationModel) -> _Route:
    path, _, literals = operation.http["requestUri"].partition("?")
    shape = operation.input_shape
    members = shape.members if shape else {}
    needed = {
        members[name].serialization.get("name", name): members[name].serialization.get("location")
        for name in (shape.required_members if shape else ())
    }
    labels = re.escape(path.rstrip("/") or "/")
    pattern = _LABEL.sub(lambda label: "(.+)" if label[2] else "([^/]+)", labels)
    return _Route(
        operation=operation.name,
        path=re.compile(f"{pattern}/?"),
        literals=parse_qs(literals, keep_blank_values=True),
        needed=frozenset(name for name, place in needed.items() if place == "querystring"),
        copies=needed.get(_TELLING_HEADER) == "header",
        is_outdated=bool(operation.deprecated),
    )


def _json_body(environ: Environ) -> Any:
    try:
        return json.loads(body_of(environ) or b"{}")
    except ValueError:
        return {}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)
