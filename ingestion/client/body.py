"""Reads a response body into rows without changing a byte of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_DECODER = json.JSONDecoder()
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
        if text[start : start + 1] == "[":
            rows, end = _elements(text, start)
        else:
            record, end = _DECODER.raw_decode(text, start)
            rows = [Row(_on_one_line(text[start:end]), record)]
    except (ValueError, RecursionError) as error:
        raise UnreadableBodyError(f"{len(content)} bytes that are not JSON") from error
    if _skip_space(text, end) != len(text):
        raise UnreadableBodyError("something follows the JSON document")
    return Body(rows, text[start] == "[")


def _elements(text: str, start: int) -> tuple[list[Row], int]:
    rows: list[Row] = []
    position = _skip_space(text, start + 1)
    if text[position : position + 1] == "]":
        return rows, position + 1
    while True:
        record, end = _DECODER.raw_decode(text, position)
        rows.append(Row(_on_one_line(text[position:end]), record))
        position = _skip_space(text, end)
        separator = text[position : position + 1]
        position = _skip_space(text, position + 1)
        if separator == "]":
            return rows, position
        if separator != ",":
            raise UnreadableBodyError("an array without an end")


def _skip_space(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return position if match is None else match.end()


def _on_one_line(text: str) -> str:
    # JSON strings hold no raw line break (the decoder refuses them), so these lie between tokens.
    if "\n" in text or "\r" in text:
        return text.replace("\r", " ").replace("\n", " ")
    return text
