r"""Splits a body that is not strict JSON, so that one odd record costs neither the page nor itself.

Wistia passes on what browsers and forms sent: bytes that are not UTF-8, control characters, half of
a surrogate pair, NaN, deep nesting. If such a page counted as a passing fault, every night would
fail on it. So each record is landed as served, except for what a line of JSON cannot contain:
control characters and bytes that are not UTF-8 become escapes in its strings, such as ``\u0009``
and ``\udcfc``, from which the byte can be recovered. A body that was cut off stays unreadable.
"""

import json
import re
import sys
from collections.abc import Iterator
from itertools import accumulate

# The normalize job does not read lines that are nested more deeply: they are landed unchecked. Each
# level takes a few frames, and Python's own limit is 1,000 frames.
DEEPEST_NESTING = 2_000
_DEEPEST_RECURSION = 5 * DEEPEST_NESTING

# A whole string, a bracket, a comma, or anything between them. An unfinished string does not match.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[][{},]|[^][{},"]+', re.DOTALL)
_UNFIT = re.compile(r"[\x00-\x1f\ud800-\udfff]")
_LINE_BREAK = re.compile(r"[\r\n]")
_BLANKS = " \t\r\n"
_CLOSES = {"]": "[", "}": "{"}


class UnreadableBodyError(ValueError):
    """The body is not the JSON that the endpoint promises (cut off, HTML, another shape)."""


def split(content: bytes) -> tuple[list[bytes], bool]:
    """Return the JSON text of each record on one line, and whether they come from an array.

    Raises
    ------
    UnreadableBodyError
        The body is cut off, or no reader accepts one of its records as JSON.
    """
    try:
        text = content.decode("utf-8-sig", "surrogateescape").strip(_BLANKS)
        is_array = text.startswith("[")
        records = _elements(text) if is_array else [text]
        return [_line(record.strip(_BLANKS)) for record in records], is_array
    except ValueError as error:
        raise UnreadableBodyError(f"{len(content)} bytes that are not JSON") from error


def _elements(array: str) -> list[str]:
    """Cut a JSON array at the commas between its elements."""
    elements: list[str] = []
    depth, at, start = 0, 0, 1
    for token in _tokens(array):
        if depth == 1 and token in {",", "]"}:
            elements.append(array[start:at])
            start = at + 1
        depth += _depth_of(token)
        at += len(token)
    return [] if len(elements) == 1 and not elements[0].strip(_BLANKS) else elements


def _line(record: str) -> bytes:
    """Return a record as one line of JSON, as served if possible."""
    tokens = list(_tokens(record))
    line = "".join([_fit(token) for token in tokens])
    depth = max(accumulate(map(_depth_of, tokens)), default=0)
    if depth <= DEEPEST_NESTING:
        _check(line)
    return line.encode()


def _check(line: str) -> None:
    # A number of thousands of digits is only checked, not computed.
    try:
        json.loads(line, parse_int=str)
    except RecursionError:
        sys.setrecursionlimit(_DEEPEST_RECURSION)
        json.loads(line, parse_int=str)


def _tokens(text: str) -> Iterator[str]:
    """Yield the tokens of one JSON value.

    Raises
    ------
    ValueError
        The value is cut off, its brackets do not match, or something follows it.
    """
    open_brackets: list[str] = []
    end = 0
    for found in _TOKEN.finditer(text):
        token = found[0]
        if found.start() != end or (end and not open_brackets):
            raise ValueError("a text does not end, or something follows the value")
        if token in _CLOSES.values():
            open_brackets.append(token)
        elif token in _CLOSES and (not open_brackets or open_brackets.pop() != _CLOSES[token]):
            raise ValueError("brackets do not match")
        end = found.end()
        yield token
    if end != len(text) or open_brackets:
        raise ValueError("the value is cut off")


def _depth_of(token: str) -> int:
    return (token in _CLOSES.values()) - (token in _CLOSES)


def _fit(token: str) -> str:
    if token.startswith('"'):
        return _UNFIT.sub(lambda found: f"\\u{ord(found[0]):04x}", token)
    return _LINE_BREAK.sub(" ", token)
