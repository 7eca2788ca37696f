"""SerDes and file formats of Hive tables, as Athena writes them into Glue."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from localaws.athena.errors import InvalidRequestError
from localaws.athena.sql.clauses import properties
from localaws.athena.sql.names import Column
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.sql.tokens import Kind

LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"


@dataclass(frozen=True)
class Format:
    """Classes of a file format."""

    input: str
    output: str
    serde: str


_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
_ORC = "org.apache.hadoop.hive.ql.io.orc"
_AVRO = "org.apache.hadoop.hive.ql.io.avro"

FORMATS: Mapping[str, Format] = {
    "TEXTFILE": Format(_TEXT_INPUT, _TEXT_OUTPUT, LAZY_SIMPLE),
    "PARQUET": Format(
        f"{_PARQUET}.MapredParquetInputFormat",
        f"{_PARQUET}.MapredParquetOutputFormat",
        f"{_PARQUET}.serde.ParquetHiveSerDe",
    ),
    "ORC": Format(f"{_ORC}.OrcInputFormat", f"{_ORC}.OrcOutputFormat", f"{_ORC}.OrcSerde"),
    "AVRO": Format(
        f"{_AVRO}.AvroContainerInputFormat",
        f"{_AVRO}.AvroContainerOutputFormat",
        "org.apache.hadoop.hive.serde2.avro.AvroSerDe",
    ),
    "RCFILE": Format(
        "org.apache.hadoop.hive.ql.io.RCFileInputFormat",
        "org.apache.hadoop.hive.ql.io.RCFileOutputFormat",
        "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe",
    ),
    "SEQUENCEFILE": Format(
        "org.apache.hadoop.mapred.SequenceFileInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
        LAZY_SIMPLE,
    ),
}
_BY_SERDE = {
    FORMATS["PARQUET"].serde: "PARQUET",
    FORMATS["ORC"].serde: "ORC",
    FORMATS["AVRO"].serde: "AVRO",
}


@dataclass(frozen=True)
class Storage:
    """ROW FORMAT and STORED AS of a CREATE TABLE.

    ``serde_properties`` is WITH SERDEPROPERTIES, or what ROW FORMAT DELIMITED stands for.
    """

    serde: str | None = None
    serde_properties: Mapping[str, str] = field(default_factory=dict)
    stored_as: str | None = None
    input_format: str | None = None
    output_format: str | None = None


_DELIMITERS = (
    (("FIELDS", "TERMINATED", "BY"), "field.delim"),
    (("ESCAPED", "BY"), "escape.delim"),
    (("COLLECTION", "ITEMS", "TERMINATED", "BY"), "collection.delim"),
    (("MAP", "KEYS", "TERMINATED", "BY"), "mapkey.delim"),
    (("LINES", "TERMINATED", "BY"), "line.delim"),
    (("NULL", "DEFINED", "AS"), "serialization.null.format"),
)


def read_storage(stream: TokenStream) -> Storage:
    """Read ROW FORMAT, WITH SERDEPROPERTIES and STORED AS."""
    serde: str | None = None
    serde_properties: dict[str, str] = {}
    if stream.accept("ROW", "FORMAT"):
        if stream.expect_any("SERDE", "DELIMITED") == "SERDE":
            serde = stream.string()
        else:
            serde = LAZY_SIMPLE
            serde_properties = _delimited(stream)
    if stream.accept("WITH", "SERDEPROPERTIES"):
        serde_properties |= properties(stream)
    stored_as = input_format = output_format = None
    if stream.accept("STORED", "AS"):
        if stream.accept("INPUTFORMAT"):
            input_format = stream.string()
            stream.expect("OUTPUTFORMAT")
            output_format = stream.string()
        else:
            token = stream.take()
            if token.kind is not Kind.WORD:
                raise InvalidRequestError("STORED AS needs a format, such as PARQUET")
            stored_as = token.text.upper()
    return Storage(serde, serde_properties, stored_as, input_format, output_format)


def _delimited(stream: TokenStream) -> dict[str, str]:
    found: dict[str, str] = {}
    while True:
        for words, key in _DELIMITERS:
            if stream.accept(*words):
                found[key] = stream.string()
                break
        else:
            break
    if "field.delim" in found:
        found["serialization.format"] = found["field.delim"]
    return found


def storage_descriptor(
    storage: Storage,
    columns: tuple[Column, ...],
    location: str | None,
    buckets: tuple[tuple[str, ...], int | None],
) -> dict[str, Any]:
    """Return the StorageDescriptor of a CREATE EXTERNAL TABLE.

    Parameters
    ----------
    storage
        How the files are written.
    columns
        Columns without partition keys.
    location
        Where the files are.
    buckets
        Columns of CLUSTERED BY, and the number of buckets.
    """
    chosen = _format(storage)
    serde_parameters = dict(storage.serde_properties)
    if storage.serde != OPEN_CSV or not serde_parameters:
        serde_parameters.setdefault("serialization.format", "1")
    return {
        "Columns": glue_columns(columns),
        "Location": location,
        "InputFormat": storage.input_format or chosen.input,
        "OutputFormat": storage.output_format or chosen.output,
        "Compressed": False,
        "NumberOfBuckets": buckets[1] or -1,
        "SerdeInfo": {
            "SerializationLibrary": storage.serde or chosen.serde,
            "Parameters": serde_parameters,
        },
        "BucketColumns": list(buckets[0]),
        "SortColumns": [],
        "Parameters": {},
        "SkewedInfo": {
            "SkewedColumnNames": [],
            "SkewedColumnValues": [],
            "SkewedColumnValueLocationMaps": {},
        },
        "StoredAsSubDirectories": False,
    }


def _format(storage: Storage) -> Format:
    name = storage.stored_as or _BY_SERDE.get(storage.serde or "", "TEXTFILE")
    if name not in FORMATS:
        raise InvalidRequestError(f"Unrecognized file format in STORED AS clause: '{name}'")
    return FORMATS[name]


def glue_columns(columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    """Return columns as Glue keeps them."""
    return [
        {"Name": column.name, "Type": column.type}
        | ({"Comment": column.comment} if column.comment is not None else {})
        for column in columns
    ]
