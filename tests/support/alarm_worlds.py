"""Months of nights, with the metrics that AWS and the pipeline emit in them."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tests.support.alarm_states import Metrics
from tests.support.filled_template import STACK

START = datetime(2026, 3, 1, 9, 17, tzinfo=UTC)
"""When the stack is deployed."""
DAYS = 31
END = START + timedelta(days=DAYS)
GIB = 1024**3
NIGHT = {"StateMachineArn": "NightlyStateMachine"}
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True)
class Night:
    """One execution and the figures that it emits."""

    started: datetime
    outcome: str = "Succeeded"
    new_rows: int | None = 900
    """None: the run says nothing of the account's events (a backfill, a few medias)."""
    lag_seconds: float | None = 6 * 3600.0
    quarantined: int = 3
    throttles: int = 0
    minutes: float = 12.0
    scanned: int = 90 * GIB
    by_state: bool = True
    """Whether Athena publishes what was scanned by state and type, or by workgroup alone."""
    fails_early: bool = False
    """Whether it ends before Seal, and so emits no figures."""
    is_redrive: bool = False
    """Whether it resumes an execution that was started before."""


@dataclass(frozen=True)
class World:
    """What happens in a month.

    Attributes
    ----------
    parameters
        Parameters of the template that differ from their defaults.
    nights
        All executions, also those that a person starts.
    fires
        How often each alarm goes into ALARM; all others never do.
    on
        Times during which the schedule is enabled.
    dead_letters
        When a message arrives in the dead-letter queue, and when it is removed.
    """

    name: str
    nights: tuple[Night, ...]
    fires: dict[str, int] = field(default_factory=dict)
    parameters: dict[str, object] = field(default_factory=dict)
    on: tuple[tuple[datetime, datetime], ...] = ((START, END),)
    dead_letters: tuple[tuple[datetime, datetime], ...] = ()
    deployed: datetime = START

    def metrics(self) -> Metrics:
        """Return the data points of the month."""
        metrics, jitter = Metrics(), random.Random(self.name)
        for begin, end in self.on:
            at = max(begin, self.deployed)
            while at < end:
                # Scheduler starts within the minute.
                seconds = timedelta(seconds=jitter.uniform(1, 59))
                metrics.put(at + seconds, "WistiaPipeline", "ScheduleIsOn", -1, stack=STACK)
                at += 30 * MINUTE
        for night in self.nights:
            _put_night(metrics, night)
        for begin, end in self.dead_letters:
            at = begin
            while at < end:
                name = "ApproximateNumberOfMessagesVisible"
                metrics.put(at, "AWS/SQS", name, 1, QueueName="ScheduleDeadLetters.QueueName")
                at += MINUTE
        return metrics.sorted()


def _put_night(metrics: Metrics, night: Night) -> None:
    def put(minutes: float, namespace: str, name: str, value: float, **dimensions: str) -> None:
        metrics.put(night.started + minutes * MINUTE, namespace, name, value, **dimensions)

    if not night.is_redrive:
        put(0, "AWS/States", "ExecutionsStarted", 1, **NIGHT)
    put(night.minutes, "AWS/States", f"Executions{night.outcome}", 1, **NIGHT)
    if night.fails_early:
        return
    sealed, normalized = night.minutes / 3, night.minutes / 2
    put(sealed, "WistiaPipeline", "RunThrottles", night.throttles, service="ingestion")
    if night.new_rows is not None:
        put(sealed, "WistiaPipeline", "NewRows", night.new_rows, service="ingestion")
    if night.lag_seconds is not None:
        put(sealed, "WistiaPipeline", "LagSeconds", night.lag_seconds, service="ingestion")
    put(normalized, "WistiaPipeline", "QuarantinedRows", night.quarantined, service="normalize")
    by_state = {"QueryState": "SUCCEEDED", "QueryType": "DML"} if night.by_state else {}
    dimensions = {"WorkGroup": "AthenaWorkGroup", **by_state}
    put(normalized + 1, "AWS/Athena", "ProcessedBytes", night.scanned, **dimensions)


def at(day: int, hour: int = 2, minute: float = 0.0) -> datetime:
    """Return a time of a day; day 1 has the first scheduled night."""
    midnight = (START + day * DAY).replace(hour=0, minute=0)
    return midnight + hour * HOUR + minute * MINUTE


def regular(days: Iterable[int] = range(1, DAYS + 1), hour: int = 2) -> tuple[Night, ...]:
    """Return one good night a day, each a little late and of its own length."""
    jitter = random.Random(hour)
    return tuple(
        Night(at(day, hour, jitter.uniform(0, 2)), minutes=jitter.uniform(8, 25)) for day in days
    )


def changed(nights: Iterable[Night], days: Iterable[int], **changes: object) -> tuple[Night, ...]:
    """Return the nights with those of some days changed."""
    dates = {at(day).date() for day in days}
    return tuple(
        replace(night, **changes) if night.started.date() in dates else night for night in nights
    )
