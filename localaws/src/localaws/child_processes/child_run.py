"""Runs one child from its start to its end: a folder for it, its output carried, nothing left."""

import dataclasses
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from localaws.child_processes.command import Command
from localaws.child_processes.output import OutputPump, WriteLines
from localaws.child_processes.processes import ChildProcesses


@contextmanager
def scratch_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Make a new folder below a parent, and delete it at the end with all that is in it."""
    parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def child_run(
    children: ChildProcesses,
    command: Command,
    write_stdout: WriteLines,
    write_stderr: WriteLines | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a child for the duration of a ``with`` block, which waits for it.

    At the end of the block the child is killed with everything in its session, and all that it
    printed has been written.

    Parameters
    ----------
    children
        The server's.
    command
        What to run; its output streams are replaced.
    write_stdout
        Gets the lines of standard output.
    write_stderr
        Gets the lines of standard error; None gives them to ``write_stdout``, in the order in
        which they were printed.
    """
    stderr = subprocess.PIPE if write_stderr else subprocess.STDOUT
    piped = dataclasses.replace(command, stdout=subprocess.PIPE, stderr=stderr)
    process = children.start(piped)
    pumps = [
        OutputPump(stream, write)
        for stream, write in ((process.stdout, write_stdout), (process.stderr, write_stderr))
        if stream is not None and write is not None
    ]
    try:
        yield process
    finally:
        children.kill(process)
        if process.stdin is not None:
            process.stdin.close()
        for pump in pumps:
            pump.finish()
