"""Watches a child until it ends, is asked to end, or passes a limit."""

import subprocess
import threading
import time
from collections.abc import Callable
from enum import Enum, auto

import psutil


class Ending(Enum):
    """Why a wait for a child is over."""

    EXITED = auto()
    STOPPED = auto()
    TIMED_OUT = auto()
    OUT_OF_MEMORY = auto()


Check = Callable[[], Ending | None]
"""Called again and again while a child runs; the wait is over when it returns an ending."""

INTERVAL_SECONDS = 0.05


def wait_for_end(
    process: "subprocess.Popen[bytes]",
    *checks: Check,
    interval_seconds: float = INTERVAL_SECONDS,
) -> Ending:
    """Return when a child has exited, or a check ends the wait; the child then still runs."""
    while True:
        try:
            process.wait(interval_seconds)
        except subprocess.TimeoutExpired:
            for check in checks:
                if (ending := check()) is not None:
                    return ending
        else:
            return Ending.EXITED


class Deadline:
    """Ends a wait when its time is over."""

    def __init__(self, seconds: float) -> None:
        self.restart(seconds)

    def restart(self, seconds: float) -> None:
        """Count from now."""
        self._at = time.monotonic() + seconds

    def __call__(self) -> Ending | None:
        """Check the clock."""
        return Ending.TIMED_OUT if time.monotonic() > self._at else None


class MemoryLimit:
    """Ends a wait when a process takes more memory than it may.

    Attributes
    ----------
    peak_bytes
        The most that was seen.
    """

    def __init__(self, pid: int, limit_bytes: int) -> None:
        self._pid = pid
        self._limit_bytes = limit_bytes
        self.peak_bytes = 0

    def __call__(self) -> Ending | None:
        """Check what the process takes now."""
        self.peak_bytes = max(self.peak_bytes, _resident_bytes(self._pid))
        return Ending.OUT_OF_MEMORY if self.peak_bytes > self._limit_bytes else None


def stop_when(requested: threading.Event) -> Check:
    """Return a check that ends the wait at once when a stop is requested."""
    return lambda: Ending.STOPPED if requested.is_set() else None


def terminate_when(
    requested: threading.Event, process: "subprocess.Popen[bytes]", patience_seconds: float
) -> Check:
    """Return a check that sends SIGTERM when a stop is requested, and later SIGKILL.

    It never ends the wait: the child does.
    """
    patience: Deadline | None = None

    def check() -> None:
        nonlocal patience
        if requested.is_set() and patience is None:
            process.terminate()
            patience = Deadline(patience_seconds)
        if patience is not None and patience():
            process.kill()

    return check


def _resident_bytes(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
