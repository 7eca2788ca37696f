"""Carries what a child prints to where it is kept, while the child prints it."""

import math
import os
import selectors
import threading
import time
from collections.abc import Callable
from typing import IO

WriteLines = Callable[[list[str]], None]
"""Called with whole lines, without their ends; such as ``LogStream.write``."""

BATCH_SECONDS = 0.5
"""Lines are collected for so long: a call for each one would cost more than the work itself."""
FINISH_SECONDS = 5.0
CHUNK_BYTES = 65536


class OutputPump:
    """Reads a pipe in a thread of its own.

    Parameters
    ----------
    stream
        The reading end; it is closed at the end.
    write
        Gets the lines. The last one need not have an end.
    """

    def __init__(self, stream: IO[bytes], write: WriteLines) -> None:
        self._stream = stream
        self._write = write
        self._finish_by = math.inf
        self._thread = threading.Thread(target=self._carry, name="output-pump", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait until all is written that an ended process has printed.

        A process that it started and that lives on may hold the pipe open: it is not waited for.
        """
        self._finish_by = time.monotonic() + FINISH_SECONDS
        self._thread.join()

    def _carry(self) -> None:
        lines: list[str] = []
        unended: list[bytes] = []
        written = time.monotonic()
        with self._stream, selectors.DefaultSelector() as selector:
            selector.register(self._stream, selectors.EVENT_READ)
            while time.monotonic() < self._finish_by:
                ready = selector.select(BATCH_SECONDS)
                chunk = os.read(self._stream.fileno(), CHUNK_BYTES) if ready else b""
                if not chunk and (ready or self._finish_by < math.inf):
                    break
                ended, newline, rest = chunk.rpartition(b"\n")
                if newline:
                    lines += _text([*unended, ended]).split("\n")
                    unended.clear()
                unended.append(rest)
                if time.monotonic() - written >= BATCH_SECONDS:
                    self._write(lines)
                    lines, written = [], time.monotonic()
        if any(unended):
            lines.append(_text(unended))
        self._write(lines)


def _text(parts: list[bytes]) -> str:
    return b"".join(parts).decode("utf-8", "replace")
