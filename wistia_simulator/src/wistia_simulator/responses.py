"""The request that handlers receive, and their responses."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

JSON = "application/json; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
MAX_PER_PAGE = 100


@dataclass(frozen=True)
class Response:
    """Status, body and headers of one answer; `delivered` is called when all of it is sent."""

    status: int
    body: bytes = b""
    content_type: str | None = JSON
    headers: tuple[tuple[str, str], ...] = ()
    delivered: Callable[[], None] | None = None

    @classmethod
    def of(cls, content: Any, status: int = 200) -> "Response":
        """Return a response with a JSON body."""
        return cls(status, json.dumps(content, ensure_ascii=False).encode())

    @classmethod
    def error(cls, status: int, message: str) -> "Response":
        """Return a response with a JSON body in the form of Wistia's errors."""
        return cls.of({"error": message}, status)

    @classmethod
    def without_body(cls, status: int) -> "Response":
        """Return a response without a body: the answer of statistics for an unknown media."""
        return cls(status, b"", None)


class BadParameterError(Exception):
    """A parameter that the API refuses; the message is the error of the response."""


@dataclass(frozen=True)
class Request:
    """What a handler needs to know about a request.

    Parameters
    ----------
    track
        ``v1`` or ``modern``.
    release
        The release that the version header pins, such as ``2026-01``; the newest without one.
    """

    path: str
    track: str
    release: str
    query: Mapping[str, list[str]] = field(default_factory=dict)

    @staticmethod
    def parse_query(text: str) -> dict[str, list[str]]:
        """Split a query string into its parameters."""
        query: dict[str, list[str]] = {}
        for name, value in parse_qsl(text, keep_blank_values=True):
            query.setdefault(name, []).append(value)
        return query

    def get(self, name: str) -> str | None:
        """Return the last value of a parameter; None if absent or empty."""
        values = self.query.get(name)
        return values[-1] or None if values else None

    def all(self, name: str) -> list[str]:
        """Return all values of a list parameter, written as ``name[]`` or as ``name``."""
        return [value for key in (f"{name}[]", name) for value in self.query.get(key, ()) if value]

    def whole_number(self, name: str, default: int) -> int:
        """Return a parameter as a positive whole number; the default if absent.

        Raises
        ------
        BadParameterError
            It is not a positive whole number.
        """
        text = self.get(name)
        if text is None:
            return default
        if not text.isdecimal() or int(text) < 1:
            raise BadParameterError(f"{name} must be a positive whole number, got {text!r}")
        return int(text)

    def window(self, default_per_page: int) -> tuple[int, int]:
        """Return the first row and the number of rows of the requested page."""
        per_page = min(self.whole_number("per_page", default_per_page), MAX_PER_PAGE)
        return (self.whole_number("page", 1) - 1) * per_page, per_page
