"""What the command says when it cannot serve."""

import socket

import pytest
from typer.testing import CliRunner

from wistia_simulator.cli import app


def test_a_port_in_use_ends_with_one_line_and_exit_code_1():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(app, ["serve", "--events", "0", "--port", port])
    assert done.exit_code == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--clock", "tomorrow"], "cannot read the time 'tomorrow'"),
        (["--faults", "{"], "--faults"),
        (["--faults", "no/such/file"], "--faults"),
        (["--history-days", "2"], "at least 7"),
    ],
)
def test_a_wrong_option_ends_with_one_line_and_exit_code_2(options, text):
    done = CliRunner().invoke(app, ["serve", *options])
    assert done.exit_code == 2
    assert text in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
