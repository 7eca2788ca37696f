"""Waits for what announces itself in no other way."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_until(
    look: Callable[[], Found], *, timeout_seconds: float, pause_seconds: float
) -> Found | None:
    """Call a function until it returns something true, and return that.

    Parameters
    ----------
    look
        Called at least once, and a last time when the time is over.
    timeout_seconds
        How long to wait.
    pause_seconds
        The pause between two calls.

    Returns
    -------
    Found | None
        None if the time is over.
    """
    deadline = time.monotonic() + timeout_seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            return None
        time.sleep(pause_seconds)
    return found
