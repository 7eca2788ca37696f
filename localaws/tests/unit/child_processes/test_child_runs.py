"""A child is supplied, watched and ended; what it prints is carried while it prints."""

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from localaws.child_processes.child_run import child_run, scratch_folder
from localaws.child_processes.command import Command
from localaws.child_processes.processes import ChildProcesses
from localaws.child_processes.supervision import (
    Deadline,
    Ending,
    MemoryLimit,
    stop_when,
    terminate_when,
    wait_for_end,
)


@pytest.fixture
def children(tmp_path: Path) -> ChildProcesses:
    return ChildProcesses(owner=f"{tmp_path}#1", logs_dir=tmp_path / "logs", run_dir=tmp_path)


def python(code: str) -> Command:
    return Command(name="python", argv=[sys.executable, "-c", code], env=dict(os.environ))


def shell(script: str) -> Command:
    return Command(name="shell", argv=["/bin/sh", "-c", script], env=dict(os.environ))


def wait_for(lines: list[str], count: int) -> None:
    deadline = time.monotonic() + 10
    while len(lines) < count:
        assert time.monotonic() < deadline, lines
        time.sleep(0.01)


def test_all_lines_arrive_in_their_order(children):
    # GIVEN a child that prints on both streams, the last line without an end
    output: list[str] = []
    # WHEN it has run to its end
    with child_run(
        children, shell("echo one; echo two >&2; echo; printf 'last\\300'"), output.extend
    ) as child:
        assert wait_for_end(child) is Ending.EXITED
    # THEN its lines have arrived
    assert output == ["one", "two", "", "last\ufffd"]


def test_the_streams_can_go_to_two_places(children):
    output, errors = [], []
    with child_run(
        children, shell("echo one; echo two >&2"), output.extend, errors.extend
    ) as child:
        wait_for_end(child)
    assert (output, errors) == (["one"], ["two"])


def test_a_line_arrives_though_the_child_says_no_more(children):
    # GIVEN a child that is silent after one line
    output: list[str] = []
    with child_run(children, shell("echo one; exec sleep 100"), output.extend):
        # WHEN it lives on THEN the line arrives all the same
        wait_for(output, 1)


def test_a_long_line_arrives_whole_and_fast(children):
    # GIVEN a child that prints 30 MB without an end of line
    output: list[str] = []
    began = time.monotonic()
    # WHEN it has run
    with child_run(children, python("print('x' * 30_000_000)"), output.extend) as child:
        wait_for_end(child)
    # THEN the line is there
    assert [len(line) for line in output] == [30_000_000]
    assert time.monotonic() - began < 10


def test_a_process_that_escaped_is_not_waited_for(children, tmp_path):
    # GIVEN a child that leaves a process in a session of its own, with the same output
    output: list[str] = []
    script = f"echo one; setsid sleep 100 & echo $! > {tmp_path}/pid"
    began = time.monotonic()
    # WHEN the child has ended
    with child_run(children, shell(script), output.extend) as child:
        wait_for_end(child)
    # THEN the run is over, with all that was printed
    assert output == ["one"]
    assert time.monotonic() - began < 4
    children.stop_all()


def test_the_end_of_a_run_kills_what_the_child_has_started(children):
    # GIVEN a child with a child of its own
    output: list[str] = []
    with child_run(children, shell("sleep 100 & echo $!; wait"), output.extend):
        wait_for(output, 1)
    # WHEN the run is over THEN both are gone
    time.sleep(0.1)
    assert not Path(f"/proc/{output[0]}/cmdline").exists() or (
        Path(f"/proc/{output[0]}/cmdline").read_bytes() == b""
    )


def test_a_deadline_counts_from_its_last_start(children):
    with child_run(children, shell("exec sleep 100"), print) as child:
        deadline = Deadline(3600)
        deadline.restart(0.2)
        began = time.monotonic()
        assert wait_for_end(child, deadline) is Ending.TIMED_OUT
        assert 0.2 <= time.monotonic() - began < 5
    assert child.returncode == -9


def test_a_child_that_takes_too_much_memory_is_found(children):
    code = "x = b'1' * 100_000_000; import time; time.sleep(100)"
    with child_run(children, python(code), print) as child:
        memory = MemoryLimit(child.pid, 64 << 20)
        assert wait_for_end(child, memory, Deadline(30)) is Ending.OUT_OF_MEMORY
    assert memory.peak_bytes > 64 << 20


def test_a_stop_ends_the_wait_at_once(children):
    stop = threading.Event()
    threading.Timer(0.1, stop.set).start()
    with child_run(children, shell("exec sleep 100"), print) as child:
        assert wait_for_end(child, stop_when(stop), Deadline(30)) is Ending.STOPPED


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("trap 'exit 3' TERM; echo; while :; do sleep 0.05; done", 3),
        ("trap '' TERM; echo; while :; do sleep 0.05; done", -9),
    ],
)
def test_a_child_may_end_by_itself_before_it_is_killed(children, script, code):
    # GIVEN a child that heeds SIGTERM, or does not
    stop, output = threading.Event(), []
    with child_run(children, shell(script), output.extend) as child:
        wait_for(output, 1)
        # WHEN it is asked to stop
        stop.set()
        ending = wait_for_end(child, terminate_when(stop, child, 0.5), Deadline(30))
    # THEN it ends as it wants to, or by force
    assert (ending, child.returncode) == (Ending.EXITED, code)


def test_a_scratch_folder_is_gone_at_the_end(tmp_path):
    with scratch_folder(tmp_path / "run" / "glue", "job-") as scratch:
        (scratch / "file").write_text("x")
        assert scratch.parent == tmp_path / "run" / "glue"
    assert not scratch.exists()
