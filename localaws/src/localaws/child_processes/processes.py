"""Child processes that never outlive the server, however it ends.

Every child carries a private environment variable that names its server. A watchdog process holds
one end of a pipe whose other end only the server holds: when the server is gone, even by SIGKILL,
the pipe closes and the watchdog kills whatever carries the variable, grandchildren included.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil

from localaws.child_processes.command import Command
from localaws.child_processes.network import with_network

OWNER_VARIABLE = "LOCALAWS_OWNER"
"""``<home>#<server id>``: says which server a process belongs to."""
SWEEP_ROUNDS = 20
TERMINATE_SECONDS = 3.0


class ChildProcesses:
    """The children of one server.

    Parameters
    ----------
    owner
        Value of ``OWNER_VARIABLE`` for all children, unique for each start of a server.
    logs_dir
        Where the children's output goes.
    run_dir
        Their working directory unless they are given one.
    """

    def __init__(self, *, owner: str, logs_dir: Path, run_dir: Path) -> None:
        self._owner = owner
        self._logs_dir = logs_dir
        self._run_dir = run_dir
        self._children: dict[int, tuple[str, subprocess.Popen[bytes]]] = {}
        self._lock = threading.Lock()
        self._watchdog: subprocess.Popen[bytes] | None = None

    def start_watchdog(self) -> None:
        """Start the process that cleans up when the server cannot."""
        self._watchdog = subprocess.Popen(
            [sys.executable, "-m", "localaws.child_processes.watchdog", self._owner],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def start(self, command: Command) -> "subprocess.Popen[bytes]":
        """Start a process in a session of its own that never outlives the server.

        The server kills it (and whatever it started) when it stops, and a watchdog does so when the
        server itself is killed.
        """
        with self._log(command.log_name) as log:
            process = subprocess.Popen(
                list(command.argv),
                env={**with_network(command.env), OWNER_VARIABLE: self._owner},
                cwd=command.cwd or self._run_dir,
                stdin=subprocess.DEVNULL if command.stdin is None else command.stdin,
                stdout=log if command.stdout is None else command.stdout,
                stderr=log if command.stderr is None else command.stderr,
                start_new_session=True,
            )
        with self._lock:
            self._children = {
                pid: child for pid, child in self._children.items() if child[1].poll() is None
            }
            self._children[process.pid] = (command.name, process)
        return process

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """Kill a child with everything in its session, and reap it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with self._lock:
            self._children.pop(process.pid, None)

    def running(self) -> dict[str, int]:
        """Return ``{name: pid}`` of the children that are alive."""
        with self._lock:
            children = list(self._children.values())
        return {name: process.pid for name, process in children if process.poll() is None}

    def stop_all(self) -> None:
        """Ask every child to end, kill what does not within seconds, and dismiss the watchdog."""
        with self._lock:
            children = [process for _, process in self._children.values()]
        for process in children:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGTERM)
        deadline = time.monotonic() + TERMINATE_SECONDS
        for process in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            self.kill(process)
        kill_owned_by(self._owner)
        if self._watchdog is not None and self._watchdog.stdin is not None:
            self._watchdog.stdin.close()
            self._watchdog.wait()

    @contextlib.contextmanager
    def _log(self, log_name: str | None) -> Iterator[int | IO[bytes]]:
        if log_name is None:
            yield subprocess.DEVNULL
            return
        self._logs_dir.mkdir(parents=True, exist_ok=True)
        with (self._logs_dir / log_name).open("ab") as log:
            yield log


def kill_owned_by(owner: str) -> int:
    """Kill every process of this user that belongs to a server.

    Parameters
    ----------
    owner
        The server as ``<home>#<id>``, or ``<home>#`` for whatever server of that home.

    Returns
    -------
    int
        How many were killed.
    """
    killed = 0
    for _ in range(SWEEP_ROUNDS):  # a process may start another while the sweep runs
        found = [process for process in psutil.process_iter() if _belongs_to(process, owner)]
        if not found:
            break
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
                killed += 1
        psutil.wait_procs(found, timeout=1.0)
    return killed


def _belongs_to(process: psutil.Process, owner: str) -> bool:
    if process.pid == os.getpid():
        return False
    try:
        mark: str = process.environ().get(OWNER_VARIABLE, "")
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
    except (psutil.Error, OSError):
        return False
    return mark.startswith(owner) if owner.endswith("#") else mark == owner
