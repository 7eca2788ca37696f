"""The typed rows of landed files: Spark reads most lines alone, odd ones are cleaned first."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as sf

from ingestion.manifest import LandedFile
from ingestion.normalize import fields, privacy, quarantine, records, transforms
from ingestion.normalize.pads import pads_table
from ingestion.normalize.schemas import Table
from ingestion.normalize.storage import DataBucket
from ingestion.normalize.transforms import RunClock


@dataclass(frozen=True)
class LandedRows:
    """Reads the landed files of one stream of a run."""

    spark: SparkSession
    bucket: DataBucket
    table: Table
    clock: RunClock
    pads: tuple[bytes, bytes]

    def incoming(self, files: list[LandedFile], *, with_odd: bool) -> DataFrame:
        """Return the typed rows of files, with odd lines cleaned if `with_odd`.

        Otherwise an odd line becomes a row with the reason `ODD`: almost no run has one, and
        cleaning them takes a second pass.
        """
        plain, others = self._by_reading(files)
        parts = []
        if plain or not others:
            rows = self._read(self.lines(plain))
            parts.append(_apart(rows).where("_reason is null") if with_odd else rows)
        if others or with_odd:
            lines = self.lines(others)
            if plain and with_odd:
                lines = lines.unionByName(self._odd(self.lines(plain)))
            parts.append(self._clean(lines).drop("value"))
        return reduce(DataFrame.unionByName, parts)

    def rejected(self, files: list[LandedFile]) -> DataFrame:
        """Return the cleaner's result for each line it must check, with its file and number."""
        plain, others = self._by_reading(files)
        lines = quarantine.numbered(self.lines(others))
        if plain:
            lines = lines.unionByName(self._odd(quarantine.numbered(self.lines(plain))))
        return self._clean(lines)

    def _by_reading(self, files: list[LandedFile]) -> tuple[list[LandedFile], list[LandedFile]]:
        """Return the files whose lines Spark can read, and those whose lines are all cleaned."""
        if fields.must_be_cleaned(self.table.name):
            return [], files
        names = fields.plain_names(self.table.name)
        plain = [file for file in files if file.has_only(names)]
        return plain, [file for file in files if not file.has_only(names)]

    def _read(self, lines: DataFrame, kept: Sequence[str] = ()) -> DataFrame:
        """Return the typed rows of lines that Spark reads, with the `kept` columns of the lines."""
        passed_over = [name for name in lines.columns if name not in kept]
        read = records.read(self._with_pads(lines), self.table).drop(*passed_over)
        return transforms.normalize(read, self.table, self.clock, are_cleaned=False)

    def _odd(self, lines: DataFrame) -> DataFrame:
        rows = self._read(lines, lines.columns)
        return _apart(rows).where("_reason is not null").select(*lines.columns)

    def _clean(self, lines: DataFrame) -> DataFrame:
        cleaned = records.clean(self._with_pads(lines), self.table, self.clock.as_of)
        return transforms.normalize(cleaned, self.table, self.clock, are_cleaned=True)

    def _uris(self, files: list[LandedFile]) -> list[str]:
        return [self.bucket.uri(file.key) for file in files]

    def lines(self, files: list[LandedFile]) -> DataFrame:
        """Return the lines of files unchanged, without blank ones, which are not records."""
        if not files:
            lines = self.spark.range(0).select(sf.col("id").cast("string").alias("value"))
        else:
            # A carriage return is a blank of JSON, not the end of a record.
            reader = self.spark.read.option("ignoreCorruptFiles", "true").option("lineSep", "\n")
            lines = reader.text(self._uris(files))
        # Almost every line begins with a brace, so a comparison is enough; few need the regex.
        return lines.where((sf.col("value") >= "!") | sf.col("value").rlike("[^ \\t\\r]"))

    def _with_pads(self, rows: DataFrame) -> DataFrame:
        if not privacy.hashed_columns(self.table.name):
            return rows
        return rows.crossJoin(sf.broadcast(pads_table(self.spark, self.pads)))


def _apart(rows: DataFrame) -> DataFrame:
    """Keep a filter on rows from being moved before their typing.

    The optimizer pushes it through projections, and each check would then parse the line again. It
    does not push a filter through an observation.
    """
    return rows.observe(Observation(), sf.count_if(sf.col("_reason").isNotNull()).alias("odd"))
