"""What a program shows in a terminal."""

import os
import pty
import subprocess
import sys


def in_terminal(code: str, *, columns: int = 80, **environment: str) -> str:
    """Run Python code in its own terminal and return what it shows."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        env=os.environ | {"COLUMNS": str(columns), "TERM": "xterm-256color"} | environment,
        close_fds=True,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # Linux reports the end of a terminal this way
            break
        if not piece:
            break
        shown += piece
    os.close(leader)
    assert process.wait() == 0, shown
    return shown.decode().replace("\r\n", "\n")
