"""From landed lines to the fields of a record.

A line that is as declared is read by Spark alone. Any other is an odd one: `cleaning.py` makes a
line of it that is as declared, or says why it cannot, and Spark reads that. What Spark takes must
be what the cleaner would have made of it: where the two could differ, the line counts as odd.
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

# What every reader here returns. `_is_read` says that Spark has read the line from end to end; the
# last three come from the cleaner.
ENVELOPE_COLUMNS = ("_meta", "record", "_is_read", "_verdict", "_extra", "_nulled")

# JSON has types for these; everything else is read as a text.
_JSON_TYPES = ("double", "bigint", "int", "boolean")

# What JSON calls true and false. Spark's cast takes ten words for them, and takes longer.
_BOOLEANS = ("true", "false")

_META_KINDS = {
    name: kind if kind in _JSON_TYPES else "string" for name, kind in fields.META_KINDS.items()
}

# By the letter of JSON, as the cleaner reads.
_OPTIONS = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false"}

# Spark reads the first value of a text and passes over what follows it. In this frame it has to
# read on to the mark, and whatever else is there comes before it or breaks the frame. No line knows
# the frame's names, so that none can close it and open another.
_LINE = f"line_{uuid.uuid4().hex}"
_FRAME = (f'{{"{_LINE}":[', f',{{"{_LINE}":1}}]}}')

_CLEANED = "line string, reason string, extra string, nulled array<string>"

# Whatever Python takes for blank: only blanks of ASCII are cut here.
_BLANK_START = r"^[\x00-\x20\x85\p{Z}]"

# Spark's workers have the standard library, and what is sent to them with the function. Glue gives
# them the job's package as well, but other installations of Spark need not.
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
    """Clean lines (`value`), then read what became of them.

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
    # A lambda goes to the workers by value, like the modules above.
    return lambda line: tuple(cleaner.clean(bytes(line)))


def _parsed(lines: DataFrame, line: Column, table: Table) -> DataFrame:
    meta, record = _struct(_META_KINDS), _struct(_record_kinds(table))
    schema = (
        f"{_LINE} array<struct<_meta:{meta},record:{record},{_LINE}:int>>, _corrupt_record string"
    )
    framed = sf.concat(sf.lit(_FRAME[0]), line, sf.lit(_FRAME[1]))
    return lines.withColumn("_envelope", sf.from_json(framed, schema, _OPTIONS))


def _opened(line: Column) -> tuple[Column, Column, Column]:
    """Return envelope and record of what `_parsed` read, and whether it read all of the line."""
    envelope = sf.col("_envelope")
    only, last = sf.get(envelope[_LINE], sf.lit(0)), sf.get(envelope[_LINE], sf.lit(1))
    is_whole = envelope["_corrupt_record"].isNull() & (last[_LINE] == 1)
    is_read = is_whole & (sf.size(envelope[_LINE]) == 2) & _is_utf8(line)
    return only["_meta"], only["record"], sf.coalesce(is_read, sf.lit(False))


def _is_utf8(line: Column) -> Column:
    """Tell whether the bytes of a line are UTF-8; Spark puts U+FFFD for those that are not."""
    return sf.decode(line.cast("binary"), "UTF-8") == line


def oddity(table: Table) -> Column:
    """Tell of what `read` returned whether the cleaner has to look at a line."""
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
    """Tell whether a text may be none: an object, a list, a number that is none, or blank.

    Spark returns the JSON text of an object where a text should be, which no text that is served
    can be told from: those that begin like one are left to the cleaner.
    """
    # Almost every text begins with a digit or a letter of ASCII, or is empty.
    is_plain = ((text >= "#") & (text < "[")) | ((text >= "\\") & (text < "{")) | (text == "")
    is_like_json = text.startswith("{") | text.startswith("[") | text.startswith('"')
    return ~is_plain & (is_like_json | sf.ltrim(text).rlike(_BLANK_START))


def _has_other_parts(content: Column, parts: list[str]) -> Column:
    """Tell whether an object has a part that is not declared so, or one twice."""
    known = [sf.map_contains_key(content, part).cast("int") for part in parts]
    return (sf.size(content) > 0) & (sf.size(content) != sum(known, sf.lit(0)))


class Fields:
    """What `ENVELOPE_COLUMNS` hold of a table's records, by field or path (`thumbnail.url`)."""

    def __init__(self, table: Table) -> None:
        self._leaves = fields.leaves(table.name)

    def __getitem__(self, path: str) -> Column:
        """Return the text without outer blanks, null if nothing is left; else the typed value.

        A list comes as its JSON text.
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
        """Return what Spark has read: a text, or a value if the type is one of JSON's."""
        if path.startswith("_meta."):
            return sf.col(path)
        name, _, part = path.partition(".")
        return sf.col("record")[name][part] if part else sf.col("record")[name]


def _json_type(node: Node) -> str:
    return node.kind if node.kind in _JSON_TYPES else "string"


def _record_kinds(table: Table) -> dict[str, str]:
    """Return the type of each field at the top of a record; an object is a map of texts."""
    kinds: dict[str, str] = {}
    for path, node in fields.leaves(table.name).items():
        name, _, part = path.partition(".")
        kinds[name] = "map<string,string>" if part else _json_type(node)
    return kinds


def _struct(kinds: dict[str, str]) -> str:
    return f"struct<{','.join(f'`{name}`:{kind}' for name, kind in kinds.items())}>"
