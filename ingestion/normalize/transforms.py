"""Pure DataFrame to DataFrame functions: landed lines to typed rows, and the merge by key."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Final

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as sf

from ingestion.normalize import expressions as ex
from ingestion.normalize import records
from ingestion.normalize.derivations import (
    ARRAY_FIELDS,
    DERIVATIONS,
    PARTITION_DATES,
    Stages,
)
from ingestion.normalize.pads import PAD_COLUMNS
from ingestion.normalize.records import Fields
from ingestion.normalize.schemas import EARLIEST_DATE, LARGEST_DOUBLE, Column, Table

# `_reason` is null for a row that fits, `_is_incoming` tells the run's rows from those that staging
# holds already, `_copies` counts the run's rows of a key.
HELPER_COLUMNS: Final = ("_reason", "_is_incoming", "_page", "_position")


@dataclass(frozen=True)
class RunClock:
    """The run's logical time, which decides what lies in the future and names the snapshot."""

    as_of: datetime
    ingest_date: date


def normalize(envelopes: DataFrame, table: Table, clock: RunClock) -> DataFrame:
    """Turn landed records into typed rows of a table, those that do not fit marked with a reason.

    Parameters
    ----------
    envelopes
        `records.ENVELOPE_COLUMNS`, `PAD_COLUMNS` for a table with hashed fields (see
        `privacy.hmac_pads`), and any other that is to be carried through.
    table
        The staging table's declaration.
    clock
        The run's logical time.

    Returns
    -------
    DataFrame
        One row per record: the partition column, the table's columns and `HELPER_COLUMNS`. A row
        with a `_reason` has neither partition nor key.
    """
    carried = [name for name in envelopes.columns if name not in records.ENVELOPE_COLUMNS]
    typed = _type(envelopes, table, clock, carried)
    fits = sf.col("_reason").isNull()
    columns = {name: sf.col(name) for name, _ in table.glue_columns}
    for name in (table.partition_column, *table.key):
        columns[name] = sf.when(fits, sf.col(name))
    for column in table.columns:
        if column.decimals is not None:
            columns[column.name] = sf.round(column.name, column.decimals)
    return typed.select(
        *(value.alias(name) for name, value in columns.items()),
        *HELPER_COLUMNS,
        *(name for name in carried if name not in PAD_COLUMNS),
    )


def _type(envelopes: DataFrame, table: Table, clock: RunClock, carried: list[str]) -> DataFrame:
    """Give every column its type, then say of every row why it does not fit, if it does not.

    Spark makes a projection of each step here and copies the rows in it: so the record, which is by
    far the largest, is left behind in the first, and casts and checks share the steps of the
    derivations. What a step uses twice is a column of the step before, or it is computed twice.
    """
    fields = Fields(table)
    simple = [(column, column.field) for column in table.columns if column.field]
    given = {column.name: fields.value(field) for column, field in simple}
    values = {name: value for name, value in given.items() if value is not None}
    none: Stages = ({}, {}, {})
    stages = DERIVATIONS[table.name](fields) if table.name in DERIVATIONS else ()
    first, second, third, *rest = (*stages, *none[len(stages) :])
    texts = [
        *carried,
        records.is_unreadable().alias("_is_unreadable"),
        records.unknown_fields(table).alias("_extra"),
        *(fields[field].alias(_text_name(column)) for column, field in simple),
        *(value.alias(f"_value_{name}") for name, value in values.items()),
        *(value.alias(name) for name, value in first.items()),
        ex.timestamp(sf.col("_meta.ingested_at")).alias("ingested_at"),
        sf.col("_meta.run_id").alias("run_id"),
        sf.col("_meta.page").alias("_page"),
        sf.col("_meta.position").alias("_position"),
        sf.lit(1).alias("_is_incoming"),
        sf.lit(None).cast("array<string>").alias("_nulled"),
        *(value.alias(name) for name, value in _misfits(table, fields).items()),
    ]
    as_of = sf.lit(clock.as_of)
    typed = envelopes.select(*texts).withColumns(
        {column.name: _value(column, values) for column, _ in simple if column.type != "string"}
        | {"_latest": sf.greatest(as_of, "ingested_at") + sf.expr("interval 1 day")}
        | second
    )
    day = sf.lit(clock.ingest_date) if table.is_snapshot else PARTITION_DATES[table.name]()
    checked = typed.withColumns(
        {table.partition_column: day, "_reason": _reason(table, day)} | third
    )
    for stage in rest:
        checked = checked.withColumns(stage)
    return checked


def _misfits(table: Table, fields: Fields) -> dict[str, SparkColumn]:
    """Tell what only the record can tell: a field of another shape than declared."""
    misfits = {}
    for name in records.objects(table):
        misfits[f"_is_misshapen_{name}"] = fields.is_misshapen(name)
    for name in ARRAY_FIELDS.get(table.name, {}):
        misfits[f"_is_given_{name}"] = fields[name].isNotNull()
    return misfits


def _text_name(column: Column) -> str:
    return column.name if column.type == "string" else f"_text_{column.name}"


def _value(column: Column, typed: Collection[str]) -> SparkColumn:
    text = sf.col(_text_name(column))
    cast = {"timestamp": ex.timestamp, "double": ex.double}.get(column.type)
    value = cast(text) if cast else text.cast(column.type)
    return sf.coalesce(f"_value_{column.name}", value) if column.name in typed else value


def _reason(table: Table, day: SparkColumn) -> SparkColumn:
    """Say why a row does not fit: comma-separated `what:column`, null when it fits."""
    latest = sf.col("_latest")
    checks = [
        check for column in table.columns if column.field for check in _checks(column, latest)
    ]
    checks += [
        (sf.col(f"_is_misshapen_{name}"), f"wrong_type:{name}") for name in records.objects(table)
    ]
    checks += [
        (sf.col(f"_is_given_{name}") & sf.col(column).isNull(), f"wrong_type:{name}")
        for name, column in ARRAY_FIELDS.get(table.name, {}).items()
    ]
    checks += [
        (sf.col(column.name).isNull(), f"missing:{column.name}")
        for column in table.columns
        if column.required and not column.field
    ]
    checks.append((sf.col("ingested_at").isNull(), "missing:ingested_at"))
    if not table.is_snapshot:
        checks.append((day.isNull(), f"missing:{table.partition_column}"))
        checks.append(
            (
                (day < EARLIEST_DATE) | (day > sf.to_date(latest)),
                f"impossible_value:{table.partition_column}",
            )
        )
    found = sf.concat_ws(",", *(sf.when(condition, sf.lit(name)) for condition, name in checks))
    # Almost every row fits: for those the texts need not be put together.
    misfits = reduce(or_, (condition for condition, _ in checks))
    return sf.when(sf.col("_is_unreadable"), sf.lit("not_json")).when(misfits, found)


def _checks(column: Column, latest: SparkColumn) -> list[tuple[SparkColumn, str]]:
    raw, value = sf.col(_text_name(column)), sf.col(column.name)
    checks = []
    if column.required:
        checks.append((raw.isNull() & value.isNull(), f"missing:{column.name}"))
    if column.type != "string":
        checks.append((raw.isNotNull() & value.isNull(), f"wrong_type:{column.name}"))
    elif column.required:
        checks.append((raw.startswith("{") | raw.startswith("["), f"wrong_type:{column.name}"))
    out_of_bounds = None
    if column.type == "timestamp":
        out_of_bounds = (value < EARLIEST_DATE) | (value > latest)
    else:
        maximum = column.maximum
        if maximum is None and column.type == "double":
            maximum = LARGEST_DOUBLE
        bounds = [value < column.minimum] if column.minimum is not None else []
        bounds += [value > maximum] if maximum is not None else []
        for bound in bounds:
            out_of_bounds = bound if out_of_bounds is None else out_of_bounds | bound
    if out_of_bounds is not None:
        checks.append((out_of_bounds, f"impossible_value:{column.name}"))
    return checks


def merge(incoming: DataFrame, current: DataFrame | None, table: Table, shards: int) -> DataFrame:
    """Keep the newest version of every key, of the run's rows and those that staging holds.

    The newest is the one with the greatest `(ingested_at, run_id, page, position)`. At the same
    `(ingested_at, run_id)` staging's row wins: it is the winner of the same immutable files, and
    keeping it lets an unchanged partition keep its file. Rows with a reason collapse into one row
    per reason, which carries their number.

    Parameters
    ----------
    incoming
        What `normalize` returns.
    current
        Rows of the table's partitions that the run may touch; None when there are none.
    table
        The staging table's declaration.
    shards
        Number of Spark partitions to merge in.

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
    newest_first = Window.partitionBy(*identity).orderBy(
        sf.desc_nulls_last("ingested_at"),
        sf.desc_nulls_last("run_id"),
        sf.asc("_is_incoming"),
        sf.desc_nulls_last("_page"),
        sf.desc_nulls_last("_position"),
    )
    whole_key = newest_first.rowsBetween(Window.unboundedPreceding, Window.unboundedFollowing)
    return (
        spread.withColumn("_rank", sf.row_number().over(newest_first))
        .withColumn("_copies", sf.sum("_is_incoming").over(whole_key))
        .where("_rank = 1")
        .drop("_rank")
    )


def tally(table: Table) -> dict[str, SparkColumn]:
    """Count what `merge` gave: aggregates to observe while its rows are written.

    Returns
    -------
    dict
        `rows_out`, `duplicates`, `unchanged`: numbers, null when there is no row; `with_extra`: new
        rows with unknown fields; as JSON, for that is how an array comes out of an observation:
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


def staging_rows(merged: DataFrame, table: Table) -> DataFrame:
    """Return the table's own columns of the rows that fit, sorted for the column statistics."""
    return (
        merged.where("_reason is null")
        .select(table.partition_column, *(name for name, _ in table.glue_columns))
        .sortWithinPartitions(table.partition_column, *table.key)
    )


def extra_field_names(staged: DataFrame, run_id: str) -> DataFrame:
    """Count the staging rows of a run that carry each unknown field."""
    return (
        staged.where((sf.col("run_id") == run_id) & sf.col("_extra").isNotNull())
        .select(sf.explode(sf.json_object_keys("_extra")).alias("field"))
        .groupBy("field")
        .count()
    )
