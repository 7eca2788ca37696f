"""Finds the operation of a REST request by its method, path, query and headers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from localaws.permissions.models import model_of

Query = Mapping[str, list[str]]

_LABEL = re.compile(r"\{(\w+)(\+?)\}")


@dataclass(frozen=True)
class Route:
    """How one operation is addressed, and where its parameters are.

    Parameters
    ----------
    labels
        The parameters in the path, in order.
    literals
        What the query must contain, with the value where it is fixed.
    needed_query, needed_headers
        Parts of the query, and headers, without which it is another operation.
    query, headers
        The parameter of each name there.
    body
        The parameter of each name at the top of the body; None if the body is a payload that is not
        read, such as that of an S3 object.
    """

    operation: str
    pattern: re.Pattern[str]
    labels: tuple[str, ...]
    literals: tuple[tuple[str, str | None], ...]
    needed_query: tuple[str, ...]
    needed_headers: tuple[str, ...]
    query: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: Mapping[str, str] | None = field(repr=False)

    @property
    def weight(self) -> tuple[int, int]:
        """More demands come first, then longer fixed paths."""
        demands = len(self.literals) + len(self.needed_query) + len(self.needed_headers)
        return demands, len(self.pattern.pattern.replace("([^/]+)", "").replace("(.+)", ""))

    def demands_are_met(self, query: Query, environ: Mapping[str, Any]) -> bool:
        """Return whether query and headers are those of this operation."""
        for name, value in self.literals:
            if name not in query or (value is not None and value not in query[name]):
                return False
        return all(name in query for name in self.needed_query) and all(
            environ.get(header) for header in self.needed_headers
        )


@dataclass(frozen=True)
class Match:
    """An operation, and its parameters outside the body."""

    route: Route
    parameters: dict[str, Any]


class Routes:
    """The operations of one REST service."""

    def __init__(self, model: Mapping[str, Any]) -> None:
        # By method and number of parts of the path; -1 where a parameter may contain slashes.
        self._routes: dict[tuple[str, int], list[Route]] = {}
        for name, operation in model["operations"].items():
            route = _route(name, operation, model["shapes"])
            path = operation["http"]["requestUri"].partition("?")[0]
            parts = -1 if "+}" in path else _parts(path)
            self._routes.setdefault((operation["http"]["method"], parts), []).append(route)
        for routes in self._routes.values():
            routes.sort(key=lambda route: route.weight, reverse=True)

    def match(
        self, method: str, path: str, query: Query, environ: Mapping[str, Any]
    ) -> Match | None:
        """Return the operation of a request; None if the service has no such.

        Parameters
        ----------
        path
            As it was sent: encoded characters still are.
        query
            Decoded.
        environ
            The WSGI environment, for the headers.
        """
        for parts in (_parts(path), -1):
            for route in self._routes.get((method, parts), ()):
                found = route.pattern.fullmatch(path)
                if found and route.demands_are_met(query, environ):
                    return Match(route, _parameters(route, found.groups(), query, environ))
        return None


@lru_cache(maxsize=256)
def routes_of(api: str) -> Routes | None:
    """Return the routes of a service by botocore's name of it."""
    model = model_of(api)
    if model is None or not model["metadata"]["protocol"].startswith("rest"):
        return None
    return Routes(model)


def header_key(name: str) -> str:
    """Return the key of a header in a WSGI environment.

    Examples
    --------
    >>> header_key("x-amz-copy-source")
    'HTTP_X_AMZ_COPY_SOURCE'
    """
    key = name.upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


def _parts(path: str) -> int:
    inner = path.strip("/")
    return inner.count("/") + 1 if inner else 0


def _route(name: str, operation: Mapping[str, Any], shapes: Mapping[str, Any]) -> Route:
    path, _, literals = operation["http"]["requestUri"].partition("?")
    shape = shapes[operation["input"]["shape"]] if "input" in operation else {"members": {}}
    required = set(shape.get("required", ()))
    labels, query, headers, body = {}, {}, {}, {}
    needed_query, needed_headers = [], []
    for member, facts in shape["members"].items():
        wire = facts.get("locationName", member)
        match facts.get("location"):
            case "uri":
                labels[wire] = member
            case "querystring":
                query[wire] = member
                needed_query += [wire] if member in required else []
            case "header" | "headers":
                headers[header_key(wire)] = member
                # Only headers that tell operations apart: clients add others of themselves.
                needed_headers += [header_key(wire)] if member == "CopySource" else []
            case _:
                body[wire] = member
    if "payload" in shape and shapes[shape["members"][shape["payload"]]["shape"]]["type"] in (
        "blob",
        "string",
    ):
        body = {}
    return Route(
        operation=name,
        pattern=_pattern(path),
        labels=tuple(labels.get(label, label) for label, _ in _LABEL.findall(path)),
        literals=tuple(_literal(item) for item in literals.split("&") if item),
        needed_query=tuple(needed_query),
        needed_headers=tuple(needed_headers),
        query=query,
        headers=headers,
        body=body or None,
    )


def _literal(item: str) -> tuple[str, str | None]:
    name, equals, value = item.partition("=")
    return name, value if equals else None


def _pattern(path: str) -> re.Pattern[str]:
    pattern, end = "", 0
    for label in _LABEL.finditer(path):
        pattern += re.escape(path[end : label.start()])
        pattern += "(.+)" if label.group(2) else "([^/]+)"
        end = label.end()
    pattern += re.escape(path[end:])
    # A slash at the end is part of a key, and nothing where no parameter takes slashes.
    return re.compile(pattern if pattern.endswith("(.+)") else pattern.rstrip("/") + "/?")


def _parameters(
    route: Route, labels: tuple[str, ...], query: Query, environ: Mapping[str, Any]
) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        name: unquote(value) for name, value in zip(route.labels, labels, strict=True)
    }
    for name, values in query.items():
        if name in route.query:
            parameters[route.query[name]] = values[0] if len(values) == 1 else values
    for key, member in route.headers.items():
        if key in environ:
            parameters[member] = environ[key]
    return parameters
