r"""Splits a body that strict JSON is not, so that one odd record costs neither the page nor itself.

Wistia passes on what browsers and forms sent: bytes that are not UTF-8, control characters, half of
a surrogate pair, NaN, deep nesting. A night that took such a page for a passing fault would fail on
it every night. So each record is landed as it was served, but for what no line of JSON can hold: in
its texts, control characters and bytes that are not UTF-8 become escapes, as ``\u0009`` and
``\udcfc``, from which the byte can be told. A body that was cut off is still unreadable.
"""

import json
import re
import sys
from collections.abc import Iterator
from itertools import accumulate

# The normalize job reads no line that is nested more deeply: such a one is landed unchecked. Each
# level takes a few frames, and Python's own limit is 1,000 frames.
DEEPEST_NESTING = 2_000
_DEEPEST_RECURSION = 5 * DEEPEST_NESTING

# A whole text, a bracket, a comma, or anything between them. A text that does not end is none.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[][{},]|[^][{},"]+', re.DOTALL)
_UNFIT = re.compile(r"[\x00-\x1f\ud800-\udfff]")
_LINE_BREAK = re.compile(r"[\r\n]")
_BLANKS = " \t\r\n"
_CLOSES = {"]": "[", "}": "{"}


class UnreadableBodyError(ValueError):
    """The body is not the JSON that the endpoint promises (cut off, HTML, another shape)."""


def split(content: bytes) -> tuple[list[bytes], bool]:
    """Return the JSON text of each record on one line, and whether they are elements of a list.

    Raises
    ------
    UnreadableBodyError
        The body is cut off, or one of its records is no JSON for any reader.
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
    """Return a record as one line of JSON, as served where that can be."""
    tokens = list(_tokens(record))
    line = "".join([_fit(token) for token in tokens])
    depth = max(accumulate(map(_depth_of, tokens)), default=0)
    if depth <= DEEPEST_NESTING:
        _check(line)
    return line.encode()


def _check(line: str) -> None:
    # A number of thousands of digits is not computed, only looked at.
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
        It is cut off, its brackets do not match, or something follows it.
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
