"""Measures what a night costs on Athena: statements and bytes, after 1 and after 12 months of history.

Run as ``python -m tests.bench.bench_dbt`` (``make bench-dbt``). Exit code 1 if a night after twelve months
reads more than 1.3 times the bytes of the same night after one month, or if its merges touch a partition
outside their window.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import chdir
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from dbt.cli.main import dbtRunner

from localaws import testing
from localaws.testing import LocalAws
from tests.support.staged_world import LOOKBACK_DAYS, World
from tests.support.staging_tables import BUCKET, DATABASE, WORKGROUP, StagingTables

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = "ci_bench_wistia_analytics"
NIGHT = date(2026, 3, 2)
MOST_TIMES_THE_BYTES = 1.3
# Partitioned by month; the merge's window is twice the lookback.
PARTITIONED = (
    *("fact_events", "fact_media_engagement"),
    *("agg_geo_engagement", "agg_device_engagement", "agg_traffic_engagement"),
)
WINDOW_MONTHS = {f"{NIGHT - timedelta(days=days):%Y-%m}" for days in range(2 * LOOKBACK_DAYS + 1)}


@dataclass(frozen=True)
class Cost:
    """What one night's build took."""

    statements: int
    scanned_bytes: int
    seconds: float
    partitions: int
    touched: frozenset[str]


def stage_history(tables: StagingTables, months: int, sessions_per_day: int) -> World:
    """Stage a history of this many months, one snapshot a day; return its world."""
    world = World(seed=7, first_night=NIGHT - timedelta(days=30 * months))
    day = world.first_night
    while day < NIGHT:
        moment = datetime.combine(day, datetime.min.time())
        for second in range(sessions_per_day):
            world.add_event(moment + timedelta(seconds=second))
        world.stage(tables, day, day, day)
        day += timedelta(days=1)
        # Drop days that no longer change: otherwise every day would loop over a year of events.
        changing = moment - timedelta(days=LOOKBACK_DAYS)
        world.events = {
            key: event for key, event in world.events.items() if event["received_at"] >= changing
        }
    return world


def stage_night(world: World, tables: StagingTables, sessions_per_day: int) -> None:
    """Stage the night after the history."""
    world.live(NIGHT, sessions_per_day)
    world.stage(tables, NIGHT, NIGHT - timedelta(days=LOOKBACK_DAYS), NIGHT)


def build(folder: Path, *arguments: str, as_of: date) -> None:
    """Run dbt as a night does."""
    variables = {
        "as_of": f"{as_of}T02:00:00Z",
        "start_date": (as_of - timedelta(days=LOOKBACK_DAYS)).isoformat(),
        "end_date": as_of.isoformat(),
        "staging_database": DATABASE,
    }
    options = ["--profiles-dir", str(folder), "--target", "ci", "--quiet"]
    options += ["--target-path", str(folder / "target"), "--log-path", str(folder)]
    with chdir(ROOT):
        result = dbtRunner().invoke([*arguments, *options, "--vars", json.dumps(variables)])
    if not result.success:
        raise SystemExit(f"dbt {' '.join(arguments)} failed: see {folder / 'dbt.log'}.")


def executions(aws: LocalAws) -> dict[str, int]:
    """Return the bytes scanned by every statement so far."""
    athena = aws.client("athena")
    pages = athena.get_paginator("list_query_executions").paginate(WorkGroup=WORKGROUP)
    ids = [i for page in pages for i in page["QueryExecutionIds"]]
    scanned: dict[str, int] = {}
    for first in range(0, len(ids), 50):
        found = athena.batch_get_query_execution(QueryExecutionIds=ids[first : first + 50])
        for query in found["QueryExecutions"]:
            scanned[query["QueryExecutionId"]] = query["Statistics"].get("DataScannedInBytes", 0)
    return scanned


def files(tables: StagingTables) -> set[str]:
    """Return the paths of all data and delete files of the partitioned tables."""
    paths: set[str] = set()
    for table in PARTITIONED:
        _, rows = tables.query(f'select file_path from "{table}$files"', SCHEMA)
        paths |= {str(path) for (path,) in rows}
    return paths


def months_of(paths: set[str]) -> frozenset[str]:
    """Return the months whose partitions contain these files."""
    return frozenset(path.split("event_date_month=")[1].split("/")[0] for path in paths)


def measure(months: int, sessions_per_day: int) -> Cost:
    """Build a history, then one night on top of it, and return what the night cost."""
    folder = Path(tempfile.mkdtemp(prefix="bench-dbt-"))
    try:
        with testing.start(folder / "home") as aws:
            aws.wait_for_trino()
            os.environ |= aws.environment() | {
                "DATA_BUCKET": BUCKET,
                "ATHENA_WORKGROUP": WORKGROUP,
                "ATHENA_POLL_SECONDS": "0.05",
                "CI_RUN_ID": "bench",
            }
            shutil.copy(ROOT / "profiles.yml.example", folder / "profiles.yml")
            tables = StagingTables(aws.client)
            tables.create()
            world = stage_history(tables, months, sessions_per_day)
            build(folder, "run", "--full-refresh", as_of=NIGHT - timedelta(days=1))
            stage_night(world, tables, sessions_per_day)
            files_before = files(tables)
            before = executions(aws)
            started = time.monotonic()
            build(folder, "build", "--selector", "nightly", as_of=NIGHT)
            seconds = time.monotonic() - started
            after = executions(aws)
            new = {key: scanned for key, scanned in after.items() if key not in before}
            return Cost(
                statements=len(new),
                scanned_bytes=sum(new.values()),
                seconds=seconds,
                partitions=len(months_of(files_before)),
                touched=months_of(files_before ^ files(tables)),
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str] | None = None) -> int:
    """Measure both nights, print and compare them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions-per-day", type=int, default=300)
    options = parser.parse_args(arguments)
    costs: dict[int, Cost] = {}
    for months in (1, 12):
        costs[months] = measure(months, options.sessions_per_day)
        cost = costs[months]
        print(
            f"{months:2d} months of history: {cost.statements} statements,"
            f" {cost.scanned_bytes:,} bytes scanned, {cost.seconds:.1f} s;"
            f" touched {', '.join(sorted(cost.touched))} of {cost.partitions} months"
        )
    ratio = costs[12].scanned_bytes / max(1, costs[1].scanned_bytes)
    print(f"12 months read {ratio:.2f} times the bytes of 1 month (at most {MOST_TIMES_THE_BYTES})")
    outside = frozenset().union(*(cost.touched for cost in costs.values())) - WINDOW_MONTHS
    if outside:
        print(f"The merges touched {', '.join(sorted(outside))}, outside their window")
    return 0 if ratio <= MOST_TIMES_THE_BYTES and not outside else 1


if __name__ == "__main__":
    sys.exit(main())
