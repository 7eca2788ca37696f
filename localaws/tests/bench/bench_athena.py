"""What the Athena layer costs over Trino, and a million rows in flat memory.

``python localaws/tests/bench/bench_athena.py`` runs it on a localaws of its own. Each query goes in turns
straight to Trino and through Athena (start, poll every 50 ms, first page of the result), so that a
busy machine slows both alike.

1. Overhead: the median difference must stay under 20 ms, the sleep between two polls apart; what the
   caller waits with that sleep is printed beside it.
2. A ``select *`` of 1,000,000 rows through GetQueryResults and through the results CSV: the server,
   looked at every 50 ms, may not grow by more than 200 MiB.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from localaws import testing
from localaws.testing import LocalAws
from localaws.trino.access import engine_headers
from localaws.trino.client import TrinoClient

BUCKET = "bench-athena"
POLL_SECONDS = 0.05
MEMORY_MIB = 200
_QUERIES = (
    "select 1",
    "select count(*), sum(n) from unnest(sequence(1, 10000)) as t (n)",
    "select * from bench.small order by 1 limit 10",
)


class _Athena:
    def __init__(self, aws: LocalAws) -> None:
        self.client = aws.client("athena")

    def run(self, sql: str, poll: float = POLL_SECONDS) -> tuple[str, float]:
        """Run a statement; give its id and the seconds that were slept in vain after its end."""
        identity = self.client.start_query_execution(
            QueryString=sql,
            QueryExecutionContext={"Catalog": "AwsDataCatalog", "Database": "bench"},
            ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/results/"},
        )["QueryExecutionId"]
        while True:
            found = self.client.get_query_execution(QueryExecutionId=identity)["QueryExecution"]
            status = found["Status"]
            if status["State"] == "SUCCEEDED":
                return identity, max(0.0, time.time() - status["CompletionDateTime"].timestamp())
            if status["State"] == "FAILED":
                raise RuntimeError(status["StateChangeReason"])
            time.sleep(poll)


def overhead(aws: LocalAws, athena: _Athena, rounds: int) -> dict[str, Any]:
    """Measure the seconds of each query both ways, in turns."""
    trino = TrinoClient(aws.wait_for_trino(), engine_headers(aws.settings))
    straight: list[float] = []
    through: list[float] = []
    waited: list[float] = []
    for _ in range(rounds):
        for sql in _QUERIES:
            began = time.perf_counter()
            running = trino.start(sql, catalog="awsdatacatalog", schema="bench")
            for _page in running.pages():
                pass
            straight.append(time.perf_counter() - began)
            began = time.perf_counter()
            identity, late = athena.run(sql)
            waited.append(time.perf_counter() - began)
            through.append(waited[-1] - late)
            athena.client.get_query_results(QueryExecutionId=identity)
    differences = [b - a for a, b in zip(straight, through, strict=True)]
    return {
        "straight_median_ms": round(statistics.median(straight) * 1000, 1),
        "athena_median_ms": round(statistics.median(through) * 1000, 1),
        "overhead_median_ms": round(statistics.median(differences) * 1000, 1),
        "athena_with_polling_median_ms": round(statistics.median(waited) * 1000, 1),
        "ratio": round(statistics.median(through) / statistics.median(straight), 2),
    }


class _Peak:
    """The largest resident memory that a process was seen with, bytes."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.seen = process.memory_info().rss

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look at the process every 50 ms."""
        stop = threading.Event()

        def look() -> None:
            while not stop.wait(0.05):
                self.seen = max(self.seen, self._process.memory_info().rss)

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def million_rows(aws: LocalAws, athena: _Athena, rows: int) -> dict[str, Any]:
    """Read many rows both ways and watch the server's memory."""
    athena.run(
        f"create table large with (external_location='s3://{BUCKET}/large/') as"
        f" select n, n * 2 as m, 'row ' || cast(n as varchar) as t from"
        f" unnest(sequence(1, {rows // 1000})) a (x), unnest(sequence(1, 1000)) b (n)"
    )
    endpoints = json.loads((aws.settings.home / "endpoints.json").read_text())
    peak = _Peak(psutil.Process(endpoints["pids"]["server"]))
    before = peak.seen
    with peak.watched():
        figures = _read_both_ways(aws, athena, rows)
    return {**figures, "server_grew_mib": round((peak.seen - before) / 2**20)}


def _read_both_ways(aws: LocalAws, athena: _Athena, rows: int) -> dict[str, Any]:
    began = time.perf_counter()
    identity, _ = athena.run("select * from bench.large", poll=0.5)
    queried = time.perf_counter() - began
    began = time.perf_counter()
    count = 0
    pages = athena.client.get_paginator("get_query_results").paginate(QueryExecutionId=identity)
    for page in pages:
        count += len(page["ResultSet"]["Rows"])
    paged = time.perf_counter() - began
    body = aws.client("s3").get_object(Bucket=BUCKET, Key=f"results/{identity}.csv")["Body"]
    lines = sum(chunk.count(b"\n") for chunk in body.iter_chunks(1 << 20))
    return {
        "rows_by_pages": count - 1,
        "rows_in_csv": lines - 1,
        "query_and_csv_s": round(queried, 1),
        "pages_s": round(paged, 1),
    }


def main() -> int:
    """Print the figures; 1 if one is out of bounds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, testing.start(Path(home)) as aws:
        aws.client("s3").create_bucket(Bucket=BUCKET)
        athena = _Athena(aws)
        athena.run("create database bench")
        athena.run(
            f"create table small with (external_location='s3://{BUCKET}/small/') as"
            " select n, cast(n as varchar) as t from unnest(sequence(1, 1000)) as t (n)"
        )
        overhead(aws, athena, 5)  # warm up
        costs = overhead(aws, athena, options.rounds)
        bulk = million_rows(aws, athena, options.rows)
    print(json.dumps({**costs, **bulk}, indent=2))
    good = (
        costs["overhead_median_ms"] < 20
        and bulk["rows_by_pages"] == bulk["rows_in_csv"] == options.rows
        and bulk["server_grew_mib"] < MEMORY_MIB
    )
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())
