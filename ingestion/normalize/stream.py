"""One stream of one run: read the landed files, merge them into staging, account for every row."""

import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as sf

from ingestion.manifest import LandedFile, Manifest
from ingestion.normalize import (
    expressions,
    landing,
    privacy,
    quarantine,
    snapshots,
    storage,
    transforms,
)
from ingestion.normalize.account import StreamSummary, Tally
from ingestion.normalize.errors import NormalizeError, QuarantineThresholdError
from ingestion.normalize.landed_rows import LandedRows
from ingestion.normalize.schemas import Table
from ingestion.normalize.storage import DataBucket, Scratch
from ingestion.normalize.transforms import RunClock

logger = logging.getLogger("normalize")

# Rows are cut on received_at, so they are inside the window; daily figures are requested wider.
_WINDOW_MARGIN = timedelta(days=1)

# A shard sorts in memory with a 1 GB heap and two cores. A row of staging takes about 90 bytes.
_ROWS_PER_SHARD = 40_000
_STAGING_ROW_BYTES = 90


@dataclass
class StreamRun:
    """One stream of one run: `run` does everything, `summary` shows how far it got.

    `nights_seen` are the nights from this one on that have a snapshot in any table.
    """

    spark: SparkSession
    bucket: DataBucket
    scratch: Scratch
    table: Table
    run_id: str
    clock: RunClock
    pads: tuple[bytes, bytes]
    quarantine_threshold: float
    nights_seen: frozenset[date]
    summary: StreamSummary = field(init=False)

    def __post_init__(self) -> None:
        self.summary = StreamSummary(self.table.name)
        self._landed = LandedRows(self.spark, self.bucket, self.table, self.clock, self.pads)

    def run(self, manifest: Manifest | None) -> StreamSummary:
        """Normalize the stream; staging is changed last and partition by partition, atomically.

        Parameters
        ----------
        manifest
            The manifest of the stream; None if the run landed nothing for it.

        Raises
        ------
        NormalizeError
            Files are missing, the row counts do not add up, or a read failed midway.
        QuarantineThresholdError
            Too many records do not fit: staging is not changed, quarantine contains them.
        """
        started = time.monotonic()
        if manifest is None or not manifest.rows:
            logger.info("run %s: no rows for %s", self.run_id, self.table.name)
            return self.summary
        self.summary.rows_in = manifest.rows
        self._normalize(manifest, landing.broken_files(self.bucket, manifest))
        self.summary.seconds = round(time.monotonic() - started, 3)
        told = asdict(self.summary) | {"partitions_written": len(self.summary.partitions_written)}
        logger.info("run %s: %s", self.run_id, json.dumps(told))
        return self.summary

    def _normalize(self, manifest: Manifest, broken: dict[str, str]) -> None:
        first, last = self._expected_days(manifest)
        existing = self._partitions(first, last)
        replaced: set[date] = set()
        if self.table.is_snapshot:
            newer, replaced = self._seen_since(manifest, broken, existing)
            if newer:
                self.summary.superseded = manifest.rows
                logger.warning(
                    "run %s: the %d rows of %s are left out: staging has a snapshot of %s, and "
                    "Wistia serves lists as they are now, not as they were at this as_of",
                    *(self.run_id, manifest.rows, self.table.name, newer),
                )
                return
        with_odd = False
        while True:
            files = _readable(manifest, broken)
            kept = {day: held for day, held in existing.items() if day not in replaced}
            is_partial = bool(broken) or manifest.is_partial
            tally = self._write_aside(files, kept, with_odd=with_odd, is_partial=is_partial)
            has_odd = transforms.ODD in tally.reasons
            with_odd = with_odd or has_odd
            found = self._misread(files) if tally.rows != _rows(files) else {}
            elsewhere = {day for day in tally.touched - existing.keys() if not first <= day <= last}
            overlooked = self._partitions(min(elsewhere), max(elsewhere)) if elsewhere else {}
            overlooked = {day: overlooked[day] for day in elsewhere & overlooked.keys()}
            if not (found or overlooked or has_odd):
                break
            broken |= found
            existing |= overlooked
        self._account(manifest, broken, tally)
        self._quarantine(files, manifest, broken, tally)
        self._put_in_place(tally, existing)

    def _expected_days(self, manifest: Manifest) -> tuple[date, date]:
        """Return the first and the last day that the run's rows should have."""
        if self.table.is_snapshot:
            night = self.clock.ingest_date
            return night, max(night, datetime.now(UTC).date())
        if manifest.window is None:
            return date.min, date.max
        first, last = manifest.window.start.date(), manifest.window.end.date()
        return first - _WINDOW_MARGIN, last + _WINDOW_MARGIN

    def _partitions(self, first: date, last: date) -> dict[date, list[storage.StoredObject]]:
        return storage.partition_files(
            self.bucket, self.table.name, self.table.partition_column, first, last
        )

    def _seen_since(
        self,
        manifest: Manifest,
        broken: dict[str, str],
        existing: dict[date, list[storage.StoredObject]],
    ) -> tuple[str | None, set[date]]:
        """Return the newer snapshot that stays, if any, and the partition this one replaces."""
        night, now = self.clock.ingest_date, datetime.now(UTC)
        newer = snapshots.newer_night(self.nights_seen, night, manifest.created_at or now)
        if newer or night not in existing:
            return (newer.isoformat() if newer else None), set()
        held = self._current({night: existing[night]})
        versions = snapshots.versions(held, sf.col("run_id"), sf.col("ingested_at"))
        if all(version.run_id == self.run_id for version in versions):
            return None, set()
        asked_at = expressions.timestamp(sf.get_json_object("value", "$._meta.ingested_at"))
        incoming = self._landed.lines(_readable(manifest, broken))
        own = snapshots.versions(incoming, sf.lit(self.run_id), asked_at)
        own = own or [snapshots.Version(self.run_id, 0)]
        # A run for some medias says nothing about the others: it neither blocks their rows nor
        # removes them.
        narrowed = [version for version in versions if self._is_narrowed(version.run_id)]
        whole = [version for version in versions if version not in narrowed]
        newer_run = snapshots.newer_run(whole, own[0], self.clock.as_of, now)
        has_newer_rows = snapshots.newer_run(narrowed, own[0], self.clock.as_of, now) is not None
        return newer_run, set() if manifest.is_narrowed or has_newer_rows else {night}

    def _is_narrowed(self, run_id: str) -> bool:
        """Return whether another run of this night was for some medias; raw may have expired."""
        manifest = landing.read_manifest(
            self.bucket, self.table.name, self.clock.ingest_date, run_id
        )
        return manifest is not None and manifest.is_narrowed

    def _write_aside(
        self,
        files: list[LandedFile],
        current: dict[date, list[storage.StoredObject]],
        *,
        with_odd: bool,
        is_partial: bool,
    ) -> Tally:
        """Merge the files into the partitions, write the result to scratch and count the rows."""
        with ThreadPoolExecutor(1) as beside:
            # While staging is fetched from S3, Spark plans the run's rows, which needs no S3.
            reading = beside.submit(self._current, current)
            incoming = self._landed.incoming(files, with_odd=with_odd)
        kept_bytes = sum(entry.size for entries in current.values() for entry in entries)
        shards = _shards(_rows(files) + kept_bytes // _STAGING_ROW_BYTES, self.table)
        merged = transforms.merge(incoming, reading.result(), self.table, shards)
        counted = Observation()
        aggregates = (value.alias(name) for name, value in transforms.tally(self.table).items())
        (
            transforms.staging_rows(
                merged.observe(counted, *aggregates),
                self.table,
                is_partial=is_partial,
            )
            .write.mode("overwrite")
            .partitionBy(self.table.partition_column)
            .options(**_without_dictionary(self.table))
            .parquet(self.scratch.uri(self.table.name))
        )
        return Tally.of(counted.get)

    def _current(self, partitions: dict[date, list[storage.StoredObject]]) -> DataFrame | None:
        keys = [entry.key for entries in partitions.values() for entry in entries]
        if not keys:
            return None
        root = f"staging/{self.table.name}/"
        place = self.scratch.readable(f"current-{self.table.name}", root, keys)
        return (
            self.spark.read.schema(f"{self.table.ddl}, {self.table.partition_column} date")
            .option("basePath", place)
            .parquet(*(place + key.removeprefix(root) for key in keys))
        )

    def _misread(self, files: list[LandedFile]) -> dict[str, str]:
        """Return the files whose line count, as read by Spark, differs from the manifest."""
        counted = {
            self.bucket.key_of(row["file"]): row["count"]
            for row in self._landed.lines(files)
            .groupBy(sf.input_file_name().alias("file"))
            .count()
            .collect()
        }
        wrong = [file for file in files if counted.get(file.key, 0) != file.rows]
        if not wrong:
            raise NormalizeError(
                f"The row counts of {self.table.name} do not add up, although every file has the "
                "rows that its manifest lists: a bug in this job. Staging was not changed"
            )
        return {file.key: landing.explain_row_count(self.bucket, file) for file in wrong}

    def _account(self, manifest: Manifest, broken: dict[str, str], tally: Tally) -> None:
        reasons = tally.reasons.copy()
        for file in manifest.files:
            if file.key in broken:
                reasons[broken[file.key]] += file.rows
        summary = self.summary
        summary.rows_out, summary.duplicates = tally.rows_out, tally.duplicates
        summary.unchanged, summary.quarantined = tally.unchanged, reasons.total()
        summary.reasons = dict(reasons.most_common())
        accounted = summary.rows_out + summary.duplicates + summary.unchanged
        accounted += summary.superseded + summary.quarantined
        if accounted != summary.rows_in:
            raise NormalizeError(
                f"{self.table.name}: {summary.rows_in} rows in, {accounted} accounted for. "
                "Staging was not changed"
            )
        if tally.has_extra:
            staged = self.spark.read.schema(self.table.ddl).parquet(
                self.scratch.uri(self.table.name)
            )
            self._describe_misfits(staged)

    def _describe_misfits(self, staged: DataFrame) -> None:
        """Count the unknown fields and the nulled columns of the run's rows."""
        unknown = transforms.extra_field_names(staged, self.run_id, self.table)
        nulled = transforms.nulled_columns(staged, self.run_id)
        summary = self.summary
        summary.extra_fields = {row["name"]: row["count"] for row in unknown.collect()}
        summary.nulled = {row["name"]: row["count"] for row in nulled.collect()}
        if summary.extra_fields:
            logger.warning(
                "run %s: %s has fields that privacy.csv does not declare; rows by field: %s",
                self.run_id,
                self.table.name,
                summary.extra_fields,
            )
        if summary.nulled:
            logger.warning(
                "run %s: %s has values that do not fit and are null; rows by column: %s",
                self.run_id,
                self.table.name,
                summary.nulled,
            )

    def _quarantine(
        self, files: list[LandedFile], manifest: Manifest, broken: dict[str, str], tally: Tally
    ) -> None:
        destination = quarantine.Destination(
            self.bucket, self.scratch, self.table.name, self.clock.ingest_date, self.run_id
        )
        destination.write_files([file for file in manifest.files if file.key in broken], broken)
        if tally.reasons:
            counted = Observation()
            destination.write_lines(quarantine.rejected(self._landed.rejected(files), counted))
            if counted.get["records"] != tally.reasons.total():
                raise NormalizeError(
                    f"{self.table.name}: {tally.reasons.total()} records do not fit, but "
                    f"{counted.get['records']} went into quarantine: a bug in this job. Staging "
                    "was not changed"
                )
        summary = self.summary
        if summary.quarantined > self.quarantine_threshold * summary.rows_in:
            ranked = ", ".join(f"{reason} {count}" for reason, count in summary.reasons.items())
            raise QuarantineThresholdError(
                f"{summary.quarantined} of {summary.rows_in} records of {self.table.name} do not "
                f"fit, more than {self.quarantine_threshold:.2%}: {ranked}. Staging was not "
                f"changed; see {self.bucket.uri(destination.prefix)}"
            )

    def _put_in_place(self, tally: Tally, existing: dict[date, list[storage.StoredObject]]) -> None:
        """Swap each changed partition with one atomic request."""
        if not tally.changed:
            return
        name, column = self.table.name, self.table.partition_column
        moves = {}
        for relative in self.scratch.files(name, ".parquet"):
            day = date.fromisoformat(relative.split("/")[0].removeprefix(f"{column}="))
            if day in tally.changed:
                moves[relative] = (
                    storage.partition_prefix(name, column, day) + storage.PARTITION_FILE
                )
        if len(moves) != len(set(moves.values())) or len(moves) != len(tally.changed):
            raise NormalizeError(
                f"{name}: {len(moves)} files were written for {len(tally.changed)} partitions, but "
                "each must have exactly one. Staging was not changed"
            )
        self.scratch.promote(name, moves)
        placed = set(moves.values())
        self.bucket.delete(
            entry.key
            for day in tally.changed & existing.keys()
            for entry in existing[day]
            if entry.key not in placed
        )
        self.summary.partitions_written = sorted(day.isoformat() for day in tally.changed)


def _readable(manifest: Manifest, broken: dict[str, str]) -> list[LandedFile]:
    return [file for file in manifest.files if file.key not in broken and file.rows]


def _without_dictionary(table: Table) -> dict[str, str]:
    """Return options that disable Parquet's dictionary where (almost) every value is different."""
    columns = {*table.key, *privacy.hashed_columns(table.name)}
    return {f"parquet.enable.dictionary#{column}": "false" for column in sorted(columns)}


def _shards(rows: int, table: Table) -> int:
    """Return the number of Spark partitions for the merge; a snapshot needs only one."""
    return 1 if table.is_snapshot else max(2, -(-rows // _ROWS_PER_SHARD))


def _rows(files: list[LandedFile]) -> int:
    return sum(file.rows for file in files)
