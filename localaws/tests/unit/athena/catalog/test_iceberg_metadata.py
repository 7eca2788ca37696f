"""What an Iceberg table's own metadata file says, and what is made of it."""

import gzip
import json

import pytest

from localaws.athena.catalog.iceberg_metadata import IcebergMetadata
from localaws.athena.errors import QueryFailedError
from localaws.athena.statements.describe_iceberg import describe_iceberg

_METADATA = {
    "current-schema-id": 1,
    "schemas": [
        {"schema-id": 0, "fields": []},
        {"schema-id": 1, "fields": [{"id": 1, "name": "id"}, {"id": 2, "name": "at"}]},
    ],
    "default-spec-id": 1,
    "partition-specs": [
        {"spec-id": 0, "fields": []},
        {
            "spec-id": 1,
            "fields": [
                {"name": "id_bucket", "transform": "bucket[4]", "source-id": 1},
                {"name": "gone", "transform": "void", "source-id": 2},
                {"name": "at_day", "transform": "day", "source-id": 2},
            ],
        },
    ],
    "properties": {"write.format.default": "orc", "write.orc.compression-codec": "uncompressed"},
}
_COLUMNS = [
    {"Name": "id", "Type": "decimal(10,2)", "Comment": "the key"},
    {"Name": "at", "Type": "map<string,struct<a:int>>"},
    {"Name": "old", "Type": "int", "Parameters": {"iceberg.field.current": "false"}},
]


class _Objects:
    def __init__(self, content):
        self._content = content

    def get(self, location):
        return self._content


def _table(name="m.metadata.json"):
    return {
        "DatabaseName": "db",
        "Name": "t",
        "Parameters": {"metadata_location": f"s3://b/t/metadata/{name}"},
        "StorageDescriptor": {"Location": "s3://b/t", "Columns": _COLUMNS},
    }


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m.metadata.json", json.dumps(_METADATA).encode()),
        ("m.gz.metadata.json", gzip.compress(json.dumps(_METADATA).encode())),
    ],
)
def test_the_file_is_read_plain_and_compressed(name, content):
    metadata = IcebergMetadata(_table(name), _Objects(content))
    assert (metadata.file_format, metadata.codec) == ("ORC", "NONE")
    assert metadata.partition_fields == [("id_bucket", "bucket[4]", "id"), ("at_day", "day", "at")]


def test_a_missing_file_is_told_by_the_tables_name():
    with pytest.raises(QueryFailedError, match=r"ICEBERG_MISSING_METADATA: .* table db\.t"):
        IcebergMetadata(_table(), _Objects(None))


def test_describe_prints_schema_and_partition_spec_as_athena_does():
    metadata = IcebergMetadata(_table(), _Objects(json.dumps(_METADATA).encode()))
    assert describe_iceberg(_table(), metadata) == [
        "# Table schema:\t\t",
        "# col_name\tdata_type\tcomment",
        "id\tdecimal(10, 2)\tthe key",
        "at\tmap<string, struct<a: int>>\t",
        "\t\t",
        "# Partition spec:\t\t",
        "# field_name\tfield_transform\tcolumn_name",
        "id_bucket\tbucket[4]\tid",
        "at_day\tday\tat",
    ]
