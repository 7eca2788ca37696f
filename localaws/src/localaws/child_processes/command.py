"""What a child process is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any


@dataclass(frozen=True)
class Command:
    """A program to run as a child process of the server.

    Parameters
    ----------
    name
        What ``localaws status`` calls it, such as ``lambda wistia-analytics-plan``.
    argv
        Program and arguments; no shell.
    env
        Its environment. ``ChildProcesses`` adds only this machine's network, below these
        variables, and a private one to find the process again.
    cwd
        Working directory; None is the server's run folder.
    log_name
        File under ``settings.logs_dir`` that collects what is written to the streams that are
        not given; None drops it.
    stdin, stdout, stderr
        As for ``subprocess.Popen``; None is ``DEVNULL`` for stdin, the log for the others. Give no
        pipe that nobody reads.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path | None = None
    log_name: str | None = None
    stdin: int | IO[Any] | None = None
    stdout: int | IO[Any] | None = None
    stderr: int | IO[Any] | None = None
