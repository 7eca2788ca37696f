"""Checks whether a JSON value fits its type. Standard library only: Spark's workers run this."""

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

# A line nested deeper than this is not read. Spark's parser stops at 1,000 levels.
DEEPEST_NESTING = 2_000

# Spark's parser does not read longer numbers.
_MOST_DIGITS = 1_000

# The same grammar as in `expressions.timestamp`, so both readings of a line agree.
TIMESTAMP = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?"

_TIMESTAMP = re.compile(TIMESTAMP, re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LARGEST_OFFSET = timedelta(hours=18)
_INTEGER_BITS = {"int": 31, "bigint": 63}
_BOOLEANS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "-0"), False),
}  # fmt: skip
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class Number:
    """A number as it was written: no digit is lost, and a thousand digits are not computed."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class MisfitError(ValueError):
    """A value does not fit; the message says how: `wrong_type` or `impossible_value`."""


def parse(line: bytes) -> Any:
    """Parse one line strictly as in RFC 8259, with `NaN` and `Infinity` as numbers.

    A byte order mark before it is skipped; if a name appears twice, the last value wins.

    Raises
    ------
    ValueError
        The line is not UTF-8, not exactly one JSON value, or nested too deeply.
    """
    text = line.decode().removeprefix("\ufeff")
    if text.count("{") + text.count("[") > DEEPEST_NESTING and _depth(text) > DEEPEST_NESTING:
        raise ValueError("nested too deeply")
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)


def dump(value: Any, *, ascii_only: bool = True) -> str:
    """Return the compact JSON text of what `parse` returned."""
    if isinstance(value, str):
        return encode_basestring_ascii(value) if ascii_only else encode_basestring(value)
    if isinstance(value, Number):
        return value.text
    if isinstance(value, dict):
        inner = [
            f"{dump(name, ascii_only=ascii_only)}:{dump(part, ascii_only=ascii_only)}"
            for name, part in value.items()
        ]
        return f"{{{','.join(inner)}}}"
    if isinstance(value, list):
        return f"[{','.join([dump(part, ascii_only=ascii_only) for part in value])}]"
    return {True: "true", False: "false", None: "null"}[value]


def as_text(value: Any) -> str:
    """Return a string unchanged, anything else as JSON."""
    return value if isinstance(value, str) else dump(value, ascii_only=False)


def is_nothing(value: Any) -> bool:
    """Return whether a value of any type means that there is none."""
    return value is None or value is False or value in ([], {}) or is_blank(value)


def is_blank(value: Any) -> bool:
    """Return whether a value is a text without a visible character."""
    return isinstance(value, str) and not value.strip()


def fit_text(value: Any) -> Any:
    """Return a text; numbers and booleans are kept as the text they were written with."""
    is_number = isinstance(value, Number) and (_is_readable(value) or _is_finite(value))
    if not (is_number or isinstance(value, str | bool)):
        raise MisfitError("wrong_type")
    return value


def fit_boolean(value: Any) -> Any:
    """Return a boolean, also for the texts and numbers that Spark casts to one."""
    if isinstance(value, bool):
        return value
    word = value.text if isinstance(value, Number) else value
    found = _BOOLEANS.get(word.strip(" ").lower()) if isinstance(word, str) else None
    if found is None:
        raise MisfitError("wrong_type")
    return found


def fit_double(value: Any) -> Any:
    """Return a finite number, also for a text that contains one."""
    number = _number(value)
    if not _is_finite(number):
        raise MisfitError("impossible_value")
    return number


def fit_integer(kind: str) -> Callable[[Any], Any]:
    """Return a function that fits values to an integer column: whole numbers, also `3.0`."""

    def fit(value: Any) -> Any:
        number = fit_double(value)
        whole = _whole(number.text)
        if not -(2 ** _INTEGER_BITS[kind]) <= whole < 2 ** _INTEGER_BITS[kind]:
            raise MisfitError("impossible_value")
        return Number(str(whole))

    return fit


def fit_numbers(value: Any) -> Any:
    """Return a list of numbers that fit an `int`; Spark truncates them; null stays null."""
    if not isinstance(value, list):
        raise MisfitError("wrong_type")
    for element in value:
        if element is None:
            continue
        if not isinstance(element, Number):
            raise MisfitError("wrong_type")
        if not abs(float(element.text)) < 2 ** _INTEGER_BITS["int"]:
            raise MisfitError("impossible_value")
    return value


def fit_timestamp(value: Any) -> datetime:
    """Return the moment that a text names; without a zone it is in UTC.

    Raises
    ------
    MisfitError
        The text is not an ISO date or timestamp, or there is no such day or time.
    """
    text = value.strip(" ") if isinstance(value, str) else ""
    if not _TIMESTAMP.fullmatch(text):
        raise MisfitError("wrong_type")
    day, time, zone = text[:10], text[11:], UTC
    if time.endswith("Z"):
        time = time[:-1]
    elif time[-6:-5] in ("+", "-"):
        time, hours, minutes = time[:-6], int(time[-5:-3]), int(time[-2:])
        offset = timedelta(hours=hours, minutes=minutes)
        if minutes > 59 or offset > _LARGEST_OFFSET:
            raise MisfitError("wrong_type")
        zone = timezone(-offset if text[-6] == "-" else offset)
    clock, _, fraction = time.partition(".")
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}" if clock else day)
        precise = moment.replace(microsecond=int(fraction[:6].ljust(6, "0")), tzinfo=zone)
        return precise.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MisfitError("wrong_type") from error


def fit_day(value: Any) -> datetime:
    """Return midnight UTC of the day at the beginning of a text; time and zone are ignored.

    Raises
    ------
    MisfitError
        The text is not an ISO date or timestamp, or there is no such day or time.
    """
    fit_timestamp(value)
    return datetime.fromisoformat(value.strip(" ")[:10]).replace(tzinfo=UTC)


def _number(value: Any) -> Number:
    if isinstance(value, Number):
        return value
    text = value.strip(" ") if isinstance(value, str) else ""
    if not _NUMBER.fullmatch(text):
        raise MisfitError("wrong_type")
    return Number(repr(float(text)) if not text.lstrip("+-").isdigit() else str(_whole(text)))


def _is_readable(number: Number) -> bool:
    """Return whether Spark reads a whole number digit by digit, however large it is."""
    digits = number.text.lstrip("-")
    return digits.isdigit() and len(digits) <= _MOST_DIGITS


def _is_finite(number: Number) -> bool:
    return math.isfinite(float(number.text))


def _whole(text: str) -> int:
    """Return the integer in a text; the number is known to be finite."""
    digits = text.lstrip("+-")
    if digits.isdigit():
        # Python refuses to read more digits than this, and no column can contain them.
        if len(digits.lstrip("0")) > 19:
            raise MisfitError("impossible_value")
        return int(text)
    number = float(text)
    if not number.is_integer():
        raise MisfitError("wrong_type")
    return int(number)


def _depth(text: str) -> int:
    depth = deepest = 0
    for character in _STRINGS.sub("", text):
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest
