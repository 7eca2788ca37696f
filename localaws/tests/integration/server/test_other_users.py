"""Another user of the machine reads nothing of a home, and cannot use its account."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from localaws_support.executors import wait_for

from localaws import testing
from localaws.testing import LocalAws

NOBODY = 65534
pytestmark = pytest.mark.skipif(
    os.getuid() != 0, reason="only root can run a child as another user"
)

# What a neighbour tries; prints as JSON what worked.
NEIGHBOUR = """
import http.client, json, os, pathlib, sys
connection = http.client.HTTPConnection(sys.argv[2])  # loads the modules that it uses
connection.request("GET", "/")
connection.getresponse().read()
os.setgroups([]); os.setgid(int(sys.argv[3])); os.setuid(int(sys.argv[3]))
home, netloc = pathlib.Path(sys.argv[1]), sys.argv[2]
found = {"uid": os.getuid(), "read": [], "statuses": {}, "command_lines": ""}
names = ["credentials.json", "endpoints.json", "logs/server.log", "run/start.json", "state/account.pickle"]
for path in [home, *(home / name for name in names)]:
    try:
        found["read"].append(str(list(path.iterdir()) if path.is_dir() else path.read_bytes()))
    except PermissionError:
        pass
for method, path in [("GET", "/"), ("GET", "/bucket/secret"), ("PUT", "/bucket/new"), ("POST", "/_localaws/status"),
                     ("POST", "/_localaws/shutdown"), ("POST", "/moto-api/reset"), ("POST", "/")]:
    connection = http.client.HTTPConnection(netloc)
    connection.request(method, path, b"Action=ListTopics", {"Content-Type": "application/x-www-form-urlencoded"})
    found["statuses"][method + path] = connection.getresponse().status
for process in pathlib.Path("/proc").glob("[0-9]*"):
    for name in ("cmdline", "environ"):
        try:
            found["command_lines"] += (process / name).read_text(errors="replace")
        except OSError:
            pass
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def shared_folder() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="module")
def account(shared_folder: Path) -> Iterator[LocalAws]:
    """An account in a home that was open to everybody before."""
    home = shared_folder / "home"
    for folder in (home, home / "run", home / "state"):
        folder.mkdir()
        folder.chmod(0o777)
    with testing.start(home, trino_eager=False) as aws:
        aws.client("s3").create_bucket(Bucket="bucket")
        aws.client("s3").put_object(Bucket="bucket", Key="secret", Body=b"secret")
        aws.save()
        yield aws


def as_neighbour(account: LocalAws) -> dict[str, Any]:
    # It becomes the other user itself: the interpreter may lie where that user may not enter.
    arguments = [str(account.settings.home), account.endpoint_url.removeprefix("http://")]
    done = subprocess.run(
        [sys.executable, "-I", "-c", NEIGHBOUR, *arguments, str(NOBODY)],
        cwd="/",
        env={},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["uid"] == NOBODY
    return found


def test_a_neighbour_reads_no_file_and_no_call_is_answered(account: LocalAws) -> None:
    found = as_neighbour(account)
    assert found["read"] == []
    assert set(found["statuses"].values()) == {403}
    assert len(found["statuses"]) == 7


def test_no_key_is_on_the_command_line_of_a_running_job(account: LocalAws) -> None:
    """GIVEN a Spark job that runs, which needs keys WHEN a neighbour looks at all processes THEN it sees none."""
    s3, glue = account.client("s3"), account.client("glue")
    s3.put_object(Bucket="bucket", Key="job.py", Body=b"import time\nprint('up')\ntime.sleep(60)\n")
    role = account.client("iam").create_role(
        RoleName="job",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "glue.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ],
            }
        ),
    )["Role"]["Arn"]
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    account.client("iam").put_role_policy(
        RoleName="job",
        PolicyName="all",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    glue.create_job(
        Name="job",
        Role=role,
        GlueVersion="5.0",
        Command={"Name": "glueetl", "ScriptLocation": "s3://bucket/job.py", "PythonVersion": "3"},
    )
    run = glue.start_job_run(JobName="job")["JobRunId"]
    wait_for(
        lambda: glue.get_job_run(JobName="job", RunId=run)["JobRun"],
        lambda state: state["JobRunState"] == "RUNNING",
    )
    time.sleep(1)
    seen = as_neighbour(account)["command_lines"]
    glue.batch_stop_job_run(JobName="job", JobRunIds=[run])
    assert "PythonGatewayServer" in seen
    keys = [account.environment()[f"AWS_{name}"] for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")]
    assert not [key for key in keys if key in seen]
    assert "s3a.secret" not in seen
    assert "ASIA" not in seen
