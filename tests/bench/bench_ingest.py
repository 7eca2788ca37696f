"""Measures an events task: rows per second, use of the request limit, memory.

``make bench-ingest`` runs it. All candidates talk to a simulator in another process, in turns, so that
a busy machine slows all of them equally; the best round counts.

1. Rows per second with the limit off: our task (including landing to an S3 server in a third process)
   must reach 80 % of a loop that only gets and parses pages over the same number of keep-alive
   connections, and beat the same pull with dlt's REST source.
2. Use of a limit of 600 requests a minute: at least 95 % after the first 10 s, and no 429.
3. Peak memory of a process that runs the function's handler over 1,000,000 events: under 200 MB.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import requests

from ingestion import layout
from ingestion.client.http import WistiaClient
from ingestion.client.request_slots import NoLimit, RequestSlots
from ingestion.deadline import Deadline
from ingestion.handlers.ingest import ingest
from ingestion.handlers.plan import plan_run
from ingestion.handlers.runtime import Services, log_request, logger, wistia_client
from ingestion.object_store import ObjectStore
from ingestion.settings import Settings
from tests.bench.lambda_process import call_handler

BUCKET = "bench-ingest"
CONNECTIONS = 8
REQUIRED_SHARE = 0.80
REQUIRED_USE = 0.95
MOST_MEMORY_MB = 200
AS_OF = "2026-03-02T02:00:00Z"
WARM_UP_SECONDS = 10.0


@dataclass(frozen=True)
class Bucket:
    """Address of the S3 server, and the bucket in it."""

    url: str
    store: ObjectStore


@dataclass(frozen=True)
class Account:
    """Address and token of the simulator."""

    url: str
    token: str = "local-wistia-token"


def main() -> int:
    """Run the parts; return exit code 1 if a requirement is missed."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--events", type=int, default=30_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--events-in-memory", type=int, default=1_000_000)
    arguments.add_argument("--part", choices=["speed", "limit", "memory"], action="append")
    given = arguments.parse_args()
    # The functions still write their log lines, but not between the figures.
    nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process
    for handler in logger.handlers:
        handler.setStream(nowhere)  # type: ignore[attr-defined]
    parts = given.part or ["speed", "limit", "memory"]
    with tempfile.TemporaryDirectory() as name, s3_server(Path(name)) as bucket:
        folder, passed = Path(name), True
        if "speed" in parts:
            passed &= measure_speed(folder, bucket.store, given.events, given.rounds)
        if "limit" in parts:
            passed &= measure_use_of_limit(folder, bucket.store, given.events)
        if "memory" in parts:
            passed &= measure_memory(folder, bucket, given.events_in_memory)
    return 0 if passed else 1


def measure_speed(folder: Path, store: ObjectStore, events: int, rounds: int) -> bool:
    """Compare rows per second with the limit off; return whether the requirements are met."""
    with simulator(folder, events, rate_limit=0) as account:
        bare_loop(
            account
        )  # the simulator writes its rows once and keeps them: no measured round should pay for it
        best = {"bare loop": 0.0, "ingestion": 0.0, "dlt": 0.0}
        pulls: dict[str, Callable[[], tuple[int, float]]] = {
            "bare loop": lambda: bare_loop(account),
            "ingestion": lambda: our_task(account, store, "speed"),
            "dlt": lambda: dlt_pull(account, folder),
        }
        for _ in range(rounds):
            for name, pull in pulls.items():
                rows, seconds = pull()
                if rows < events:
                    raise SystemExit(f"{name} got {rows} of {events} events")
                best[name] = max(best[name], rows / seconds)
    share, against_dlt = best["ingestion"] / best["bare loop"], best["ingestion"] / best["dlt"]
    for name, rate in best.items():
        print(
            f"{name:10} {rate:10,.0f} rows/s with {CONNECTIONS if name != 'dlt' else 1} connections"
        )
    print(f"ingestion reaches {share:.0%} of the bare loop (required {REQUIRED_SHARE:.0%})")
    print(f"ingestion is {against_dlt:.1f} times as fast as dlt (required more than 1)")
    return share >= REQUIRED_SHARE and against_dlt > 1


def measure_use_of_limit(folder: Path, store: ObjectStore, events: int) -> bool:
    """Pull with a limit of 600 requests a minute; return whether enough of them are used."""
    with simulator(folder, events, rate_limit=600) as account:
        sent: list[float] = []
        our_task(account, store, "limit", requests_per_minute=600, sent=sent)
        throttled = requests.get(f"{account.url}/_simulator/stats", timeout=10).json()[
            "too_many_requests"
        ]
    begin = sent[0] + WARM_UP_SECONDS
    later = [moment for moment in sent if moment >= begin]
    use = len(later) / ((sent[-1] - begin) * 10)
    print(
        f"{len(sent)} requests in {sent[-1] - sent[0]:.1f} s: {use:.1%} of 600 a minute are used",
        end=" ",
    )
    print(
        f"after {WARM_UP_SECONDS:.0f} s (required {REQUIRED_USE:.0%}), {throttled} answered 429 (required 0)"
    )
    return use >= REQUIRED_USE and throttled == 0


def measure_memory(folder: Path, bucket: Bucket, events: int) -> bool:
    """Run the function's handler over many events in a process like Lambda's."""
    with simulator(folder, events, rate_limit=0) as account:
        settings = settings_of(account)
        plan, tasks = plan_of(settings, bucket.store, "memory")
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_ENDPOINT_URL": bucket.url,
            "AWS_ACCESS_KEY_ID": "bench",
            "AWS_SECRET_ACCESS_KEY": "bench",
            "AWS_DEFAULT_REGION": "us-east-1",
            "DATA_BUCKET": BUCKET,
            "WISTIA_API_BASE_URL": account.url,
            "WISTIA_API_TOKEN": account.token,
            "REQUESTS_PER_MINUTE": "0",
            "MALLOC_ARENA_MAX": "2",  # as the template sets it
        }
        rows, peak, started = 0, 0.0, time.perf_counter()
        for task in tasks:
            event: dict[str, Any] = {"plan": plan, "task": task, "continuation": None}
            while True:
                result, memory = call_handler("ingest", event, environment)
                rows, peak = rows + result["rows"], max(peak, memory)
                if result["done"]:
                    break
                event["continuation"] = result["continuation"]
    print(
        f"{rows:,} events in {time.perf_counter() - started:.0f} s: peak of {peak:.0f} MB "
        f"(required less than {MOST_MEMORY_MB} MB)"
    )
    if rows < events:
        raise SystemExit(f"got {rows} of {events} events")
    return peak < MOST_MEMORY_MB


def bare_loop(account: Account) -> tuple[int, float]:
    """Get and parse every page, and do nothing else; return rows and seconds."""
    started = time.perf_counter()
    numbers, rows, lock = count(1), [0], threading.Lock()

    def work(_: int) -> None:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {account.token}"
        while True:
            with lock:
                page = next(numbers)
            params = {"page": page, "per_page": 100}
            answer = session.get(f"{account.url}/modern/stats/events", params=params, timeout=30)
            found = len(answer.json())
            if not found:
                return
            with lock:
                rows[0] += found

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(work, range(CONNECTIONS)))
    return rows[0], time.perf_counter() - started


def our_task(
    account: Account,
    store: ObjectStore,
    name: str,
    *,
    requests_per_minute: int = 0,
    sent: list[float] | None = None,
) -> tuple[int, float]:
    """Ingest the whole history of events as one task; return rows and seconds."""
    settings = settings_of(account)
    moments = sent if sent is not None else []

    def connect() -> WistiaClient:
        limit = (
            RequestSlots(store, layout.REQUEST_SLOTS, requests_per_minute)
            if requests_per_minute
            else NoLimit()
        )
        return WistiaClient(
            settings.base_url,
            settings.api_token,
            api_version=settings.api_version,
            limit=limit,
            on_request=lambda request: (moments.append(time.time()), log_request(request)),
        )

    services = Services(settings, store, connect, Deadline(900))
    plan, tasks = plan_of(settings, store, name)
    started = time.perf_counter()
    with redirect_stdout(io.StringIO()):  # the metrics
        results = [
            ingest({"plan": plan, "task": task, "continuation": None}, services) for task in tasks
        ]
    return sum(result["rows"] for result in results), time.perf_counter() - started


def settings_of(account: Account) -> Settings:
    """Return settings that make the whole history of events one task."""
    return Settings(
        data_bucket=BUCKET,
        base_url=account.url,
        api_token=account.token,
        streams=("events",),
        initial_history_days=150,
        connections=CONNECTIONS,
    )


def plan_of(
    settings: Settings, store: ObjectStore, name: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Plan a new run; return the plan and its tasks."""
    event = {
        "input": {"as_of": AS_OF},
        "execution_id": f"{name}-{time.time_ns()}",
        "execution_start": AS_OF,
    }
    services = Services(settings, store, lambda: wistia_client(settings, store), Deadline(900))
    plan = plan_run(event, services, lambda _: False)
    return plan, plan.pop("tasks")


def dlt_pull(account: Account, folder: Path) -> tuple[int, float]:
    """Do the same pull as in dlt's documentation, to JSON lines on disk; return rows and seconds."""
    script = Path(__file__).with_name("dlt_pull.py")
    target = folder / f"dlt-{time.time_ns()}"
    environment = os.environ | {"DLT_DATA_DIR": str(target), "RUNTIME__DLTHUB_TELEMETRY": "false"}
    answer = subprocess.run(
        [sys.executable, str(script), account.url, account.token, str(target)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    rows, seconds = answer.stdout.split()[-2:]
    return int(rows), float(seconds)


@contextmanager
def simulator(folder: Path, events: int, *, rate_limit: int) -> Iterator[Account]:
    """Serve an account with this many events and no faults."""
    port_file = folder / f"simulator-{time.time_ns()}"
    command = [
        "-m",
        "wistia_simulator",
        "serve",
        "--port-file",
        str(port_file),
        "--faults",
        "clean",
    ]
    command += ["--events", str(events), "--rate-limit", str(rate_limit)]
    with child(command):
        account = Account(f"http://127.0.0.1:{wait_for(port_file)}")
        yield account


@contextmanager
def s3_server(folder: Path) -> Iterator[Bucket]:
    """Run moto's S3 in another process."""
    port_file = folder / "s3-port"
    code = (
        "import sys, time; from pathlib import Path; from moto.server import ThreadedMotoServer; "
        "s = ThreadedMotoServer(port=0, verbose=False); s.start(); "
        "Path(sys.argv[1] + '.tmp').write_text(str(s.get_host_and_port()[1])); "
        "Path(sys.argv[1] + '.tmp').rename(sys.argv[1]); time.sleep(3600)"
    )
    with child(["-c", code, str(port_file)]):
        url = f"http://127.0.0.1:{wait_for(port_file)}"
        client = boto3.client(
            "s3",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="bench",
            aws_secret_access_key="bench",
        )
        client.create_bucket(Bucket=BUCKET)
        yield Bucket(url, ObjectStore(client, BUCKET))


@contextmanager
def child(arguments: list[str]) -> Iterator[None]:
    """Run a Python process for the duration of the block."""
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port_file: Path, seconds: float = 60.0) -> str:
    """Return the port once the file contains it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if port_file.exists() and (port := port_file.read_text().strip()):
            return port
        time.sleep(0.05)
    raise SystemExit(f"no server wrote {port_file} within {seconds:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
