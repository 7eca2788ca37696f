"""The months in which the alarms are tried, each with the alarms that it must raise."""

import random
from dataclasses import replace

from tests.support.alarm_worlds import (
    DAYS,
    END,
    GIB,
    HOUR,
    MINUTE,
    START,
    Night,
    World,
    at,
    changed,
    regular,
)

_DAILY = regular()
_JITTER = random.Random(15)


def _quiet(first: int, count: int, nights: tuple[Night, ...] = _DAILY) -> tuple[Night, ...]:
    """Return nights of which some find no new event; Wistia serves old ones for three days."""
    for number in range(1, count + 1):
        lag = (6 + 24 * number) * 3600.0 if number <= 2 else None
        nights = changed(nights, [first + number - 1], new_rows=0, lag_seconds=lag)
    return nights


def _without(days: range) -> tuple[Night, ...]:
    gone = {at(day).date() for day in days}
    return tuple(night for night in _DAILY if night.started.date() not in gone)


def _figures(**changes: object) -> tuple[Night, ...]:
    return tuple(replace(night, **changes) for night in _DAILY)


_BACKFILL = Night(at(12, 15), new_rows=None, lag_seconds=None, minutes=90, quarantined=40)
_FIRST = Night(START + 20 * MINUTE, new_rows=2_000_000, minutes=300, quarantined=80, throttles=12)
_ONCE_FAILED = changed(_DAILY, [10], outcome="Failed", fails_early=True)

MONTHS = (
    World("a good night a day", _DAILY),
    World(
        "each night somewhere in a flexible window of 15 minutes",
        tuple(
            replace(night, started=at(day, 2, _JITTER.uniform(0, 15)))
            for day, night in enumerate(_DAILY, start=1)
        ),
        parameters={"NoEventsDays": 1},
    ),
    World(
        "a region whose day has 25 hours",
        tuple(
            replace(it, started=it.started + HOUR) if n > 14 else it for n, it in enumerate(_DAILY)
        ),
    ),
    World("two nights a day", _DAILY + regular(hour=14)),
    World("deployed five minutes before the first night", _DAILY, deployed=at(1, 1, 55)),
    World(
        "deployed five minutes after the night", regular(range(2, DAYS + 1)), deployed=at(1, 2, 5)
    ),
    World("a first night of 729 days", (_FIRST, *_DAILY)),
    World("a backfill by hand", (*_DAILY, _BACKFILL)),
    World("a night started again by hand", (*_DAILY, Night(at(12, 10), new_rows=0))),
    # ── quiet accounts ───────────────────────────────────────────────────────────────────────────
    World("one quiet day", _quiet(10, 1)),
    World("two quiet days", _quiet(10, 2), {"ingest-lag": 1}),
    World("five quiet days", _quiet(10, 5), {"ingest-lag": 1, "no-events": 1}),
    World(
        "five quiet days and a backfill among them",
        (*_quiet(10, 5), _BACKFILL),
        {"ingest-lag": 1, "no-events": 1},
    ),
    World(
        "a quiet day where one is too many", _quiet(10, 1), {"no-events": 1}, {"NoEventsDays": 1}
    ),
    World(
        "five quiet days where six are allowed",
        _quiet(10, 5),
        {"ingest-lag": 1},
        {"NoEventsDays": 6},
    ),
    World(
        "seven quiet days where six are allowed",
        _quiet(10, 7),
        {"ingest-lag": 1, "no-events": 1},
        {"NoEventsDays": 6},
    ),
    # ── nights that do not end well ──────────────────────────────────────────────────────────────
    World("a failed night", _ONCE_FAILED, {"night-failed": 1}),
    World(
        "a failed night that is redriven",
        (*_ONCE_FAILED, Night(at(10, 8), is_redrive=True)),
        {"night-failed": 1},
    ),
    World(
        "a failed night whose redrive fails, too",
        (*_ONCE_FAILED, Night(at(10, 8), outcome="Failed", is_redrive=True)),
        {"night-failed": 2},
    ),
    World(
        "nights that fail for four days",
        changed(_DAILY, range(10, 14), outcome="Failed", fails_early=True),
        {"night-failed": 4, "no-events": 1},
    ),
    World(
        "a night that runs into its time limit",
        changed(_DAILY, [10], outcome="TimedOut", minutes=24 * 60.0, fails_early=True),
        {"night-timed-out": 1},
    ),
    World(
        "a night that somebody stops",
        changed(_DAILY, [10], outcome="Aborted", fails_early=True),
        {"night-aborted": 1},
    ),
    World("a night that is not started", _without(range(10, 11)), {"night-did-not-start": 1}),
    World(
        "no night for four days",
        _without(range(10, 14)),
        {"night-did-not-start": 1, "no-events": 1},
    ),
    World(
        "a night that the scheduler cannot start",
        _without(range(10, 11)),
        {"night-did-not-start": 1, "schedule-dead-letter": 1},
        dead_letters=((at(10, 8), at(11, 9)),),
    ),
    # ── schedules ────────────────────────────────────────────────────────────────────────────────
    World("never switched on", (), on=(), parameters={"ScheduleState": "DISABLED"}),
    World(
        "switched off for two weeks",
        _without(range(9, 23)),
        on=((START, at(8, 5)), (at(22, 10), END)),
    ),
    World(
        "switched off while Wistia was quiet",
        changed(_without(range(13, 23)), [10, 11, 12], new_rows=0, lag_seconds=30 * 3600.0),
        {"no-events": 1},
        on=((START, at(12, 15)), (at(22, 10), END)),
    ),
    World(
        "every second day",
        _DAILY[::2],
        parameters={"NightHours": 50, "ScheduleExpression": "rate(2 days)"},
    ),
    World("once a week", _DAILY[::7], parameters={"NightHours": 0}),
    World(
        "once a week, and the alarms were not told",
        _DAILY[::7],
        {"night-did-not-start": 5, "no-events": 4},
    ),
    # ── limits ───────────────────────────────────────────────────────────────────────────────────
    World(
        "a night with too much in quarantine",
        changed(_DAILY, [10], quarantined=101),
        {"quarantine": 1},
    ),
    World(
        "two such nights in a row", changed(_DAILY, [10, 11], quarantined=101), {"quarantine": 1}
    ),
    World("each night below the limit of quarantine, two above it", _figures(quarantined=60)),
    World("a throttled night", changed(_DAILY, [10], throttles=51), {"throttled": 1}),
    World("each night throttled a little", _figures(throttles=30)),
    World(
        "a night that scans too much", changed(_DAILY, [10], scanned=510 * GIB), {"scan-budget": 1}
    ),
    World(
        "the same where Athena sums by workgroup alone",
        changed(_figures(by_state=False), [10], scanned=510 * GIB),
        {"scan-budget": 1},
    ),
    World("every night near the budget of a day", _figures(scanned=240 * GIB)),
)
assert len({month.name for month in MONTHS}) == len(MONTHS)
