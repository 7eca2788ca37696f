"""Pure DataFrame to DataFrame functions: landed lines to typed rows, and the merge by key."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as sf

from ingestion.normalize import expressions as ex
from ingestion.normalize import records
from ingestion.normalize.derivations import DERIVATIONS, MISFITS, PARTITION_DATES, Stages
from ingestion.normalize.fields import declared_paths, derived_flags
from ingestion.normalize.pads import PAD_COLUMNS
from ingestion.normalize.records import Fields
from ingestion.normalize.schemas import (
    EARLIEST_DATE,
    LARGEST_DOUBLE,
    LATEST_DATE,
    PARTIAL_COLUMN,
    Column,
    Table,
)

# `_is_incoming` separates the run's rows from those that staging already has. The other two are a
# record's place among the pages of its request.
HELPER_COLUMNS = ("_is_incoming", "_page", "_position")

# The reason of a line that is not as declared, until the cleaner has checked it.
ODD = "odd"


@dataclass(frozen=True)
class RunClock:
    """The run's logical time: it decides what is in the future, and dates the snapshot."""

    as_of: datetime
    ingest_date: date


def normalize(
    envelopes: DataFrame, table: Table, clock: RunClock, *, are_cleaned: bool
) -> DataFrame:
    """Turn landed records into typed rows of a table; those that do not fit get a reason.

    Parameters
    ----------
    envelopes
        `records.ENVELOPE_COLUMNS`, `PAD_COLUMNS` for a table with hashed fields (see
        `privacy.hmac_pads`), and any others, which are kept.
    table
        The staging table's declaration.
    clock
        The run's logical time.
    are_cleaned
        Whether the lines come from `records.clean`, which checked them. Otherwise they come from
        `records.read`, and those that the cleaner must check get the reason `ODD`.

    Returns
    -------
    DataFrame
        One row per record: the partition column, the table's columns, `_reason` (null for a row
        that fits) and `HELPER_COLUMNS`. A row with a reason has neither partition nor key.

    Notes
    -----
    Each step here is a projection in which Spark copies the rows, so there are no more than the
    derivations need. A value that several branches of a step use is a column of the step before, or
    each branch would compute it. The reason is not in a branch: Spark computes it once.
    """
    left_behind = (*records.ENVELOPE_COLUMNS, *PAD_COLUMNS)
    carried = [name for name in envelopes.columns if name not in left_behind]
    given, second, last = _stages(table)
    is_unread = ~sf.col("_is_read") if are_cleaned else records.oddity(table)
    typed = _typed(_given(envelopes, table, carried, is_unread, given), table, clock, second)
    day = sf.lit(clock.ingest_date) if table.is_snapshot else PARTITION_DATES[table.name]()
    reason = (
        sf.coalesce("_verdict", sf.when(sf.col("_is_unread"), sf.lit("not_json")))
        if are_cleaned
        else sf.when(sf.col("_is_unread") | _is_misfit(table, day), sf.lit(ODD))
    )
    names = [name for name, _ in table.glue_columns if name != PARTIAL_COLUMN]
    columns = {name: sf.col(name) for name in names} | {table.partition_column: day} | last
    if table.shows_deletions:
        columns[PARTIAL_COLUMN] = sf.lit(False)  # `staging_rows` sets it
    for name in (table.partition_column, *table.key):
        columns[name] = sf.when(reason.isNull(), columns[name])
    for column in table.columns:
        if column.decimals is not None:
            columns[column.name] = sf.round(column.name, column.decimals)
    for name in derived_flags(table):
        # The value is neither absent nor as declared, so its meaning is unknown.
        is_unknown = sf.coalesce(sf.array_contains("_nulled", name), sf.lit(False))
        columns[name] = sf.when(~is_unknown, columns[name])
    return typed.select(
        *(value.alias(name) for name, value in columns.items()),
        reason.alias("_reason"),
        *HELPER_COLUMNS,
        *carried,
    )


def _stages(table: Table) -> Stages:
    derive = DERIVATIONS.get(table.name)
    return derive(Fields(table)) if derive else ({}, {}, {})


def _given(
    envelopes: DataFrame,
    table: Table,
    carried: list[str],
    is_unread: SparkColumn,
    derived: dict[str, SparkColumn],
) -> DataFrame:
    """Select what is needed from the record, which is by far the largest column and ends here."""
    fields = Fields(table)
    return envelopes.select(
        *carried,
        is_unread.alias("_is_unread"),
        *(sf.col(name) for name in ("_verdict", "_extra", "_nulled")),
        *(fields[c.field].alias(_given_name(c)) for c in table.columns if c.field),
        *(value.alias(name) for name, value in derived.items()),
        ex.timestamp(sf.col("_meta.ingested_at")).alias("ingested_at"),
        sf.col("_meta.run_id").alias("run_id"),
        sf.col("_meta.page").alias("_page"),
        sf.col("_meta.position").alias("_position"),
        sf.lit(1).alias("_is_incoming"),
    )


def _typed(
    given: DataFrame, table: Table, clock: RunClock, derived: dict[str, SparkColumn]
) -> DataFrame:
    """Give every column its type."""
    values = {column.name: _value(column) for column in table.columns if column.field}
    return given.withColumns(
        {name: value for name, value in values.items() if value is not None}
        | {"_latest": sf.greatest(sf.lit(clock.as_of), "ingested_at") + sf.expr("interval 1 day")}
        | derived
    )


def _given_name(column: Column) -> str:
    return f"_given_{column.name}" if _value(column) is not None else column.name


def _value(column: Column) -> SparkColumn | None:
    """Return a column's value computed from the given one; None if that is the value."""
    given = sf.col(f"_given_{column.name}")
    if column.type == "timestamp":
        return ex.timestamp(given)
    if column.maximum is not None and column.tolerance:
        is_maximum = (given > column.maximum) & (given <= column.maximum + column.tolerance)
        return sf.when(is_maximum, sf.lit(column.maximum)).otherwise(given)
    return None


def _is_misfit(table: Table, day: SparkColumn) -> SparkColumn:
    """Return whether a readable line has a value that the cleaner must check."""
    latest = sf.col("_latest")
    ingested_at = sf.col("ingested_at")
    misfits = [
        ingested_at.isNull(),
        (ingested_at < EARLIEST_DATE) | (ingested_at > LATEST_DATE),
    ]
    for column in table.columns:
        value = sf.col(column.name)
        if column.required:
            misfits.append(value.isNull())
        if column.type == "timestamp":
            given = sf.col(_given_name(column))
            misfits.append(given.isNotNull() & value.isNull())
            misfits.append((value < EARLIEST_DATE) | (value > latest))
        elif column.field:
            misfits += _out_of_bounds(column, value)
    if table.name in MISFITS:
        misfits.append(MISFITS[table.name]())
    if not table.is_snapshot:
        misfits.append(day.isNull() | (day < EARLIEST_DATE) | (day > sf.to_date(latest)))
    return sf.coalesce(reduce(or_, misfits), sf.lit(False))


def _out_of_bounds(column: Column, value: SparkColumn) -> list[SparkColumn]:
    maximum = column.maximum
    if maximum is None and column.type == "double":
        maximum = LARGEST_DOUBLE
    bounds = [value < column.minimum] if column.minimum is not None else []
    return bounds + ([value > maximum] if maximum is not None else [])


def merge(incoming: DataFrame, current: DataFrame | None, table: Table, shards: int) -> DataFrame:
    """Keep the newest version of every key among the run's rows and those in staging.

    The newest is the one with the greatest `(ingested_at, run_id, page, position)`. For the same
    `(ingested_at, run_id)` staging's row wins: it is the winner of the same immutable files, and
    keeping it lets an unchanged partition keep its file. If even the position is the same, the
    values decide, so the result is never random. Rows with a reason become one row per reason, with
    their number.

    Parameters
    ----------
    incoming
        The rows of `normalize`.
    current
        Rows of the partitions that the run may change; None if there are none.
    table
        The staging table's declaration.
    shards
        Number of Spark partitions for the merge.

    Returns
    -------
    DataFrame
        Rows unique by partition and key, sorted by them, with `_copies` (rows of the run with this
        key) and `_is_incoming` (the winner comes from the run).
    """
    rows = incoming
    if current is not None:
        rows = incoming.unionByName(
            current.withColumn("_is_incoming", sf.lit(0)), allowMissingColumns=True
        )
    identity = [table.partition_column, *table.key, "_reason"]
    # Hash by the partition column alone: one shuffle serves the merge, the tally and the write,
    # which then makes exactly one file per partition.
    spread = rows.repartition(shards, sf.col(table.partition_column))
    newest = ("ingested_at", "run_id", "_is_incoming", "_page", "_position")
    values = [name for name in rows.columns if name not in (*identity, *newest)]
    newest_first = Window.partitionBy(*identity).orderBy(
        *(
            sf.asc(name) if name == "_is_incoming" else sf.desc_nulls_last(name)
            for name in (*newest, *values)
        )
    )
    whole_key = newest_first.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    return (
        spread.withColumn("_rank", sf.row_number().over(newest_first))
        .withColumn("_copies", sf.sum("_is_incoming").over(whole_key))
        .where("_rank = 1")
        .drop("_rank")
    )


def tally(table: Table) -> dict[str, SparkColumn]:
    """Return aggregates over the rows of `merge`, to observe while they are written.

    Returns
    -------
    dict
        `rows_out`, `duplicates`, `unchanged`: numbers, null when there is no row; `with_extra`: new
        rows with anything in `_extra`; as JSON, because an observation cannot return an array:
        `touched`, `changed`, lists of partition dates, and `reasons`, a list of objects with
        `reason` and `records`.
    """
    day, reason, copies = sf.col(table.partition_column), sf.col("_reason"), sf.col("_copies")
    is_of_run = reason.isNull() & (copies > 0)
    is_new = sf.col("_is_incoming") == 1
    rejected = sf.struct(reason.alias("reason"), copies.alias("records"))
    return {
        "rows_out": sf.count_if(is_of_run & is_new),
        "duplicates": sf.sum(sf.when(is_of_run, copies - 1)),
        "unchanged": sf.count_if(is_of_run & ~is_new),
        "with_extra": sf.count_if(is_of_run & is_new & sf.col("_extra").isNotNull()),
        "touched": sf.to_json(sf.collect_set(sf.when(is_of_run, day))),
        "changed": sf.to_json(sf.collect_set(sf.when(is_of_run & is_new, day))),
        "reasons": sf.to_json(sf.collect_list(sf.when(reason.isNotNull(), rejected))),
    }


def staging_rows(merged: DataFrame, table: Table, *, is_partial: bool) -> DataFrame:
    """Return the table's own columns of the rows that fit, sorted for the column statistics.

    Parameters
    ----------
    merged
        The rows of `merge`.
    table
        The staging table's declaration.
    is_partial
        Whether rows of the run's list are missing, besides those rejected in `merged`.
    """
    if table.shows_deletions:
        # One group of all rows: Spark warns about a window without one, but lists are small tables.
        of_list = Window.partitionBy(sf.col("_is_incoming") < 2)
        is_rejected = sf.max(sf.col("_reason").isNotNull()).over(of_list)
        is_new = sf.col("_is_incoming") == 1
        of_row = sf.when(is_new, sf.lit(is_partial) | is_rejected).otherwise(sf.col(PARTIAL_COLUMN))
        merged = merged.withColumn(PARTIAL_COLUMN, of_row)
    return (
        merged.where("_reason is null")
        .select(table.partition_column, *(name for name, _ in table.glue_columns))
        .sortWithinPartitions(table.partition_column, *table.key)
    )


def extra_field_names(staged: DataFrame, run_id: str, table: Table) -> DataFrame:
    """Count the staging rows of a run by field that `privacy.csv` does not declare."""
    misfits = declared_paths(table.name)
    return (
        staged.where((sf.col("run_id") == run_id) & sf.col("_extra").isNotNull())
        .select(sf.explode(sf.json_object_keys("_extra")).alias("name"))
        .where(~sf.col("name").isin(*misfits))
        .groupBy("name")
        .count()
    )


def nulled_columns(staged: DataFrame, run_id: str) -> DataFrame:
    """Count the staging rows of a run by column whose value did not fit."""
    return (
        staged.where((sf.col("run_id") == run_id) & sf.col("_nulled").isNotNull())
        .select(sf.explode("_nulled").alias("name"))
        .groupBy("name")
        .count()
    )
