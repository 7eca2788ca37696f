"""A localaws starts, stops, is killed, and comes back with what it had."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from localaws import lifecycle
from localaws.connections.endpoints import is_running, read_endpoints
from localaws.errors import NotRunningError, StartError
from localaws.settings import Settings
from localaws.testing import LocalAws


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    chosen = Settings(home=tmp_path / "home", trino_eager=False)
    yield chosen
    lifecycle.down(chosen)


def run_cli(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LOCALAWS_HOME": str(settings.home), "LOCALAWS_TRINO_EAGER": "0"}
    return subprocess.run(
        [sys.executable, "-m", "localaws", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_state_survives_down_and_up_and_a_kill(settings: Settings):
    # GIVEN an account with an object, a secret and a database
    aws = LocalAws(settings, lifecycle.up(settings).endpoints)
    url = aws.endpoint_url
    aws.client("s3").create_bucket(Bucket="kept")
    aws.client("s3").put_object(Bucket="kept", Key="a=1/b c.txt", Body=b"content")
    secret = aws.client("secretsmanager").create_secret(Name="token", SecretString="hush")
    aws.client("glue").create_database(DatabaseInput={"Name": "kept"})

    # WHEN it is stopped in an orderly way and started again
    lifecycle.down(settings)
    again = lifecycle.up(settings)

    # THEN everything is there, at the same address, and there is nothing to tell
    aws = LocalAws(settings, again.endpoints)
    assert aws.endpoint_url == url
    assert (
        aws.client("s3").get_object(Bucket="kept", Key="a=1/b c.txt")["Body"].read() == b"content"
    )
    assert (
        aws.client("secretsmanager").get_secret_value(SecretId=secret["ARN"])["SecretString"]
        == "hush"
    )
    assert again.notes == []

    # WHEN its versions are listed and it is killed after a save, with an object overwritten and
    # one put since
    assert len(aws.client("s3").list_object_versions(Bucket="kept")["Versions"]) == 1
    aws.save()
    aws.client("s3").put_object(Bucket="kept", Key="a=1/b c.txt", Body=b"later")
    aws.client("s3").put_object(Bucket="kept", Key="late", Body=b"late")
    os.kill(again.endpoints.pids["server"], signal.SIGKILL)
    psutil.wait_procs([psutil.Process(again.endpoints.pids["server"])], timeout=10)
    third = lifecycle.up(settings)

    # THEN it comes back to the saved state and says how old that is
    aws = LocalAws(settings, third.endpoints)
    keys = [item["Key"] for item in aws.client("s3").list_objects_v2(Bucket="kept")["Contents"]]
    assert keys == ["a=1/b c.txt"]
    assert aws.client("s3").get_object(Bucket="kept", Key=keys[0])["Body"].read() == b"content"
    assert aws.client("glue").get_database(Name="kept")["Database"]["Name"] == "kept"
    assert any("s ago" in note for note in third.notes)


def test_a_damaged_state_is_set_aside_and_told(settings: Settings):
    # GIVEN a saved state with a flipped byte
    lifecycle.up(settings)
    lifecycle.down(settings)
    snapshot = settings.state_dir / "account.pickle"
    content = bytearray(snapshot.read_bytes())
    content[-10] ^= 0xFF
    snapshot.write_bytes(content)

    # WHEN the account is started
    started = lifecycle.up(settings)

    # THEN it starts empty, says so, and the damaged state is kept
    assert any("damaged" in note for note in started.notes)
    assert list(settings.home.glob("state-damaged-*/account.pickle"))
    assert LocalAws(settings, started.endpoints).client("s3").list_buckets()["Buckets"] == []


def test_a_port_in_use_is_told_in_one_line_and_the_next_start_works(settings: Settings):
    # GIVEN a port that somebody else listens on
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        chosen = settings.model_copy(update={"port": port})

        # WHEN localaws is to use it
        with pytest.raises(StartError) as caught:
            lifecycle.up(chosen)

    # THEN the error names the port, and once it is free the same command works
    assert f"port {port}" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert lifecycle.up(chosen).endpoints.endpoint_url.endswith(f":{port}")


def test_the_command_line_starts_once_tells_and_stops(settings: Settings):
    # GIVEN a started account
    first = run_cli(settings, "up")
    assert first.returncode == 0, first.stderr

    # WHEN it is started again, asked for, emptied and stopped
    second = run_cli(settings, "up")
    env = run_cli(settings, "env")
    logs = run_cli(settings, "logs")
    reset = run_cli(settings, "reset", "--yes")
    down = run_cli(settings, "down")
    status = run_cli(settings, "status")

    # THEN the second start finds the first, env prints exports, and nothing is left running
    assert "already runs" in second.stderr
    assert first.stdout == second.stdout == env.stdout
    assert "export AWS_ENDPOINT_URL=http://127.0.0.1:" in env.stdout
    assert "server" in logs.stdout
    assert (reset.returncode, down.returncode) == (0, 0)
    assert status.returncode == 3
    assert not is_running(settings)


def test_a_stale_endpoints_file_does_not_pass_for_a_server(settings: Settings):
    # GIVEN the endpoints of a server that was killed, whose pid is somebody else's by now
    endpoints = lifecycle.up(settings).endpoints
    os.kill(endpoints.pids["server"], signal.SIGKILL)
    endpoints.model_copy(update={"pids": {"server": os.getpid()}}).write(settings.endpoints_file)

    # WHEN somebody asks where the server is, once the kernel has freed its lock
    deadline = time.monotonic() + 20
    while is_running(settings) and time.monotonic() < deadline:
        time.sleep(0.1)

    # THEN there is none
    with pytest.raises(NotRunningError, match="localaws up"):
        read_endpoints(settings)
