"""DESCRIBE of an Iceberg table: Athena prints Iceberg's schema and partition spec, unpadded.

The layout is what github.com/aoyagikouhei/athena-local measured on Athena (docs/result-files.md,
2026-09); only which properties EXTENDED and FORMATTED list was not measured.
"""

from collections.abc import Mapping
from typing import Any

from localaws.athena.catalog.glue import current_columns
from localaws.athena.catalog.iceberg_metadata import IcebergMetadata
from localaws.athena.errors import ddl_failure

_EMPTY = "\t\t"


def describe_iceberg(
    table: Mapping[str, Any],
    metadata: IcebergMetadata,
    *,
    column: str | None = None,
    with_details: bool = False,
) -> list[str]:
    """Return the lines of DESCRIBE, cells separated by tabs.

    Parameters
    ----------
    table
        The table as Glue's GetTable returns it.
    metadata
        Its metadata file.
    column
        The one column that was asked for.
    with_details
        Whether EXTENDED or FORMATTED was given.
    """
    columns = current_columns(table)
    if column is not None:
        columns = [each for each in columns if each["Name"] == column]
        if not columns:
            raise ddl_failure(f"SemanticException [Error 10002]: Invalid column reference {column}")
        return [_line(each) for each in columns]
    lines = [
        "# Table schema:\t\t",
        "# col_name\tdata_type\tcomment",
        *(_line(each) for each in columns),
        _EMPTY,
        "# Partition spec:\t\t",
        "# field_name\tfield_transform\tcolumn_name",
        *("\t".join(field) for field in metadata.partition_fields),
    ]
    if with_details:
        lines += _details(table, metadata)
    return lines


def _line(column: Mapping[str, Any]) -> str:
    # Iceberg writes a blank after the commas and colons of a type, Hive and Glue do not.
    kind = str(column["Type"]).replace(",", ", ").replace(":", ": ")
    return f"{column['Name']}\t{kind}\t{column.get('Comment') or ''}"


def _details(table: Mapping[str, Any], metadata: IcebergMetadata) -> list[str]:
    is_own = {key: key.startswith("write.") for key in metadata.properties}
    return [
        _EMPTY,
        f"Name:\ticeberg.{table['DatabaseName']}.{table['Name']}\t",
        f"Location:\t{table['StorageDescriptor']['Location']}\t",
        _EMPTY,
        "# Table properties:\t\t",
        "# key\tvalue\t",
        f"format\t{metadata.file_format}\t",
        *(f"{k}\t{v}\t" for k, v in sorted(metadata.properties.items()) if not is_own[k]),
        _EMPTY,
        "# Iceberg storage table properties:\t\t",
        "# key\tvalue\t",
        *(f"{k}\t{v}\t" for k, v in sorted(metadata.properties.items()) if is_own[k]),
    ]
