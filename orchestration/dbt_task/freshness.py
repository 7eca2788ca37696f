"""Describes how old the newest row of a source is, and how old it may be."""

from datetime import UTC, datetime
from typing import Any

_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


def describe(result: Any) -> str:
    """Return the sentence for one source.

    Parameters
    ----------
    result
        dbt's result of ``source freshness`` for one source. Only ``max_loaded_at`` (UTC), ``age``
        (seconds) and the thresholds of its node are read, and any of them may be missing.

    Returns
    -------
    str
        Empty if dbt did not measure an age.

    Examples
    --------
    >>> from types import SimpleNamespace as Of
    >>> late = Of(count=36, period="hour")
    >>> describe(Of(age=180_000.0, max_loaded_at=datetime(2026, 3, 1, tzinfo=UTC),
    ...             node=Of(freshness=Of(warn_after=None, error_after=late))))
    'its newest row is 2 days 2 hours old (2026-03-01 00:00 UTC); it fails after 36 hours'
    """
    age = getattr(result, "age", None)
    if age is None:
        return ""
    newest = getattr(result, "max_loaded_at", None)
    if not isinstance(newest, datetime):
        found = f"its newest row is {_duration(age)} old"
    elif newest.year == 1:  # dbt's value for none
        found = "it has no recent row"
    else:
        at = f"{newest.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        found = f"its newest row is {_duration(age)} old ({at})"
    freshness = getattr(getattr(result, "node", None), "freshness", None)
    limits = [
        f"it {verb} after {threshold}"
        for verb, name in (("warns", "warn_after"), ("fails", "error_after"))
        if (threshold := _threshold(getattr(freshness, name, None)))
    ]
    return "; ".join([found, *limits])


def _threshold(limit: Any) -> str:
    count = getattr(limit, "count", None)
    if count is None:
        return ""
    period = str(getattr(limit.period, "value", limit.period))
    return _counted(int(count), period)


def _duration(seconds: float) -> str:
    left, parts = int(seconds), list[str]()
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(_counted(count, unit))
    return " ".join(parts[:2]) or "0 seconds"


def _counted(count: int, unit: str) -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"
