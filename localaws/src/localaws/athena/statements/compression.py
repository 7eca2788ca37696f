"""Which compression a table's new files get."""

from collections.abc import Mapping
from typing import Any

from localaws.athena.catalog.glue import is_iceberg, is_view
from localaws.athena.catalog.iceberg_metadata import IcebergMetadata
from localaws.athena.engine.session import Session
from localaws.athena.errors import failure
from localaws.athena.sql.names import Name, PropertyValue
from localaws.trino.configuration import HIVE_CATALOG, ICEBERG_CATALOG

_CODECS = {"GZIP", "SNAPPY", "ZSTD", "LZ4", "NONE"}
_CODEC_NAMES = {"UNCOMPRESSED": "NONE", "ZLIB": "GZIP", "DEFLATE": "GZIP"}
_CREATION_PROPERTIES = ("write_compression", "parquet_compression", "orc_compression")
_TABLE_PROPERTIES = (
    *("write.compression", "write_compression", "parquet.compression"),
    *("orc.compress", "avro.output.codec"),
)
"""Properties of a Hive table that may name a codec; the first one found counts."""
_DEFAULT_CODEC = "GZIP"


def codec_of_new_table(properties: Mapping[str, PropertyValue]) -> str:
    """Return the codec that a CREATE TABLE AS or UNLOAD asks for, by the engine's name.

    Raises
    ------
    QueryFailedError
        Two properties name one, or the codec is unknown.
    """
    given = [str(properties[key]).upper() for key in _CREATION_PROPERTIES if key in properties]
    if len(given) > 1:
        raise failure(
            "INVALID_TABLE_PROPERTY",
            "Only one compression property may be given: write_compression",
        )
    codec = _CODEC_NAMES.get(given[0], given[0]) if given else _DEFAULT_CODEC
    if codec not in _CODECS:
        raise failure("INVALID_TABLE_PROPERTY", f"Unsupported compression codec: {codec}")
    return codec


def codec_of_target(target: Name, session: Session) -> dict[str, str]:
    """Return the session properties with which the engine writes a table as it was declared.

    Parameters
    ----------
    target
        The table that a statement writes.
    session
        The execution's surroundings.
    """
    table = session.catalog.table(session.qualify(target))
    if table is None or is_view(table):
        return {}
    if is_iceberg(table):
        codec = IcebergMetadata(table, session.objects).codec
        return {} if codec is None else {f"{ICEBERG_CATALOG}.compression_codec": codec}
    codec = _declared(table)
    return {} if codec is None else {f"{HIVE_CATALOG}.compression_codec": codec}


def _declared(table: Mapping[str, Any]) -> str | None:
    parameters: dict[str, str] = table.get("Parameters") or {}
    serde: dict[str, Any] = (table.get("StorageDescriptor") or {}).get("SerdeInfo") or {}
    named = {**(serde.get("Parameters") or {}), **parameters}
    for key in _TABLE_PROPERTIES:
        if key in named:
            codec = named[key].upper()
            codec = _CODEC_NAMES.get(codec, codec)
            # The writer chooses if the engine does not have the codec.
            return codec if codec in _CODECS else None
    return None
