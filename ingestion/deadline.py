"""The moment at which an invocation must stop and hand over to the next one."""

import time
from collections.abc import Callable


class DeadlineReached(Exception):  # noqa: N818 - not an error: the next invocation continues
    """The next piece of work would not end before the deadline."""


class Deadline:
    """Seconds left until an invocation must stop.

    Parameters
    ----------
    remaining_seconds
        Seconds that the function may still run.
    margin_seconds
        Reserved for closing and uploading the last file and writing the part. At most a fifth of
        the remaining time, or a function with a short limit would never work at all.
    """

    def __init__(
        self,
        remaining_seconds: float,
        *,
        margin_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        margin = min(margin_seconds, remaining_seconds / 5)
        self._at = clock() + remaining_seconds - margin

    def seconds_left(self) -> float:
        """Return the seconds left, negative when the deadline has passed."""
        return self._at - self._clock()

    def check(self, needed_seconds: float = 0.0) -> None:
        """Raise :class:`DeadlineReached` if less than ``needed_seconds`` is left."""
        if self.seconds_left() <= needed_seconds:
            raise DeadlineReached
