"""How far apart the times of a schedule are."""

import re
from datetime import timedelta

_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_DAY = timedelta(days=1)


def longest_gap(expression: str) -> timedelta | None:
    """Return the longest time between two starts, None if the expression is not a simple one.

    A day of a time zone may have an hour more; `NightHours` has two hours to spare.

    Examples
    --------
    >>> longest_gap("cron(0 2,14 * * ? *)"), longest_gap("rate(2 days)")
    (datetime.timedelta(seconds=43200), datetime.timedelta(days=2))
    """
    if rate := re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", expression):
        return int(rate[1]) * _UNITS[rate[2]]
    cron = re.fullmatch(r"cron\((\d+) ([\d,]+) (\S+) \* (\S+) \*\)", expression)
    if cron is None:
        return None
    if not {cron[3], cron[4]} <= {"*", "?"}:
        return _of_week(cron[3], cron[4])
    hours = sorted({int(hour) for hour in cron[2].split(",")})
    following = [*hours[1:], hours[0] + 24]
    return max(timedelta(hours=b - a) for a, b in zip(hours, following, strict=True))


def _of_week(days: str, weekdays: str) -> timedelta | None:
    if days not in {"*", "?"} or not re.fullmatch(r"[A-Z0-9]{1,3}", weekdays):
        return None
    return 7 * _DAY
