"""Which ALTER TABLE a statement is."""

from localaws.athena.sql.names import Name
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements import alter_columns, alter_partitions, alter_properties
from localaws.athena.statements.alter_base import AlterTable


def parse(stream: TokenStream) -> AlterTable:
    """Read what follows ALTER TABLE."""
    if stream.accept("IF"):  # Trino's ALTER TABLE IF EXISTS
        raise stream.unexpected()
    name = stream.name()
    word = stream.accept_any(
        "ADD", "CHANGE", "DROP", "PARTITION", "RENAME", "REPLACE", "SET", "UNSET"
    )
    if word is None:
        raise stream.unexpected()
    return {
        "ADD": _add,
        "CHANGE": alter_columns.parse_change,
        "DROP": _drop,
        "PARTITION": alter_partitions.parse_partition,
        "RENAME": alter_properties.parse_rename,
        "REPLACE": alter_columns.parse_replace,
        "SET": alter_properties.parse_set,
        "UNSET": alter_properties.parse_unset,
    }[word](stream, name)


def _add(stream: TokenStream, name: Name) -> AlterTable:
    if stream.accept("COLUMNS"):
        return alter_columns.parse_add(stream, name)
    return alter_partitions.parse_add(stream, name)


def _drop(stream: TokenStream, name: Name) -> AlterTable:
    if stream.accept("COLUMN"):
        return alter_columns.parse_drop(stream, name)
    return alter_partitions.parse_drop(stream, name)
