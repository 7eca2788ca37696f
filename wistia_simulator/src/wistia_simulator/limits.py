"""The account's request limit, and the count of what was asked."""

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

WINDOW_SECONDS = 60.0


class RateLimiter:
    """Lets so many requests pass in any sixty seconds.

    Parameters
    ----------
    per_minute
        Requests an account may make; 0 for any number.
    monotonic
        Source of time; tests give their own.

    Notes
    -----
    The window slides, which is the strictest reading of "600 requests per minute": who is never
    refused here is never refused by a limit that counts full minutes. Refusals do not count.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._passed: deque[float] = deque()

    def retry_after_seconds(self) -> int:
        """Count one request; 0 when it passes, else the whole seconds until one would."""
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
    """What was asked and answered, for tests and for ``/_simulator/stats``."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self.reset()

    def reset(self) -> None:
        """Forget everything so far."""
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
        """Count the answer of a request that has begun."""
        with self._lock:
            self._running -= 1
            self.by_status[status] += 1
            if fault is not None:
                self.faults[fault] += 1

    def to_json(self) -> dict[str, Any]:
        """As the control API shows it."""
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
