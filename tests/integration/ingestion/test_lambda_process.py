"""A function as Lambda runs it: in its own process, with its handler, environment and memory."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from ingestion.object_store import ObjectStore
from tests.support.ingestion_night import Night
from wistia_simulator.testing import Simulator, World, running

AS_OF = "2026-03-02T02:00:00Z"
BUCKET = "lambda-data"
# Calls a handler with the event on stdin and reports its result and the peak of its memory.
CALL = """
import importlib, json, sys
from pathlib import Path

class Context:
    def get_remaining_time_in_millis(self):
        return 900_000

handler = importlib.import_module(f"ingestion.handlers.{sys.argv[1]}").handler
result = handler(json.load(sys.stdin), Context())
# Not ru_maxrss: it keeps the peak of the process that this one was forked from.
status = Path("/proc/self/status").read_text()
peak = int(status.split("VmHWM:")[1].split()[0])
print("\\n" + json.dumps({"result": result, "peak_kib": peak}))
"""


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(World(events=3_000, medias=5, history_days=30)) as simulator:
        yield simulator


@pytest.fixture
def environment(s3_url: str, simulator: Simulator) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": s3_url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "DATA_BUCKET": BUCKET,
        "WISTIA_API_BASE_URL": simulator.base_url,
        "WISTIA_TOKEN_SECRET_ID": "wistia-token",
        "INGEST_STREAMS": "media,events",
        "INITIAL_HISTORY_DAYS": "60",
        "REQUESTS_PER_MINUTE": "6000",
    }


def client(service: str, s3_url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=s3_url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def call(
    name: str, event: dict[str, Any], environment: dict[str, str]
) -> tuple[dict[str, Any], int, str]:
    answer = start(name, event, environment)
    assert answer.returncode == 0, answer.stderr
    last = json.loads(answer.stdout.splitlines()[-1])
    return last["result"], last["peak_kib"], answer.stdout + answer.stderr


def start(
    name: str, event: dict[str, Any], environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", CALL, name],
        input=json.dumps(event),
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_functions_run_a_night_from_their_environment_alone(
    s3_url: str, simulator: Simulator, environment: dict[str, str]
) -> None:
    # GIVEN a bucket, a token in the secret, and the functions' environment
    s3 = client("s3", s3_url)
    s3.create_bucket(Bucket=BUCKET)
    client("secretsmanager", s3_url).create_secret(
        Name="wistia-token", SecretString=json.dumps({"token": simulator.token})
    )
    # WHEN each function runs in its own process
    event = {"input": {"as_of": AS_OF}, "execution_id": "arn:one", "execution_start": AS_OF}
    plan, _, output = call("plan", event, environment)
    tasks = plan.pop("tasks")
    peaks = []
    for task in tasks:
        result, peak, written = call(
            "ingest", {"plan": plan, "task": task, "continuation": None}, environment
        )
        assert result["done"]
        peaks.append(peak)
        output += written
    sealed, _, written = call("seal", {"plan": plan}, environment)
    output += written
    committed, _, written = call("commit", {"plan": plan, "seal": sealed}, environment)
    output += written
    # THEN the events are visible, the watermark has moved, metrics were emitted
    night = Night(ObjectStore(s3, BUCKET), simulator)
    truth = night.truth(plan)
    assert {line["record"]["event_key"] for line in night.lines(plan, "events")} == set(
        truth.events
    )
    assert committed == {
        "run_id": plan["run_id"],
        "watermarks": {"media": AS_OF, "events": AS_OF},
        "lease_released": True,
    }
    metrics = [json.loads(line) for line in output.splitlines() if '"CloudWatchMetrics"' in line]
    assert {line["stream"] for line in metrics if "stream" in line} == {"media", "events"}
    run = [line for line in metrics if "stream" not in line]  # once, by Seal
    assert len(run) == 1
    assert run[0]["LagSeconds"]
    assert run[0]["NewRows"]
    # and the logs contain no secret, and memory stays within its limit
    secrets = {simulator.token} | {row["ip"] for row in truth.events.values()}
    secrets |= {row["iframe_heatmap_url"] for row in truth.events.values()}
    secrets |= {row["email"] for row in truth.events.values() if row["email"]}
    assert any("@" in secret for secret in secrets)
    assert not [secret for secret in secrets if secret in output]
    assert max(peaks) < 120 * 1024


def test_function_that_fails_says_why_and_does_not_show_the_token(
    s3_url: str, environment: dict[str, str]
) -> None:
    client("s3", s3_url).create_bucket(Bucket="failing")
    environment |= {"DATA_BUCKET": "failing", "WISTIA_API_TOKEN": "w1stia-t0ken-that-expired"}
    environment["INGEST_STREAMS"] = "media_stats"
    event = {"input": {"as_of": AS_OF}, "execution_id": "arn:two", "execution_start": AS_OF}
    answer = start("plan", event, environment)
    assert answer.returncode != 0
    assert "WistiaUnauthorized: Wistia refused the token" in answer.stderr
    assert "t0ken" not in answer.stdout + answer.stderr
