"""The Glue job: arguments, Spark session, reading what the run landed, writing staging.

Runs on Glue 5.1 and on any Spark 3.5 with the same arguments. It needs neither `awsglue` nor a
GlueContext: argparse ignores Glue's own arguments.

On Glue only boto3, pyspark and the zip of `ingestion/` exist. The job imports nothing else, and
outside `ingestion.normalize` only modules that need the standard library alone.
"""

import argparse
import json
import logging
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import boto3
from botocore.config import Config
from pyspark.sql import SparkSession

from ingestion.normalize import landing, metrics, privacy, snapshots
from ingestion.normalize.account import StreamSummary
from ingestion.normalize.errors import NormalizeError
from ingestion.normalize.schemas import TABLES
from ingestion.normalize.storage import DataBucket, Scratch
from ingestion.normalize.stream import StreamRun
from ingestion.normalize.transforms import RunClock

# The streams of one run share the session and run in parallel: most are small, and they wait for
# the driver.
_PARALLEL_STREAMS = 4

# Below this many rows, generating and compiling code for the plans takes longer than running them.
INTERPRETED_BELOW_ROWS = 100_000

_SESSION_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",  # a failed cast gives null, and null gets a reason
    "spark.sql.json.enablePartialResults": "true",  # one bad field leaves the others readable
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # Otherwise Spark logs a long warning every night that it shortened a plan.
    "spark.sql.debug.maxToStringFields": "1000",
    # The manifests contain the number of rows, so the job knows its partitions beforehand. Adaptive
    # execution would plan every stage again, which costs a small night more than its rows.
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "4",
    # The JVM does not compile a method of more than 8000 bytes of code, and the typing of an event
    # in one method is larger. One method per step, all compiled, takes half the time.
    "spark.sql.codegen.wholeStage": "false",
    # Safe because everything goes to scratch first, and only whole results are put in place.
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "2",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "true",
}


@dataclass(frozen=True)
class Arguments:
    """The job's own arguments."""

    run_id: str
    streams: tuple[str, ...]
    data_bucket: str
    pseudonym_secret_id: str
    quarantine_threshold: float
    clock: RunClock
    scratch: str


def parse_arguments(argv: Sequence[str]) -> Arguments:
    """Parse `--key value` arguments; those of Glue itself are ignored.

    Raises
    ------
    NormalizeError
        A stream has no staging table.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--run_id", required=True)
    parser.add_argument("--ingest_date", required=True, type=date.fromisoformat)
    parser.add_argument("--streams", required=True, help="comma-separated; empty: nothing to do")
    parser.add_argument("--data_bucket", required=True)
    parser.add_argument("--pseudonym_secret_id", required=True)
    parser.add_argument("--quarantine_threshold", type=float, default=0.01)
    parser.add_argument("--as_of", required=True)
    parser.add_argument(
        "--scratch",
        choices=("auto", "local", "s3"),
        default="auto",
        help="where to write before the swap; auto: local if Spark runs on one machine",
    )
    known, _ = parser.parse_known_args(argv)
    streams = tuple(name.strip() for name in known.streams.split(",") if name.strip())
    unknown = sorted(set(streams) - set(TABLES))
    if unknown:
        raise NormalizeError(
            f"--streams contains {', '.join(unknown)}, which no staging table is declared for. "
            f"Known: {', '.join(TABLES)}. A new stream is declared in schemas.py"
        )
    as_of = datetime.fromisoformat(known.as_of).astimezone(UTC)
    return Arguments(
        run_id=known.run_id,
        streams=streams,
        data_bucket=known.data_bucket,
        pseudonym_secret_id=known.pseudonym_secret_id,
        quarantine_threshold=known.quarantine_threshold,
        clock=RunClock(as_of, known.ingest_date),
        scratch=known.scratch,
    )


def build_session() -> SparkSession:
    """Return the Spark session of the run, configured for this job."""
    builder = SparkSession.builder.appName("wistia-normalize")
    for key, value in _SESSION_SETTINGS.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    view = session.sparkContext._jvm  # noqa: SLF001 - pyspark looks up its functions there
    view.functions, view.PythonUtils = _Remembered(view.functions), _Remembered(view.PythonUtils)
    return session


class _Remembered:
    """A class of the JVM that remembers the methods that were used.

    py4j asks the JVM what `functions` is, and then what `coalesce` is, on every call: a quarter of
    the time that planning a stream takes.
    """

    def __init__(self, java_class: Any) -> None:
        self._java_class = java_class

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._java_class, name)
        setattr(self, name, method)
        return method


def read_pseudonym_key(client: Any, secret_id: str) -> bytes:
    """Return the key of the visitor hash from Secrets Manager, a plain string or `{"key": …}`."""
    value: str = client.get_secret_value(SecretId=secret_id)["SecretString"]
    if value.lstrip().startswith("{"):
        value = json.loads(value).get("key", "")
    return value.encode()


def _choose_execution(spark: SparkSession, rows: int) -> None:
    is_small = rows < INTERPRETED_BELOW_ROWS
    spark.conf.set("spark.sql.codegen.factoryMode", "NO_CODEGEN" if is_small else "FALLBACK")


def run(
    arguments: Arguments, spark: SparkSession, s3: Any, secrets: Any, cloudwatch: Any = None
) -> dict[str, Any]:
    """Normalize every stream of a run and write the summary to `state/runs/<run_id>/`.

    A client of CloudWatch, if there is one, gets the summary's figures, of a failed run too.

    Returns
    -------
    dict
        The summary, as written.

    Raises
    ------
    NormalizeError
        A stream failed; the other streams are done, and the same run can be started again.
    """
    started = time.monotonic()
    bucket = DataBucket(s3, arguments.data_bucket)
    key = read_pseudonym_key(secrets, arguments.pseudonym_secret_id)
    pads = privacy.hmac_pads(key)
    is_local = spark.sparkContext.master.startswith("local")
    if arguments.scratch != "auto":
        is_local = arguments.scratch == "local"
    scratch = Scratch(bucket, f"staging/_tmp/{arguments.run_id}/", is_local=is_local)
    failures: dict[str, Exception] = {}
    manifests = {
        stream: landing.read_manifest(bucket, stream, arguments.clock.ingest_date, arguments.run_id)
        for stream in arguments.streams
    }
    rows = sum(manifest.rows for manifest in manifests.values() if manifest is not None)
    _choose_execution(spark, rows)
    nights_seen: frozenset[date] = frozenset()
    if any(TABLES[stream].is_snapshot for stream, manifest in manifests.items() if manifest):
        today = datetime.now(UTC).date()
        nights_seen = snapshots.nights_seen(bucket, arguments.clock.ingest_date, today)

    def normalize_stream(stream: str) -> StreamSummary | None:
        streamed = StreamRun(
            spark=spark,
            bucket=bucket,
            scratch=scratch,
            table=TABLES[stream],
            run_id=arguments.run_id,
            clock=arguments.clock,
            pads=pads,
            quarantine_threshold=arguments.quarantine_threshold,
            nights_seen=nights_seen,
        )
        try:
            return streamed.run(manifests[stream])
        except Exception as error:  # noqa: BLE001 - the other streams continue; raised below
            failures[stream] = error
            return streamed.summary

    try:
        with ThreadPoolExecutor(_PARALLEL_STREAMS) as pool:
            summaries = list(pool.map(normalize_stream, arguments.streams))
    finally:
        scratch.remove()
    summary = {
        "run_id": arguments.run_id,
        "as_of": arguments.clock.as_of.isoformat().replace("+00:00", "Z"),
        "succeeded": not failures,
        "failures": {stream: str(error) for stream, error in failures.items()},
        "streams": {item.stream: item.as_json() for item in summaries if item is not None},
        "seconds": round(time.monotonic() - started, 3),
    }
    bucket.write_json(f"state/runs/{arguments.run_id}/normalize.json", summary)
    if cloudwatch is not None:
        metrics.put_metrics(cloudwatch, summary)
    if failures:
        first = next(iter(failures.values()))
        reasons = "; ".join(f"{stream}: {error}" for stream, error in failures.items())
        raise NormalizeError(f"Run {arguments.run_id} was not normalized: {reasons}") from first
    return summary


def main(argv: Sequence[str]) -> None:
    """Run the job with command line arguments."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("py4j").setLevel(logging.WARNING)  # it logs every connection it closes
    arguments = parse_arguments(argv)
    config = Config(max_pool_connections=32, retries={"mode": "standard", "max_attempts": 5})
    spark = build_session()
    try:
        summary = run(
            arguments,
            spark,
            boto3.client("s3", config=config),
            boto3.client("secretsmanager", config=config),
            boto3.client("cloudwatch", config=config),
        )
    finally:
        spark.stop()
    print(json.dumps(summary))  # noqa: T201 - Glue's job log


if __name__ == "__main__":
    main(sys.argv[1:])
