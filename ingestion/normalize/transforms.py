"""Pure DataFrame to DataFrame functions: landed lines to typed rows, and the merge by key."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as sf

from ingestion.normalize import expressions as ex
from ingestion.normalize import privacy
from ingestion.normalize.derivations import ARRAY_FIELDS, DERIVATIONS, PARTITION_DATES
from ingestion.normalize.pads import PAD_COLUMNS
from ingestion.normalize.schemas import EARLIEST_DATE, LARGEST_DOUBLE, Column, Table

_ENVELOPE: Final = (
    "_meta struct<run_id:string,page:int,position:int,ingested_at:string,media_id:string>, "
    "record map<string,string>, _corrupt_record string"
)

# The same field under the name that v1 gives it.
_OLDER_NAMES: Final = {"folder": "project", "hashed_id": "hashedId", "media_count": "mediaCount"}

# `_reason` is null for a row that fits, `_is_incoming` tells the run's rows from those that staging
# holds already, `_copies` counts the run's rows of a key.
HELPER_COLUMNS: Final = ("_reason", "_is_incoming", "_page", "_position")


@dataclass(frozen=True)
class RunClock:
    """The run's logical time, which decides what lies in the future and names the snapshot."""

    as_of: datetime
    ingest_date: date


def normalize(lines: DataFrame, table: Table, clock: RunClock) -> DataFrame:
    """Turn landed lines into typed rows of a table, those that do not fit marked with a reason.

    Parameters
    ----------
    lines
        Columns `value` (one NDJSON line), `PAD_COLUMNS` for a table with hashed fields (see
        `privacy.hmac_pads`), and any other that is to be carried through.
    table
        The staging table's declaration.
    clock
        The run's logical time.

    Returns
    -------
    DataFrame
        One row per line: the partition column, the table's columns and `HELPER_COLUMNS`. A row
        with a `_reason` has neither partition nor key.
    """
    carried = [name for name in lines.columns if name != "value"]
    typed = _type(_parse(lines, table, carried), table, clock, carried)
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


def _parse(lines: DataFrame, table: Table, carried: list[str]) -> DataFrame:
    """Parse the envelope; every field of the record stays text, so that no type breaks a line."""
    envelope = lines.withColumn("_envelope", sf.from_json("value", _ENVELOPE))
    record = sf.col("_envelope.record")
    return envelope.select(
        *carried,
        sf.col("_envelope._meta").alias("_meta"),
        record.alias("_record"),
        sf.col("_envelope._corrupt_record").isNotNull().alias("_is_corrupt"),
        ex.unknown_fields(record, privacy.known_fields(table.name)).alias("_unknown"),
        *(
            sf.from_json(_field(record, parent), _text_struct(children)).alias(f"_{parent}")
            for parent, children in _nested_fields(table).items()
        ),
    )


def _nested_fields(table: Table) -> dict[str, list[str]]:
    nested: dict[str, list[str]] = {}
    for column in table.columns:
        if column.field and "." in column.field and not column.field.startswith("_meta."):
            parent, child = column.field.split(".")
            nested.setdefault(parent, []).append(child)
    return nested


def _text_struct(names: list[str]) -> str:
    return ", ".join(f"`{name}` string" for name in names)


def _field(record: SparkColumn, name: str) -> SparkColumn:
    older = _OLDER_NAMES.get(name)
    return record[name] if older is None else sf.coalesce(record[name], record[older])


def _raw_text(column: Column) -> SparkColumn:
    field = column.field or ""
    if field.startswith("_meta."):
        return ex.text(sf.col(field).cast("string"))
    if "." in field:
        return ex.text(sf.col(f"_{field}"))
    return ex.text(_field(sf.col("_record"), field))


def _type(parsed: DataFrame, table: Table, clock: RunClock, carried: list[str]) -> DataFrame:
    """Give every column its type, then say of every row why it does not fit, if it does not."""
    simple = [column for column in table.columns if column.field]
    helpers = ("_meta", "_record", "_is_corrupt", "_unknown")
    record = sf.col("_record")
    # The first stage and the last projection share theirs: planning costs by the projection.
    first, *later = DERIVATIONS[table.name](record) if table.name in DERIVATIONS else ({},)
    texts = parsed.select(
        *carried,
        *helpers,
        *(_raw_text(column).alias(f"_text_{column.name}") for column in simple),
        *(value.alias(name) for name, value in first.items()),
    )
    for stage in later:
        texts = texts.withColumns(stage)
    day = sf.lit(clock.ingest_date)
    if not table.is_snapshot:
        day = PARTITION_DATES[table.name](record)
    return (
        texts.withColumns(
            {
                **{column.name: _cast(column) for column in simple},
                "ingested_at": ex.timestamp(sf.col("_meta.ingested_at")),
                "run_id": sf.col("_meta.run_id"),
                "_extra": ex.extra_json(record, sf.col("_unknown")),
                "_is_incoming": sf.lit(1),
                "_page": sf.col("_meta.page"),
                "_position": sf.col("_meta.position"),
            }
        )
        .withColumn(table.partition_column, day)
        .withColumn("_reason", _reason(table, clock, list(_nested_fields(table))))
    )


def _cast(column: Column) -> SparkColumn:
    value = sf.col(f"_text_{column.name}")
    if column.type == "string":
        return value
    return ex.timestamp(value) if column.type == "timestamp" else value.cast(column.type)


def _reason(table: Table, clock: RunClock, parents: list[str]) -> SparkColumn:
    """Say why a row does not fit: comma-separated `what:column`, null when it fits."""
    latest = sf.greatest(sf.lit(clock.as_of), sf.col("ingested_at")) + sf.expr("interval 1 day")
    record = sf.col("_record")
    checks = [
        check for column in table.columns if column.field for check in _checks(column, latest)
    ]
    checks += [
        (
            ex.text(_field(record, name)).isNotNull()
            & ~ex.text(_field(record, name)).startswith("{"),
            f"wrong_type:{name}",
        )
        for name in parents
    ]
    checks += [
        (ex.text(record[name]).isNotNull() & sf.col(column).isNull(), f"wrong_type:{name}")
        for name, column in ARRAY_FIELDS.get(table.name, {}).items()
    ]
    checks += [
        (sf.col(column.name).isNull(), f"missing:{column.name}")
        for column in table.columns
        if column.required and not column.field
    ]
    checks.append((sf.col("ingested_at").isNull(), "missing:ingested_at"))
    day = sf.col(table.partition_column)
    if not table.is_snapshot:
        checks.append((day.isNull(), f"missing:{table.partition_column}"))
        checks.append(
            (
                (day < EARLIEST_DATE) | (day > sf.to_date(latest)),
                f"impossible_value:{table.partition_column}",
            )
        )
    found = sf.concat_ws(",", *(sf.when(condition, sf.lit(name)) for condition, name in checks))
    unreadable = sf.col("_is_corrupt") | sf.col("_meta").isNull() | record.isNull()
    return sf.when(sf.coalesce(unreadable, sf.lit(True)), sf.lit("not_json")).otherwise(
        sf.when(found != "", found)
    )


def _checks(column: Column, latest: SparkColumn) -> list[tuple[SparkColumn, str]]:
    raw, value = sf.col(f"_text_{column.name}"), sf.col(column.name)
    checks = []
    if column.required:
        checks.append((raw.isNull(), f"missing:{column.name}"))
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


def tally(merged: DataFrame, table: Table) -> DataFrame:
    """Count what `merge` gave, per partition, reason and origin of the winner."""
    return merged.groupBy(table.partition_column, "_reason", "_is_incoming").agg(
        sf.count(sf.lit(1)).alias("keys"),
        sf.count_if(sf.col("_copies") > 0).alias("keys_of_run"),
        sf.sum("_copies").alias("copies"),
        sf.count("_extra").alias("with_extra"),
    )


def staging_rows(merged: DataFrame, table: Table) -> DataFrame:
    """Return the table's own columns of the rows that fit, sorted for the column statistics."""
    return (
        merged.where("_reason is null")
        .select(table.partition_column, *(name for name, _ in table.glue_columns))
        .sortWithinPartitions(table.partition_column, *table.key)
    )


def extra_field_names(merged: DataFrame) -> DataFrame:
    """Count the rows of the run that carry each unknown field."""
    return (
        merged.where("_extra is not null and _is_incoming = 1")
        .select(sf.explode(sf.json_object_keys("_extra")).alias("field"))
        .groupBy("field")
        .count()
    )
