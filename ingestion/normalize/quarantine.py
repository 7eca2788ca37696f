"""Records that do not fit: kept unchanged, with the reason and their file and line.

A quarantined record is as personal as raw: `quarantine/` is encrypted, only the job's role can read
it, and it expires with raw. Reasons contain column names, never a value.
"""

import json
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame, Observation, Window
from pyspark.sql import functions as sf

from ingestion.manifest import LandedFile
from ingestion.normalize.storage import DataBucket, Scratch


def numbered(lines: DataFrame) -> DataFrame:
    """Return lines with their file, `_source_file`, and their number in it, `_line`, from 1."""
    in_file_order = Window.partitionBy("_source_file").orderBy("_order")
    return (
        lines.withColumn("_source_file", sf.input_file_name())
        .withColumn("_order", sf.monotonically_increasing_id())
        .withColumn("_line", sf.row_number().over(in_file_order))
        .drop("_order")
    )


def rejected(cleaned: DataFrame, counted: Observation) -> DataFrame:
    """Return the lines that do not fit: `reason`, `source_file`, `line`, `record`.

    Parameters
    ----------
    cleaned
        The result of `transforms.normalize` for lines (`value`) that were `numbered`, then cleaned.
    counted
        Receives `records`, the number of lines that do not fit, when they are written.
    """
    misfits = sf.col("_reason").isNotNull()
    return (
        cleaned.observe(counted, sf.count_if(misfits).alias("records"))
        .where(misfits)
        .select(
            sf.col("_reason").alias("reason"),
            sf.col("_source_file").alias("source_file"),
            sf.col("_line").alias("line"),
            sf.col("value").alias("record"),
        )
    )


@dataclass(frozen=True)
class Destination:
    """Where a run's quarantined records of one stream go; a re-run replaces them."""

    bucket: DataBucket
    scratch: Scratch
    stream: str
    ingest_date: date
    run_id: str

    @property
    def prefix(self) -> str:
        """The prefix of the run's quarantine."""
        return f"quarantine/{self.stream}/ingest_date={self.ingest_date}/run_id={self.run_id}/"

    def write_files(self, files: list[LandedFile], reasons: dict[str, str]) -> None:
        """Write down the files that are not trusted; their content stays in raw."""
        self.bucket.delete(entry.key for entry in self.bucket.list(self.prefix))
        if not files:
            return
        notes = (
            {"reason": reasons[file.key], "source_file": file.key, "rows": file.rows}
            for file in files
        )
        content = "".join(json.dumps(note) + "\n" for note in notes)
        self.bucket.write(f"{self.prefix}files.json", content.encode())

    def write_lines(self, rows: DataFrame) -> None:
        """Write the lines that do not fit as NDJSON."""
        name = f"quarantine-{self.stream}"
        rows.write.mode("overwrite").option("compression", "gzip").json(self.scratch.uri(name))
        self.scratch.promote(
            name,
            {
                relative: f"{self.prefix}lines-{number:05d}.json.gz"
                for number, relative in enumerate(self.scratch.files(name, ".json.gz"))
            },
        )
