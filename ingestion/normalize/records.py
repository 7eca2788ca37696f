"""From landed lines to the fields of a record.

Spark alone reads a line that is as declared. Any other line is odd: `cleaning.py` turns it into a
line as declared, or into a reason why not, and Spark reads that. From a line that Spark takes, the
cleaner must make the same row: where the two could differ, the line counts as odd.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from pyspark import cloudpickle
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf

from ingestion.normalize import cleaning, declared, fields, lengths, masking, values
from ingestion.normalize import expressions as ex
from ingestion.normalize.declared import Node
from ingestion.normalize.schemas import Table

# The columns that every reader here returns. `_is_read` means that Spark has read the whole line;
# the last three come from the cleaner.
ENVELOPE_COLUMNS = ("_meta", "record", "_is_read", "_verdict", "_extra", "_nulled")

# JSON has types for these; all others are read as text.
_JSON_TYPES = ("double", "bigint", "int", "boolean")

# The booleans of JSON. Spark's cast accepts ten words for them, and is slower.
_BOOLEANS = ("true", "false")

_META_KINDS = {
    name: kind if kind in _JSON_TYPES else "string" for name, kind in fields.META_KINDS.items()
}

# Strict JSON, as in the cleaner.
_OPTIONS = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false"}

# Spark reads the first value of a text and ignores the rest. In this frame it has to read as far as
# the mark, and anything else in the line comes before the mark or breaks the frame. The names are
# random, so no line can close the frame and open another.
_LINE = f"line_{uuid.uuid4().hex}"
_FRAME = (f'{{"{_LINE}":[', f',{{"{_LINE}":1}}]}}')

_CLEANED = "line string, reason string, extra string, nulled array<string>"

# Everything that Python counts as a blank; here only blanks of ASCII are removed.
_BLANK_START = r"^[\x00-\x20\x85\p{Z}]"

# Spark's workers have the standard library and what is sent to them with the function. On Glue they
# have the job's package too, but not in every installation of Spark.
for _module in (values, masking, lengths, declared, cleaning):
    cloudpickle.register_pickle_by_value(_module)


def read(lines: DataFrame, table: Table) -> DataFrame:
    """Read lines (`value`) as declared.

    Returns
    -------
    DataFrame
        The columns of `lines` and `ENVELOPE_COLUMNS`, without a verdict.
    """
    nothing, line = sf.lit(None), sf.col("value")
    meta, record, is_read = _opened(line)
    return _parsed(lines, line, table).select(
        *lines.columns,
        meta.alias("_meta"),
        record.alias("record"),
        is_read.alias("_is_read"),
        nothing.cast("string").alias("_verdict"),
        nothing.cast("string").alias("_extra"),
        nothing.cast("array<string>").alias("_nulled"),
    )


def clean(lines: DataFrame, table: Table, as_of: datetime) -> DataFrame:
    """Clean lines (`value`), then read the results.

    Returns
    -------
    DataFrame
        The columns of `lines` and `ENVELOPE_COLUMNS`; `_verdict` says why a line cannot be used.
    """
    cleaner = sf.udf(_cleaner(cleaning.Cleaner(fields.declaration(table, as_of))), _CLEANED)
    cleaned = lines.withColumn(
        "_cleaned", cleaner.asNondeterministic()(sf.col("value").cast("binary"))
    )
    line, reason = sf.col("_cleaned.line"), sf.col("_cleaned.reason")
    meta, record, is_read = _opened(line)
    return _parsed(cleaned, line, table).select(
        *lines.columns,
        meta.alias("_meta"),
        record.alias("record"),
        is_read.alias("_is_read"),
        reason.alias("_verdict"),
        sf.col("_cleaned.extra").alias("_extra"),
        sf.col("_cleaned.nulled").alias("_nulled"),
    )


def _cleaner(cleaner: cleaning.Cleaner) -> Callable[[bytearray], tuple[Any, ...]]:
    # A lambda is sent to the workers by value, like the modules above.
    return lambda line: tuple(cleaner.clean(bytes(line)))


def _parsed(lines: DataFrame, line: Column, table: Table) -> DataFrame:
    meta, record = _struct(_META_KINDS), _struct(_record_kinds(table))
    schema = (
        f"{_LINE} array<struct<_meta:{meta},record:{record},{_LINE}:int>>, _corrupt_record string"
    )
    framed = sf.concat(sf.lit(_FRAME[0]), line, sf.lit(_FRAME[1]))
    return lines.withColumn("_envelope", sf.from_json(framed, schema, _OPTIONS))


def _opened(line: Column) -> tuple[Column, Column, Column]:
    """Return envelope and record that `_parsed` read, and whether it read the whole line."""
    envelope = sf.col("_envelope")
    only, last = sf.get(envelope[_LINE], sf.lit(0)), sf.get(envelope[_LINE], sf.lit(1))
    is_whole = envelope["_corrupt_record"].isNull() & (last[_LINE] == 1)
    is_read = is_whole & (sf.size(envelope[_LINE]) == 2) & _is_utf8(line)
    return only["_meta"], only["record"], sf.coalesce(is_read, sf.lit(False))


def _is_utf8(line: Column) -> Column:
    """Return whether the bytes of a line are UTF-8; Spark replaces others by U+FFFD."""
    return sf.decode(line.cast("binary"), "UTF-8") == line


def oddity(table: Table) -> Column:
    """Return, for the columns of `read`, whether the cleaner must check a line."""
    meta, record = sf.col("_meta"), sf.col("record")
    odd = [~sf.col("_is_read"), meta.isNull(), record.isNull()]
    odd += [
        _is_odd_text(meta[name]) for name, kind in fields.META_KINDS.items() if kind == "string"
    ]
    outer: dict[str, list[str]] = {}
    for path, node in fields.leaves(table.name).items():
        name, _, part = path.partition(".")
        if part:
            outer.setdefault(name, []).append(part)
        text = Fields(table).raw(path)
        if part or _json_type(node) == "string":
            if node.kind != "timestamp":  # any other text is a misfit
                odd.append(_is_odd_text(text))
            if node.is_flag:
                odd.append(text.isin("false"))
        if part and node.kind in _JSON_TYPES:
            is_other = (
                ~text.isin(*_BOOLEANS)
                if node.kind == "boolean"
                else text.cast(node.kind).cast("string") != text
            )
            odd.append(ex.text(text).isNotNull() & sf.coalesce(is_other, sf.lit(True)))
    dropped = fields.dropped_parts(table.name)
    odd += [
        _has_other_parts(record[name], [*parts, *dropped[name]]) for name, parts in outer.items()
    ]
    return sf.coalesce(reduce(or_, odd), sf.lit(False))


def _is_odd_text(text: Column) -> Column:
    """Return whether a value may not be a text: an object, a list, not a number, or blank.

    Spark returns the JSON text of an object where a text should be. It looks like a text with the
    same characters, so the cleaner decides about texts that begin like JSON.
    """
    # Almost every text begins with a digit or a letter of ASCII, or is empty.
    is_plain = ((text >= "#") & (text < "[")) | ((text >= "\\") & (text < "{")) | (text == "")
    is_like_json = text.startswith("{") | text.startswith("[") | text.startswith('"')
    return ~is_plain & (is_like_json | sf.ltrim(text).rlike(_BLANK_START))


def _has_other_parts(content: Column, parts: list[str]) -> Column:
    """Return whether an object has an undeclared part, or one part twice."""
    known = [sf.map_contains_key(content, part).cast("int") for part in parts]
    return (sf.size(content) > 0) & (sf.size(content) != sum(known, sf.lit(0)))


class Fields:
    """The fields of a table's records in `ENVELOPE_COLUMNS`, by name or path (`thumbnail.url`)."""

    def __init__(self, table: Table) -> None:
        self._leaves = fields.leaves(table.name)

    def __getitem__(self, path: str) -> Column:
        """Return the text without outer blanks, null if nothing is left, or the typed value.

        A list is returned as its JSON text.
        """
        node = self._leaves.get(path)
        value = self.raw(path)
        is_part = node is not None and "." in path
        if node is not None and node.kind in _JSON_TYPES:
            if is_part and node.kind == "boolean":
                return sf.when(value.isin(*_BOOLEANS), value == _BOOLEANS[0])
            return ex.text(value).cast(node.kind) if is_part else value
        if node is not None and node.is_verbatim:
            return sf.when(value != "", value)
        is_number = node is None and _META_KINDS[path.removeprefix("_meta.")] in _JSON_TYPES
        return value if is_number else ex.text(value)

    def raw(self, path: str) -> Column:
        """Return the value as Spark read it: a text, or a value if JSON has its type."""
        if path.startswith("_meta."):
            return sf.col(path)
        name, _, part = path.partition(".")
        return sf.col("record")[name][part] if part else sf.col("record")[name]


def _json_type(node: Node) -> str:
    return node.kind if node.kind in _JSON_TYPES else "string"


def _record_kinds(table: Table) -> dict[str, str]:
    """Return the type of each top-level field of a record; an object is a map of texts."""
    kinds: dict[str, str] = {}
    for path, node in fields.leaves(table.name).items():
        name, _, part = path.partition(".")
        kinds[name] = "map<string,string>" if part else _json_type(node)
    return kinds


def _struct(kinds: dict[str, str]) -> str:
    return f"struct<{','.join(f'`{name}`:{kind}' for name, kind in kinds.items())}>"
