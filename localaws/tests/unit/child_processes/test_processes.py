"""Children end with their server, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from localaws.child_processes.command import Command
from localaws.child_processes.processes import OWNER_VARIABLE, ChildProcesses, kill_owned_by

SERVER = """
import sys, time, os
from pathlib import Path
from localaws.child_processes.command import Command
from localaws.child_processes.processes import ChildProcesses
folder = Path(sys.argv[1])
children = ChildProcesses(owner=sys.argv[2], logs_dir=folder, run_dir=folder)
children.start_watchdog()
argv = ["/bin/sh", "-c", "sleep 100 & sleep 100"]
child = children.start(Command(name="sleeper", argv=argv, env=dict(os.environ)))
print(child.pid, flush=True)
time.sleep(100)
"""


def wait_until_gone(pid: int, seconds: float = 20.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_a_killed_server_takes_its_grandchildren_along(tmp_path: Path):
    # GIVEN a server with a child that has a child of its own
    owner = f"{tmp_path}#1"
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path), owner], stdout=subprocess.PIPE
    )
    child = psutil.Process(int(server.stdout.readline()))
    family = [child, *child.children(recursive=True)]

    # WHEN the server is killed and can clean up nothing
    os.kill(server.pid, signal.SIGKILL)
    server.wait()
    server.stdout.close()

    # THEN the watchdog ends the whole family
    assert all(wait_until_gone(process.pid) for process in family)


def test_only_processes_of_the_named_home_are_swept(tmp_path: Path):
    # GIVEN processes that servers of two homes have left
    def leave(home: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(["sleep", "100"], env={OWNER_VARIABLE: f"{tmp_path}/{home}#9"})

    mine, other = leave("mine"), leave("other")

    # WHEN one home is swept
    kill_owned_by(f"{tmp_path}/mine#")

    # THEN the other one's process lives, and only that
    assert wait_until_gone(mine.pid)
    mine.poll()
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_child_writes_to_its_log(tmp_path: Path):
    # GIVEN the children of a server
    children = ChildProcesses(owner=f"{tmp_path}#2", logs_dir=tmp_path / "logs", run_dir=tmp_path)

    # WHEN one of them prints something
    child = children.start(
        Command(name="echo", argv=["echo", "hello"], env=dict(os.environ), log_name="echo.log")
    )
    child.wait()

    # THEN its log has it
    assert (tmp_path / "logs" / "echo.log").read_text() == "hello\n"
