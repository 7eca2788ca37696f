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
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import psutil

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
            [sys.executable, "-m", "localaws.child_processes.processes", self._owner],
            stdin=subprocess.PIPE,
            start_new_session=True,
        )

    def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        log_name: str | None = None,
        stdin: int | IO[Any] | None = None,
        stdout: int | IO[Any] | None = None,
        stderr: int | IO[Any] | None = None,
    ) -> "subprocess.Popen[bytes]":
        """Start a child; see ``ServerContext.start_process``."""
        with self._log(log_name) as log:
            process = subprocess.Popen(
                list(argv),
                env={**with_network(env), OWNER_VARIABLE: self._owner},
                cwd=cwd or self._run_dir,
                stdin=subprocess.DEVNULL if stdin is None else stdin,
                stdout=log if stdout is None else stdout,
                stderr=log if stderr is None else stderr,
                start_new_session=True,
            )
        with self._lock:
            self._children = {
                pid: child for pid, child in self._children.items() if child[1].poll() is None
            }
            self._children[process.pid] = (name, process)
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


def watch(owner: str) -> None:
    """Wait for the end of the server that holds our standard input's other end, then clean up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.buffer.read()
    kill_owned_by(owner)


if __name__ == "__main__":
    watch(sys.argv[1])
