"""Makes tables of what an S3 target holds, as a crawler does on its first visit."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from localaws.glue_crawlers.files import (
    DataFile,
    Folder,
    group_by_folder,
    is_parquet,
    list_files,
    read_schema,
    split_location,
)
from localaws.glue_crawlers.glue_types import columns_of


@dataclass(frozen=True)
class FoundTable:
    """A folder that becomes a table, with a file that shows its schema."""

    name: str
    location: str
    partition_keys: tuple[str, ...]
    sample: DataFile
    files: int
    bytes: int


def find_tables(s3: Any, path: str, prefix: str) -> list[FoundTable]:
    """Find the tables under an S3 target: the target itself, or each folder in it.

    Parameters
    ----------
    path
        The target's address.
    prefix
        The crawler's ``TablePrefix``.
    """
    bucket, root = split_location(path)
    folders = group_by_folder(list_files(s3, bucket, root), root)
    by_table: dict[str, list[Folder]] = defaultdict(list)
    for folder in folders:
        by_table[_table_root(folder, root)].append(folder)
    found = []
    for table_root, own in sorted(by_table.items()):
        files = [file for folder in own for file in folder.files]
        sample = max(files, key=lambda file: file.key)
        if is_parquet(s3, bucket, sample):
            keys = tuple(name for name, _ in own[0].partition)
            name = prefix + _table_name(table_root or bucket)
            size = sum(file.size for file in files)
            location = f"s3://{bucket}/{table_root}"
            found.append(FoundTable(name, location, keys, sample, len(files), size))
    return found


def _table_root(folder: Folder, root: str) -> str:
    """Cut the partitions off a path: ``root/table/day=1/`` belongs to ``root/table/``."""
    parts = folder.path[len(root) :].rstrip("/").split("/")
    own = [part for part in parts if part and "=" not in part]
    return root + "".join(f"{part}/" for part in own)


def _table_name(path: str) -> str:
    name = path.rstrip("/").rsplit("/", maxsplit=1)[-1].lower()
    return "".join(letter if letter.isalnum() or letter == "_" else "_" for letter in name)


def table_input(s3: Any, table: FoundTable, crawler: str) -> dict[str, Any]:
    """Give a found table the shape in which a crawler enters it into the catalog."""
    bucket, _ = split_location(table.location)
    columns = [
        {"Name": column.name, "Type": column.type}
        for column in columns_of(read_schema(s3, bucket, table.sample))
        if column.name not in table.partition_keys
    ]
    parameters = {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": crawler,
        "classification": "parquet",
        "compressionType": "none",
        "objectCount": str(table.files),
        "sizeKey": str(table.bytes),
        "typeOfData": "file",
    }
    return {
        "Name": table.name,
        "Owner": "owner",
        "Retention": 0,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in table.partition_keys],
        "StorageDescriptor": {
            "Columns": columns,
            "Location": table.location,
            "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "Compressed": False,
            "NumberOfBuckets": -1,
            "SerdeInfo": {
                "SerializationLibrary": (
                    "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
                ),
                "Parameters": {"serialization.format": "1"},
            },
            "BucketColumns": [],
            "SortColumns": [],
            "Parameters": parameters,
            "StoredAsSubDirectories": False,
        },
    }
