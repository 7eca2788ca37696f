"""SerDes and file formats of Hive tables, as Athena writes them into Glue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localaws.athena.errors import InvalidRequestError
from localaws.athena.statements import Column, CreateTable, Storage

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


def storage_descriptor(statement: CreateTable) -> dict[str, Any]:
    """Give the StorageDescriptor of a CREATE EXTERNAL TABLE."""
    storage = statement.storage
    chosen = _format(storage)
    serde_parameters = dict(storage.serde_properties)
    if storage.serde != OPEN_CSV or not serde_parameters:
        serde_parameters.setdefault("serialization.format", "1")
    return {
        "Columns": glue_columns(statement.columns),
        "Location": statement.location,
        "InputFormat": storage.input_format or chosen.input,
        "OutputFormat": storage.output_format or chosen.output,
        "Compressed": False,
        "NumberOfBuckets": statement.bucket_count or -1,
        "SerdeInfo": {
            "SerializationLibrary": storage.serde or chosen.serde,
            "Parameters": serde_parameters,
        },
        "BucketColumns": list(statement.bucketed_by),
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
    """Give columns as Glue keeps them."""
    return [
        {"Name": column.name, "Type": column.type}
        | ({"Comment": column.comment} if column.comment is not None else {})
        for column in columns
    ]
