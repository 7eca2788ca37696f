"""The simulator's clock and the time formats that Wistia serves."""

import threading
from datetime import UTC, date, datetime, timedelta

from wistia_simulator.errors import SimulatorInputError

SECONDS_PER_DAY = 86_400
EPOCH = date(1970, 1, 1)


def to_epoch(moment: datetime | str) -> int:
    """Return the whole epoch seconds of a moment.

    Parameters
    ----------
    moment
        An aware datetime, or ISO 8601 text (``2026-03-02T02:00:00Z``); text without a zone is UTC.

    Raises
    ------
    SimulatorInputError
        The text is not an ISO 8601 time.
    """
    if isinstance(moment, str):
        try:
            moment = datetime.fromisoformat(moment)
        except ValueError as error:
            raise SimulatorInputError(
                f"cannot read the time {moment!r}: {error}; write it as 2026-03-02T02:00:00Z"
            ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp())


def day_number(day: date) -> int:
    """Return the days since 1970-01-01, the key of a day of events."""
    return (day - EPOCH).days


def date_of(number: int) -> date:
    """Return the date of a `day_number`."""
    return EPOCH + timedelta(days=number)


def parse_date(text: str) -> date | None:
    """Return the date of a ``YYYY-MM-DD`` parameter; None if it is anything else."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def zulu(epoch: int) -> str:
    """Return a moment as in events: UTC with milliseconds and a ``Z``."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def offset(epoch: int) -> str:
    """Return a moment as in medias and folders: UTC with ``+00:00``."""
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def years_before(epoch: int, years: int) -> int:
    """Return the moment whole calendar years before; 29 February becomes the 28th."""
    moment = datetime.fromtimestamp(epoch, UTC)
    try:
        earlier = moment.replace(year=moment.year - years)
    except ValueError:
        earlier = moment.replace(year=moment.year - years, day=28)
    return int(earlier.timestamp())


class Clock:
    """A clock that stands still until it is moved, so that a night can be replayed.

    Parameters
    ----------
    now
        The initial time.
    """

    def __init__(self, now: datetime | str | int) -> None:
        self._lock = threading.Lock()
        self._now = now if isinstance(now, int) else to_epoch(now)

    @property
    def epoch(self) -> int:
        """The current time in whole epoch seconds."""
        return self._now

    @property
    def now(self) -> datetime:
        """The current time in UTC."""
        return datetime.fromtimestamp(self._now, UTC)

    def set(self, moment: datetime | str) -> datetime:
        """Move the clock to a moment, forward or back, and return it."""
        with self._lock:
            self._now = to_epoch(moment)
        return self.now

    def advance(self, **duration: float) -> datetime:
        """Move the clock forward, as in ``clock.advance(days=1)``."""
        with self._lock:
            self._now += int(timedelta(**duration).total_seconds())
        return self.now
