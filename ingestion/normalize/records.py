"""From landed lines to the fields of a record: typed where a line is as declared, else as texts."""

from __future__ import annotations

from functools import cache
from typing import Final

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as sf

from ingestion.normalize import expressions as ex
from ingestion.normalize import privacy
from ingestion.normalize.schemas import TABLES, Table

_META_KINDS: Final = {
    "run_id": "string",
    "page": "int",
    "position": "int",
    "ingested_at": "string",
    "media_id": "string",
}
_META: Final = f"_meta struct<{','.join(f'{name}:{kind}' for name, kind in _META_KINDS.items())}>"
_META_FIELDS: Final = {f"_meta.{name}": kind for name, kind in _META_KINDS.items()}

# Every field stays text, so that no type breaks a line.
_ANY_RECORD: Final = "map<string,string>"

# What every reader here returns. At most one of `expected` and `record` is there; `objects` are the
# fields of `record` that have parts; `_corrupt_record` is the line where it is no envelope at all.
ENVELOPE_COLUMNS: Final = ("_meta", "expected", "record", "objects", "_corrupt_record")

# JSON tells these apart from texts; everything else comes as a text.
_JSON_TYPES: Final = ("double", "bigint", "int", "boolean")

# A character of more than one byte, each byte as one of Latin-1. Like Spark's parser it takes some
# that no character has: overlong ones, surrogates, and those beyond the last character.
_UTF8_SEQUENCE: Final = (
    "[\u00c0-\u00df][\u0080-\u00bf]"
    "|[\u00e0-\u00ef][\u0080-\u00bf]{2}"
    "|[\u00f0-\u00f7][\u0080-\u00bf]{3}"
)

# The same field under the name that v1 gives it.
_OLDER_NAMES: Final = {"folder": "project", "hashed_id": "hashedId", "media_count": "mediaCount"}


def schema(table: Table, *, is_expected: bool) -> str:
    """Return the schema of the lines of a stream, a DDL string.

    Parameters
    ----------
    is_expected
        All fields are known to be declared in `privacy.csv`. Then a record has the types of the
        table, and Spark passes over what no column needs; else every field of it is a text.
    """
    record = _expected_record(table) if is_expected else _ANY_RECORD
    return f"{_META}, record {record}, _corrupt_record string"


def envelopes(read: DataFrame, table: Table, *, is_expected: bool) -> DataFrame:
    """Bring lines that were read with `schema` into `ENVELOPE_COLUMNS`; others are carried.

    A line of which a field has another type than expected is parsed again, as texts.
    """
    carried = [name for name in read.columns if name not in ENVELOPE_COLUMNS]
    if not is_expected:
        return read.select(
            *carried,
            "_meta",
            sf.lit(None).cast(_expected_record(table)).alias("expected"),
            "record",
            _objects(sf.col("record"), table).alias("objects"),
            "_corrupt_record",
        )
    line, again = sf.col("_corrupt_record"), sf.col("_again")
    parsed = sf.from_json(line, schema(table, is_expected=False))
    # Spark makes one projection of the second step and of what follows: each of its columns is
    # either cheap or used but once.
    return read.select(
        *carried,
        "_meta",
        line,
        sf.when(line.isNull(), sf.col("record")).alias("expected"),
        sf.when(_is_utf8(line), parsed).alias("_again"),
        sf.when(line.isNotNull(), _objects(parsed["record"], table)).alias("objects"),
    ).select(
        *carried,
        "_meta",  # whole, whatever is wrong with the record: `spark.sql.json.enablePartialResults`
        "expected",
        again["record"].alias("record"),
        "objects",
        sf.when(again.isNull() | again["_corrupt_record"].isNotNull(), line).alias(
            "_corrupt_record"
        ),
    )


def parse_lines(lines: DataFrame, table: Table, *, is_expected: bool) -> DataFrame:
    """Parse lines (`value`) as Spark reads them from a JSON file, which does not keep the line.

    Returns
    -------
    DataFrame
        The columns of `lines` and `ENVELOPE_COLUMNS`.
    """
    value, envelope = sf.col("value"), sf.col("_envelope")
    corrupt = sf.when(_is_utf8(value), envelope["_corrupt_record"]).otherwise(value)
    parsed = lines.withColumn(
        "_envelope", sf.from_json(value, schema(table, is_expected=is_expected))
    ).select(
        *lines.columns,
        envelope["_meta"].alias("_meta"),
        envelope["record"].alias("record"),
        corrupt.alias("_corrupt_record"),
    )
    return envelopes(parsed, table, is_expected=is_expected)


def _objects(record: Column, table: Table) -> Column:
    """Parse the fields that have parts, each part a text."""
    parsed = []
    for name in objects(table):
        text = _field(record, name)
        struct = ", ".join(f"`{part}` string" for part in _parts(table.name)[name])
        # Most events have an empty `conversion_data`, which needs no second parse.
        parsed.append(sf.when(text != "{}", sf.from_json(text, struct)).alias(name))
    return sf.struct(*parsed) if parsed else sf.lit(None)


def _is_utf8(line: Column) -> Column:
    """Tell whether the bytes of a line are as UTF-8 is built.

    That is what Spark asks of a file's lines. When it parses a text, it passes over anything.
    """
    content = line.cast("binary")
    others = sf.regexp_replace(sf.decode(content, "ISO-8859-1"), _UTF8_SEQUENCE, "")
    return (sf.decode(content, "UTF-8") == line) | ~others.rlike("[\u0080-\u00ff]")


def is_unreadable() -> Column:
    """Tell of `ENVELOPE_COLUMNS` whether there is neither a record nor what belongs to one."""
    meta, expected, record = sf.col("_meta"), sf.col("expected"), sf.col("record")
    has_no_record = expected.isNull() & record.isNull()
    return sf.col("_corrupt_record").isNotNull() | meta.isNull() | has_no_record


def unknown_fields(table: Table) -> Column:
    """Return what of a record `privacy.csv` does not declare, see `expressions.extra_json`."""
    record = sf.col("record")
    return sf.when(record.isNotNull(), ex.extra_json(record, privacy.known_fields(table.name)))


class Fields:
    """What `ENVELOPE_COLUMNS` hold of a table's records, by field or path (`thumbnail.url`)."""

    def __init__(self, table: Table) -> None:
        self._kinds = _kinds(table.name) | _META_FIELDS

    def __getitem__(self, path: str) -> Column:
        """Return the text without outer blanks; null if nothing is left, or if it is a value."""
        expected, record = self._at(path)
        is_text = self._kinds[path] == "string"
        return ex.text(sf.coalesce(expected, record) if is_text else record)

    def value(self, path: str) -> Column | None:
        """Return the value; null where it came as a text, None if JSON has no such type."""
        return None if self._kinds[path] == "string" else self._at(path)[0]

    def _at(self, path: str) -> tuple[Column, Column]:
        """Return a field of the expected record, and its text in any other."""
        if path in _META_FIELDS:
            return sf.col(path), sf.lit(None).cast("string")
        name, _, part = path.partition(".")
        expected = _field(sf.col("expected"), name)
        if part:
            return expected[part], sf.col("objects")[name][part]
        return expected, _field(sf.col("record"), name)

    def is_misshapen(self, name: str) -> Column:
        """Tell whether a field that should be an object is none."""
        text = ex.text(_field(sf.col("record"), name))
        return text.isNotNull() & ~text.startswith("{")


def objects(table: Table) -> list[str]:
    """Return the fields that have parts."""
    return [name for name in _parts(table.name) if name not in _OLDER_NAMES.values()]


def _field(record: Column, name: str) -> Column:
    older = _OLDER_NAMES.get(name)
    return record[name] if older is None else sf.coalesce(record[name], record[older])


@cache
def _kinds(stream: str) -> dict[str, str]:
    """Return the type in JSON of each field that columns are made of, by its path."""
    types = {column.name: column.type for column in TABLES[stream].columns if column.field}
    kinds: dict[str, str] = {}
    for rule in privacy.field_rules():
        if rule.stream == stream and rule.treatment != "drop":
            declared = (types.get(column) for column in rule.columns)
            kinds[rule.field] = next((kind for kind in declared if kind in _JSON_TYPES), "string")
    return kinds


@cache
def _parts(stream: str) -> dict[str, list[str]]:
    """Return the fields that have parts, each with its parts."""
    found: dict[str, list[str]] = {}
    for path in _kinds(stream):
        name, _, part = path.partition(".")
        if part:
            found.setdefault(name, []).append(part)
    return found


def _expected_record(table: Table) -> str:
    kinds = _kinds(table.name)
    fields = [f"`{name}`:{kind}" for name, kind in kinds.items() if "." not in name]
    for name, parts in _parts(table.name).items():
        inner = ",".join(f"`{part}`:{kinds[f'{name}.{part}']}" for part in parts)
        fields.append(f"`{name}`:struct<{inner}>")
    return f"struct<{','.join(fields)}>"
