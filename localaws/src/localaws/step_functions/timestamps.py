"""Timestamps as the States Language has them: RFC 3339, with offsets and fractions."""

import re
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from moto.stepfunctions.parser.asl.component.state.choice.comparison.operator.implementations.is_operator import (  # noqa: E501
    IsTimestamp,
)
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import timestamp

_TIMESTAMP = re.compile(
    r"(?P<seconds>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.(?P<fraction>\d+))?(?P<zone>Z|[+-]\d{2}:\d{2})",
    re.ASCII,
)
_SECOND = timedelta(seconds=1)
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def instant(text: Any) -> Fraction | None:
    """Return the seconds since 1970 of a timestamp, None if the value is none.

    The letters T and Z are upper case ("Timestamps" in the specification of the States Language).

    Examples
    --------
    >>> instant("2026-01-01T00:30:00-02:00") == instant("2026-01-01T02:30:00.000Z")
    True
    >>> instant("2026-01-01") is None
    True
    """
    found = _TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    try:
        whole = datetime.fromisoformat(found["seconds"] + found["zone"].replace("Z", "+00:00"))
    except ValueError:
        return None
    return (whole - _EPOCH) // _SECOND + Fraction(f"0.{found['fraction'] or 0}")


def _wait_until(text: str) -> datetime | None:
    """Return when a Wait state ends, in the clock without a zone that moto compares it with."""
    seconds = instant(text)
    return None if seconds is None else datetime.fromtimestamp(float(seconds))  # noqa: DTZ006


def install() -> None:
    """Read timestamps in Choice and Wait states so; moto 5.2.5 knows whole seconds in UTC."""
    IsTimestamp.string_to_timestamp = staticmethod(instant)
    timestamp.Timestamp._from_timestamp_string = staticmethod(_wait_until)
