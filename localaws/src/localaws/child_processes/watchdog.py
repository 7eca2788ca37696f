"""The process that cleans up when the server cannot: ``python -m …watchdog <owner>``."""

import signal
import sys

from localaws.child_processes.processes import kill_owned_by


def watch(owner: str) -> None:
    """Wait for the end of the server that holds our standard input's other end, then clean up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.buffer.read()
    kill_owned_by(owner)


if __name__ == "__main__":
    watch(sys.argv[1])
