"""Keeps all functions together under the account's limit of requests per minute.

Time is cut into slots of one request each. A function reserves a block of slots in one state
object by a conditional write, then sends one request per slot. So the limit holds over any number
of functions, runs and continuations, and a function that runs alone gets all of it: with fixed
shares the last function of a run would have a quarter of the limit.
"""

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from ingestion.deadline import Deadline
from ingestion.errors import StateConflict
from ingestion.object_store import ObjectStore, PreconditionFailed

# 2.5 % below the limit: the requests of one minute may reach the server in slightly less.
HEADROOM = 0.975
# Blocks double up to this: a task of three requests wastes no slots, a long one writes rarely.
LARGEST_BLOCK_SECONDS = 2.0
# Slots that may be caught up after a pause: 585 + 5 in a minute are still under the limit.
CATCH_UP_SLOTS = 5
_RESERVE_ATTEMPTS = 50


class RequestLimit(Protocol):
    """Decides when a request may be sent."""

    def wait(self, deadline: Deadline) -> None:
        """Block until a request may be sent; raise DeadlineReached if that is too late."""

    def hold(self, seconds: float) -> None:
        """Send nothing for a while: the server answered 429."""


class NoLimit:
    """Sends at once, except during the pause that a 429 asks for."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._held_until = 0.0

    def wait(self, deadline: Deadline) -> None:
        """Return at once, or after the pause."""
        _sleep_until(self._held_until, deadline, self._clock, self._sleep)

    def hold(self, seconds: float) -> None:
        """Pause for all connections of this function."""
        self._held_until = max(self._held_until, self._clock() + seconds)


class RequestSlots:
    """Slots reserved in a state object that all functions share.

    Parameters
    ----------
    store, key
        Bucket and key of the object with the end of the last reserved block.
    requests_per_minute
        The account's limit.
    clock
        Seconds since the epoch: slots are wall-clock time, as functions run on several machines.
    """

    def __init__(
        self,
        store: ObjectStore,
        key: str,
        requests_per_minute: int,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._key = key
        self._seconds_per_request = 60.0 / (requests_per_minute * HEADROOM)
        self._largest_block = max(1, int(LARGEST_BLOCK_SECONDS / self._seconds_per_request))
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._slots: deque[float] = deque()
        self._block = 1
        self._held_until = 0.0

    def wait(self, deadline: Deadline) -> None:
        """Take the next slot and sleep until it begins."""
        with self._lock:
            oldest = self._clock() - CATCH_UP_SLOTS * self._seconds_per_request
            while self._slots and self._slots[0] < oldest:
                self._slots.popleft()
            if not self._slots:
                self._slots.extend(self._reserve(self._block))
                self._block = min(self._block * 2, self._largest_block)
            slot = max(self._slots[0], self._held_until)
            deadline.check(slot - self._clock())
            self._slots.popleft()
        _sleep_until(slot, deadline, self._clock, self._sleep)

    def hold(self, seconds: float) -> None:
        """Pause this function, and reserve the pause so that all others wait too."""
        until = self._clock() + seconds
        with self._lock:
            self._held_until = max(self._held_until, until)
            self._slots.clear()
            self._block = 1
        self._store.update_json(
            self._key,
            lambda state: {"reserved_until": max(until, _reserved_until(state))},
        )

    def _reserve(self, count: int) -> list[float]:
        for _ in range(_RESERVE_ATTEMPTS):
            current = self._store.read_json(self._key)
            first = max(self._clock(), _reserved_until(None if current is None else current[0]))
            state = {"reserved_until": first + count * self._seconds_per_request}
            try:
                if current is None:
                    self._store.write_json(self._key, state, if_absent=True)
                else:
                    self._store.write_json(self._key, state, if_match=current[1])
            except PreconditionFailed:
                self._sleep(random.uniform(0.005, 0.05))  # noqa: S311 - jitter
                continue
            return [first + slot * self._seconds_per_request for slot in range(count)]
        raise StateConflict(
            f"Could not reserve request slots in s3://{self._store.bucket}/{self._key}: it changed "
            f"during each of {_RESERVE_ATTEMPTS} attempts. Check whether another pipeline writes "
            "to this bucket."
        )


def _reserved_until(state: object) -> float:
    return float(state["reserved_until"]) if isinstance(state, dict) else 0.0


def _sleep_until(
    moment: float,
    deadline: Deadline,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    pause = moment - clock()
    if pause > 0:
        deadline.check(pause)
        sleep(pause)
