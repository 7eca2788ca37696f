"""Which run's snapshot stays: the state of a list cannot be requested afterwards.

Wistia serves its lists as they are now. A night that is run again for an older `as_of` therefore
gets today's list, which says nothing about that night. It must not replace or extend the list that
was served then, if a newer night exists or the night itself was requested days earlier.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf

from ingestion.normalize import storage
from ingestion.normalize.schemas import TABLES
from ingestion.normalize.storage import DataBucket

_AS_OF = re.compile(r"\d{8}T\d{6}Z(?=-|$)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Version:
    """The rows of one run in a partition.

    Parameters
    ----------
    asked_at
        When the newest of the rows was requested, in microseconds since 1970.
    """

    run_id: str
    asked_at: int


def as_of(run_id: str) -> datetime | None:
    """Return the logical time at the beginning of a run's name, None if it has none.

    Examples
    --------
    >>> as_of("20260302T020000Z-1a2b3c4d")
    datetime.datetime(2026, 3, 2, 2, 0, tzinfo=datetime.timezone.utc)
    """
    found = _AS_OF.match(run_id)
    try:
        return datetime.strptime(found[0], "%Y%m%dT%H%M%S%z") if found else None
    except ValueError:
        return None


def versions(rows: DataFrame | None, run_id: Column, asked_at: Column) -> list[Version]:
    """Return the runs that rows come from."""
    if rows is None:
        return []
    # As a number: a timestamp would arrive in the time zone of this process.
    newest = sf.coalesce(sf.max(sf.unix_micros(asked_at)), sf.lit(0))
    grouped = rows.groupBy(run_id.alias("run_id")).agg(newest.alias("asked_at"))
    return [Version(row["run_id"] or "", row["asked_at"]) for row in grouped.collect()]


def nights_seen(bucket: DataBucket, first: date, last: date) -> frozenset[date]:
    """Return the nights with a snapshot in any table; an empty list has none."""
    return frozenset(
        day
        for table in TABLES.values()
        if table.is_snapshot
        for day in storage.partition_files(bucket, table.name, table.partition_column, first, last)
    )


def newer_night(days: Iterable[date], night: date, asked_at: datetime) -> date | None:
    """Return the newest night after a run's own that may have fetched its lists first, or None.

    Parameters
    ----------
    days
        The nights with a snapshot.
    night
        The run's own night.
    asked_at
        When the run had requested its list. A night that began later does not matter: a list that
        was requested in time is right, however late it is normalized.
    """
    return max((day for day in days if night < day <= asked_at.date()), default=None)


def newer_run(
    held: Iterable[Version], run: Version, logical_time: datetime, now: datetime
) -> str | None:
    """Return the run of the same day whose rows stay, or None.

    They stay if they were requested whole days earlier, counted from the `as_of` of each. If not,
    the rows with the later `as_of` stay and, for the same `as_of`, those that were requested later.

    Parameters
    ----------
    held
        The versions in the run's own partition.
    run
        The run that is about to write.
    logical_time
        The run's `as_of`.
    now
        The real time; an `as_of` after it does not count.
    """

    def rank(version: Version, moment: datetime) -> tuple[int, datetime, int, str]:
        days_late = (_EPOCH + timedelta(microseconds=version.asked_at) - moment).days
        return -max(0, days_late), moment, version.asked_at, version.run_id

    own = rank(run, as_of(run.run_id) or logical_time)
    others = (
        rank(other, as_of(other.run_id) or datetime.min.replace(tzinfo=UTC))
        for other in held
        if other.run_id != run.run_id
    )
    better = max((other for other in others if own < other and other[1] <= now), default=None)
    return better and better[-1]
