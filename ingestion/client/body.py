"""Reads a response body into rows without changing a byte of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# The C scanner that JSONDecoder.raw_decode calls; it raises StopIteration where no value begins.
_scan: Callable[[str, int], tuple[Any, int]] = vars(json.JSONDecoder())["scan_once"]
_SPACE = re.compile(r"[ \t\r\n]*")


class UnreadableBodyError(ValueError):
    """The body is not the JSON that the endpoint promises (cut off, HTML, another shape)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One record: as served, on one line, and parsed."""

    text: str
    record: Any


@dataclass(frozen=True, slots=True)
class Body:
    """The rows of a body; ``is_array`` tells a list from a single object."""

    rows: list[Row]
    is_array: bool


def parse_body(content: bytes) -> Body:
    """Split a JSON body into its records.

    An array gives one row per element, anything else one row. The text of each record is a slice of
    what was served, so numbers keep their digits and unknown fields their order.

    Raises
    ------
    UnreadableBodyError
        The body is empty, cut off, not UTF-8 or not JSON.
    """
    try:
        text = content.decode("utf-8-sig")
        start = _skip_space(text, 0)
        is_array = text.startswith("[", start)
        rows, end = _elements(text, start + 1) if is_array else _single(text, start)
    except (ValueError, RecursionError, StopIteration) as error:
        raise UnreadableBodyError(f"{len(content)} bytes that are not JSON") from error
    if _skip_space(text, end) != len(text):
        raise UnreadableBodyError("something after the JSON document")
    return Body(rows, is_array)


def _single(text: str, start: int) -> tuple[list[Row], int]:
    record, end = _scan(text, start)
    return [Row(_on_one_line(text[start:end]), record)], end


def _elements(text: str, start: int) -> tuple[list[Row], int]:
    """Read elements up to the closing bracket, in a loop that costs little beyond the scanning."""
    rows: list[Row] = []
    position = _skip_space(text, start)
    if text.startswith("]", position):
        return rows, position + 1
    has_line_breaks = "\n" in text or "\r" in text
    while True:
        record, end = _scan(text, position)
        element = text[position:end]
        rows.append(Row(_on_one_line(element) if has_line_breaks else element, record))
        if not text.startswith((",", "]"), end):
            end = _skip_space(text, end)
        if text.startswith("]", end):
            return rows, end + 1
        if not text.startswith(",", end):
            raise UnreadableBodyError("an array without an end")
        position = _skip_space(text, end + 1)


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return position if match is None else match.end()


def _on_one_line(text: str) -> str:
    # JSON strings hold no raw line break (the decoder refuses them), so these lie between tokens.
    return text.replace("\r", " ").replace("\n", " ")
