"""Measures the normalize job against the simplest Spark job, and with a history against without one.

Run by `make bench-normalize`. Everything runs on a 1 GB heap and two cores, in one session, each side
once to warm up and then in turns. The median of the rounds' ratios counts: a disturbance of the machine
affects both sides of a round.
"""

import argparse
import contextlib
import gzip
import hashlib
import json
import logging
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import boto3
from moto.server import ThreadedMotoServer
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as sf

from ingestion.landing.field_names import FieldNames
from ingestion.normalize import job
from ingestion.normalize.transforms import RunClock
from localaws.downloads import ensure_engines
from localaws.settings import Settings

AS_OF = datetime(2026, 3, 2, 2, tzinfo=UTC)
BUCKET = "bench"
PLAIN_LIMIT, HISTORY_LIMIT = 1.3, 1.2
LEAD = {"email": "a@example.com", "first_name": "A", "last_name": "B", "is_new_lead": True}
META = "run_id:string, page:int, position:int, ingested_at:timestamp"
RECORD = (
    "event_key:string, received_at:timestamp, visitor_key:string, media_id:string, "
    "media_name:string, media_url:string, embed_url:string, percent_viewed:double, ip:string, "
    "org:string, city:string, region:string, country:string, lat:double, lon:double, "
    "email:string, conversion_type:string, iframe_heatmap_url:string, "
    "conversion_data:struct<email:string,first_name:string,last_name:string,is_new_lead:boolean>, "
    "user_agent_details:struct<browser:string,browser_version:string,platform:string,"
    "mobile:boolean>"
)


def event(
    chance: random.Random, day: datetime, page: int, position: int, run_id: str
) -> dict[str, Any]:
    """Return one event of a day in its envelope, as Wistia serves it."""
    received = day + timedelta(seconds=chance.randrange(86_400))
    record = {
        "received_at": received.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "event_key": f"1_{uuid.UUID(int=chance.getrandbits(128))}",
        "ip": "203.0.113.7", "country": "US", "region": chance.choice(["WA", "Florida", "NY"]),
        "city": "Seattle", "lat": 47.6 + chance.random(), "lon": -122.3, "org": "Comcast", "email": None,
        "percent_viewed": round(chance.random(), 6),
        "embed_url": f"https://www.example.com/blog/{chance.randrange(999)}?utm_source=google&utm_medium=cpc",
        "conversion_type": "", "conversion_data": {} if position % 50 else LEAD,
        "iframe_heatmap_url": "https://fast.wistia.net/embed/iframe/abc/heatmap?public_token=x",
        "visitor_key": f"v_{uuid.UUID(int=chance.getrandbits(100))}",
        "user_agent_details": {"browser": "Chrome", "browser_version": "131", "platform": "Mac", "mobile": False},
        "media_id": f"m{chance.randrange(200):09d}", "media_name": "A video",
        "media_url": "https://acme.wistia.com/medias/abcdefghij",
        "thumbnail": {"url": "https://embed.wistia.com/a.jpg", "width": 200, "height": 120},
    }  # fmt: skip
    meta = {
        "run_id": run_id, "stream": "events", "page": page, "position": position,
        "request": {"path": "/modern/stats/events", "params": {"page": str(page)}},
        "window_start": "2025-03-01T00:00:00Z", "window_end": "2026-03-02T02:00:00Z",
        "ingested_at": f"2026-03-02T02:00:{page % 60:02d}.000Z", "api_version": "2026-03",
    }  # fmt: skip
    return {"_meta": meta, "record": record}


def land(s3: Any, run_id: str, rows: int, first: datetime, days: int, *, files: int) -> list[str]:
    """Land a run of events over some days and seal it; return its keys."""
    chance = random.Random(run_id)
    folder = f"raw_data/events/ingest_date={AS_OF:%Y-%m-%d}/run_id={run_id}"
    sealed = []
    for number in range(files):
        envelopes = []
        for i in range(rows // files):
            day = first + timedelta(days=chance.randrange(days))
            envelopes.append(event(chance, day, i // 100, i % 100, run_id))
        fields = FieldNames.of(json.dumps(envelope["record"]).encode() for envelope in envelopes)
        lines = map(json.dumps, envelopes)
        content = gzip.compress(("\n".join(lines) + "\n").encode(), 1)
        key = f"{folder}/events-{number:04d}.json.gz"
        s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        sealed.append(
            {
                "key": key,
                "rows": rows // files,
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
                "fields": fields.names,
            }
        )
    manifest = {
        "run_id": run_id, "stream": "events", "files": sealed,
        "window": {"start": first.isoformat(), "end": (first + timedelta(days=days)).isoformat()},
    }  # fmt: skip
    s3.put_object(Bucket=BUCKET, Key=f"{folder}/manifest.json", Body=json.dumps(manifest).encode())
    return [file["key"] for file in sealed]


def plain(spark: SparkSession, keys: list[str], target: Path) -> None:
    """Run the simplest possible job: schema, window, partitioned write."""
    schema = f"_meta struct<{META}>, record struct<{RECORD}>"
    frame = spark.read.schema(schema).json([f"s3://{BUCKET}/{key}" for key in keys])
    newest = Window.partitionBy("event_key").orderBy(
        sf.desc("_meta.ingested_at"), sf.desc("_meta.page"), sf.desc("_meta.position")
    )
    (
        frame.select("_meta", "record.*", sf.to_date("record.received_at").alias("event_date"))
        .withColumn("rank", sf.row_number().over(newest))
        .where("rank = 1")
        .drop("rank")
        .write.mode("overwrite")
        .partitionBy("event_date")
        .parquet(target.as_uri())
    )


def normalize(spark: SparkSession, s3: Any, secrets: Any, run_id: str) -> dict[str, Any]:
    """Run the normalize job."""
    arguments = job.Arguments(
        run_id=run_id, streams=("events",), data_bucket=BUCKET, pseudonym_secret_id="pseudonym",
        quarantine_threshold=0.01, clock=RunClock(AS_OF, AS_OF.date()), scratch="auto",
    )  # fmt: skip
    return job.run(arguments, spark, s3, secrets)


def clear(s3: Any, prefix: str) -> None:
    """Delete everything under a prefix."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix):
        for entry in page.get("Contents", []):
            s3.delete_object(Bucket=BUCKET, Key=entry["Key"])


def copy(s3: Any, source: str, target: str) -> None:
    """Copy everything under a prefix to another one, which is emptied first."""
    clear(s3, target)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=source):
        for entry in page["Contents"]:
            s3.copy_object(
                Bucket=BUCKET,
                Key=target + entry["Key"].removeprefix(source),
                CopySource={"Bucket": BUCKET, "Key": entry["Key"]},
            )


def serve(connection: Any) -> None:
    """Send the address of an S3 server, and serve until the other end of the connection closes."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # no log line per request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    connection.send(f"http://{host}:{port}")
    with contextlib.suppress(EOFError):
        connection.recv()
    server.stop()


def in_turns(rounds: int, *sides: tuple[Callable[[], Any], Callable[[], Any]]) -> list[list[float]]:
    """Run two prepared sides in turns, after one warm-up round; return the seconds of each round."""
    seconds = []
    for turn in range(rounds + 1):
        took = []
        for prepare, measured in sides:
            prepare()
            started = time.perf_counter()
            measured()
            took.append(time.perf_counter() - started)
        told = " and ".join(f"{side:.1f} s" for side in took)
        print(f"  {f'round {turn}' if turn else 'to warm up'}: {told}", flush=True)
        if turn:
            seconds.append(took)
    return seconds


def session(endpoint: str) -> SparkSession:
    """Return a session like the one of `make nightly`."""
    local = Settings()
    ensure_engines(local)
    os.environ["JAVA_HOME"] = str(local.spark_java_home)
    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "1g")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.jars": ",".join(map(str, local.s3a_jars)),
        "spark.hadoop.fs.s3.impl": "org.apache.hadoop.fs.s3a.S3AFileSystem",
        "spark.hadoop.fs.s3a.endpoint": endpoint,
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.access.key": "testing",
        "spark.hadoop.fs.s3a.secret.key": "testing",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
    }.items():
        builder = builder.config(key, value)
    builder.getOrCreate().sparkContext.setLogLevel("ERROR")
    return job.build_session()


def main() -> int:
    """Measure and print both ratios; return exit code 1 if one is above its limit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--history-events", type=int, default=365_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    # Another process, as on AWS and in localaws: the job does not share its interpreter with S3.
    connection, other_end = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(other_end,))
    server.start()
    endpoint = connection.recv()
    keys = {
        "aws_access_key_id": "testing",
        "aws_secret_access_key": "testing",
        "region_name": "us-east-1",
    }
    s3 = boto3.client("s3", endpoint_url=endpoint, **keys)
    secrets = boto3.client("secretsmanager", endpoint_url=endpoint, **keys)
    s3.create_bucket(Bucket=BUCKET)
    secrets.create_secret(Name="pseudonym", SecretString="bench-key")
    year_ago = AS_OF.replace(hour=0) - timedelta(days=365)
    target = Path(tempfile.mkdtemp(prefix="bench-normalize-"))
    spark = session(endpoint)
    try:
        print(f"{options.events:,} events over 60 days: the simplest job, then this one")
        landed = land(
            s3, "million", options.events, AS_OF.replace(hour=0) - timedelta(days=60), 60, files=16
        )
        against_plain = in_turns(
            options.rounds,
            (lambda: None, lambda: plain(spark, landed, target)),
            (lambda: clear(s3, "staging/"), lambda: normalize(spark, s3, secrets, "million")),
        )
        clear(s3, "raw_data/events/")
        print("10,000 events of four days: into an empty table, then into 12 months")
        land(s3, "history", options.history_events, year_ago, 365, files=8)
        land(s3, "night", 10_000, AS_OF.replace(hour=0) - timedelta(days=4), 4, files=2)
        clear(s3, "staging/")
        normalize(spark, s3, secrets, "history")
        copy(s3, "staging/", "history/")
        against_empty = in_turns(
            2 * options.rounds,
            (lambda: clear(s3, "staging/"), lambda: normalize(spark, s3, secrets, "night")),
            (
                lambda: copy(s3, "history/", "staging/"),
                lambda: normalize(spark, s3, secrets, "night"),
            ),
        )
    finally:
        spark.stop()
        connection.close()
        server.join()
        shutil.rmtree(target, ignore_errors=True)
    is_slow = False
    for name, seconds, limit in (
        ("1 million, compared with the simplest job", against_plain, PLAIN_LIMIT),
        ("a night after 12 months, compared with an empty table", against_empty, HISTORY_LIMIT),
    ):
        reference, measured = (median(side) for side in zip(*seconds, strict=True))
        ratio = median(ours / theirs for theirs, ours in seconds)
        print(
            f"{name}: {measured:.1f} s / {reference:.1f} s, in a round {ratio:.2f} (limit {limit})"
        )
        is_slow |= ratio > limit
    return int(is_slow)


if __name__ == "__main__":
    sys.exit(main())
