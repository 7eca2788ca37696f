"""Athena's properties of files that the engine writes for a new Hive table or an UNLOAD."""

from collections.abc import Mapping

from localaws.athena.engine.words import literal, string_array
from localaws.athena.errors import failure
from localaws.athena.sql.names import PropertyValue
from localaws.athena.statements.compression import codec_of_new_table
from localaws.trino.configuration import HIVE_CATALOG

_FORMATS = {"PARQUET", "ORC", "AVRO", "JSON", "TEXTFILE"}


def hive_terms(
    properties: Mapping[str, PropertyValue], location: str
) -> tuple[list[str], dict[str, str]]:
    """Translate Athena's properties.

    Returns
    -------
    tuple
        Terms of the engine's WITH clause, and session properties.
    """
    file_format = str(properties.get("format", "PARQUET")).upper()
    if file_format not in _FORMATS:
        raise failure("INVALID_TABLE_PROPERTY", f"Unsupported Hive file format: {file_format}")
    terms = [f"format = '{file_format}'", f"external_location = {literal(location)}"]
    for key in ("partitioned_by", "bucketed_by"):
        value = properties.get(key)
        if isinstance(value, list) and value:
            terms.append(f"{key} = {string_array([item.lower() for item in value])}")
    if "bucket_count" in properties:
        terms.append(f"bucket_count = {int(str(properties['bucket_count']))}")
    if "field_delimiter" in properties:
        if file_format != "TEXTFILE":
            raise failure(
                "INVALID_TABLE_PROPERTY",
                f"Cannot specify field_delimiter table property for storage format: {file_format}",
            )
        terms.append(f"textfile_field_separator = {literal(str(properties['field_delimiter']))}")
    return terms, {f"{HIVE_CATALOG}.compression_codec": codec_of_new_table(properties)}
