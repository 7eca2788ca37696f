"""The account's request limit, and the counts of requests."""

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

WINDOW_SECONDS = 60.0


class RateLimiter:
    """Allows a number of requests in any sixty seconds.

    Parameters
    ----------
    per_minute
        Requests that an account may make; 0 for no limit.
    monotonic
        Source of time; tests pass their own.

    Notes
    -----
    The window slides, which is the strictest reading of "600 requests per minute": a client that is
    never refused here is not refused by a limit that counts full minutes. Refusals do not count.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._passed: deque[float] = deque()

    def retry_after_seconds(self) -> int:
        """Count one request; return 0 if it is allowed, or the whole seconds until one would be."""
        if not self.per_minute:
            return 0
        with self._lock:
            now = self._monotonic()
            while self._passed and self._passed[0] <= now - WINDOW_SECONDS:
                self._passed.popleft()
            if len(self._passed) < self.per_minute:
                self._passed.append(now)
                return 0
            return max(1, math.ceil(self._passed[0] + WINDOW_SECONDS - now))


class RequestLog:
    """Counts of requests and answers, for tests and for ``/_simulator/stats``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self.reset()

    def reset(self) -> None:
        """Reset all counts."""
        with self._lock:
            self.total = 0
            self.max_concurrent = self._running
            self.by_path: Counter[str] = Counter()
            self.by_status: Counter[int] = Counter()
            self.faults: Counter[str] = Counter()
            self.first_at = self.last_at = 0.0

    def begin(self, path: str) -> int:
        """Count a request and return its number."""
        with self._lock:
            self._running += 1
            self.max_concurrent = max(self.max_concurrent, self._running)
            self.total += 1
            self.by_path[path] += 1
            self.last_at = time.monotonic()
            self.first_at = self.first_at or self.last_at
            return self.total

    def end(self, status: int, fault: str | None = None) -> None:
        """Count the answer to a request."""
        with self._lock:
            self._running -= 1
            self.by_status[status] += 1
            if fault is not None:
                self.faults[fault] += 1

    def to_json(self) -> dict[str, Any]:
        """Return the form of the control API."""
        with self._lock:
            return {
                "requests": self.total,
                "by_path": dict(self.by_path),
                "by_status": {str(status): count for status, count in self.by_status.items()},
                "faults": dict(self.faults),
                "too_many_requests": self.by_status[429],
                "max_concurrent": self.max_concurrent,
                "span_seconds": round(self.last_at - self.first_at, 3),
            }
