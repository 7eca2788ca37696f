"""The moment at which an invocation has to hand on instead of working further."""

import time
from collections.abc import Callable


class DeadlineReached(Exception):  # noqa: N818 - not an error: the step hands on a continuation
    """The next thing to do would not end before the deadline."""


class Deadline:
    """Seconds left until an invocation must hand on.

    Parameters
    ----------
    remaining_seconds
        Seconds that the function may still run.
    margin_seconds
        Kept back for closing and uploading the last file and writing the part. A function with a
        short limit keeps back a fifth of it at most, or it would never work at all.
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
