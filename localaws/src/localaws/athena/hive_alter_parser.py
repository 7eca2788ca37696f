"""Athena's ALTER TABLE."""

from localaws.athena.hive_types import column, column_list
from localaws.athena.statements import (
    AddColumns,
    AddPartitions,
    ChangeColumn,
    Column,
    DropColumn,
    DropPartitions,
    Name,
    PartitionCondition,
    PartitionSpec,
    RenamePartition,
    RenameTable,
    ReplaceColumns,
    SetLocation,
    SetProperties,
    Statement,
    UnsetProperties,
)
from localaws.athena.token_stream import TokenStream
from localaws.athena.tokens import Kind

_OPERATORS = ("<=", ">=", "<>", "!=", "=", "<", ">")


def alter_table(stream: TokenStream) -> Statement:
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
        "CHANGE": _change,
        "DROP": _drop,
        "PARTITION": _partition,
        "RENAME": _rename,
        "REPLACE": _replace,
        "SET": _set,
        "UNSET": _unset,
    }[word](stream, name)


def properties(stream: TokenStream) -> dict[str, str]:
    """Read ``('key' = 'value', …)``."""
    found: dict[str, str] = {}
    stream.expect_symbol("(")
    while True:
        key = stream.string()
        stream.expect_symbol("=")
        found[key] = stream.string()
        if not stream.accept_symbol(","):
            break
    stream.expect_symbol(")")
    return found


def partition_spec(stream: TokenStream) -> PartitionSpec:
    """Read ``(key = value, …)``."""
    values: dict[str, str] = {}
    stream.expect_symbol("(")
    while True:
        key = stream.identifier()
        stream.expect_symbol("=")
        values[key] = _constant(stream)
        if not stream.accept_symbol(","):
            break
    stream.expect_symbol(")")
    return PartitionSpec(values)


def _constant(stream: TokenStream) -> str:
    sign = "-" if stream.accept_symbol("-") else ""
    token = stream.peek()
    if token.is_word("DATE", "TIMESTAMP") and stream.peek(1).kind is Kind.STRING:
        stream.take()
        return stream.string()
    if token.kind in {Kind.STRING, Kind.NUMBER} or token.is_word("TRUE", "FALSE"):
        return sign + stream.take().value
    raise stream.unexpected("constant")


def _add(stream: TokenStream, name: Name) -> Statement:
    if stream.accept("COLUMNS"):
        return AddColumns(name, column_list(stream))
    if_not_exists = stream.accept("IF", "NOT", "EXISTS")
    partitions: list[PartitionSpec] = []
    if not stream.accept("PARTITION"):
        raise stream.unexpected()
    while True:
        spec = partition_spec(stream)
        location = stream.string() if stream.accept("LOCATION") else None
        partitions.append(PartitionSpec(spec.values, location))
        if not stream.accept("PARTITION"):
            break
    return AddPartitions(name, if_not_exists, tuple(partitions))


def _change(stream: TokenStream, name: Name) -> Statement:
    stream.accept("COLUMN")
    old_name = stream.identifier()
    new: Column = column(stream)
    first = stream.accept("FIRST")
    after = stream.identifier() if not first and stream.accept("AFTER") else None
    return ChangeColumn(name, old_name, new, first, after)


def _drop(stream: TokenStream, name: Name) -> Statement:
    if stream.accept("COLUMN"):
        return DropColumn(name, stream.identifier())
    if_exists = stream.accept("IF", "EXISTS")
    partitions: list[tuple[PartitionCondition, ...]] = []
    stream.expect("PARTITION")
    while True:
        partitions.append(_conditions(stream))
        if not stream.accept_symbol(","):
            break
        stream.expect("PARTITION")
    return DropPartitions(name, if_exists, tuple(partitions))


def _conditions(stream: TokenStream) -> tuple[PartitionCondition, ...]:
    found: list[PartitionCondition] = []
    stream.expect_symbol("(")
    while True:
        key = stream.identifier()
        operator = next((op for op in _OPERATORS if stream.accept_symbol(op)), None)
        if operator is None:
            raise stream.unexpected(*_OPERATORS)
        found.append(PartitionCondition(key, operator, _constant(stream)))
        if not stream.accept_symbol(","):
            break
    stream.expect_symbol(")")
    return tuple(found)


def _partition(stream: TokenStream, name: Name) -> Statement:
    spec = partition_spec(stream)
    if stream.accept("RENAME", "TO", "PARTITION"):
        return RenamePartition(name, spec, partition_spec(stream))
    stream.expect("SET", "LOCATION")
    return SetLocation(name, stream.string(), spec)


def _rename(stream: TokenStream, name: Name) -> Statement:
    stream.expect("TO")
    return RenameTable(name, stream.name())


def _replace(stream: TokenStream, name: Name) -> Statement:
    stream.expect("COLUMNS")
    return ReplaceColumns(name, column_list(stream))


def _set(stream: TokenStream, name: Name) -> Statement:
    if stream.accept("LOCATION"):
        return SetLocation(name, stream.string(), None)
    if not stream.accept("TBLPROPERTIES"):
        raise stream.unexpected()
    return SetProperties(name, properties(stream))


def _unset(stream: TokenStream, name: Name) -> Statement:
    stream.expect("TBLPROPERTIES")
    if_exists = stream.accept("IF", "EXISTS")
    keys: list[str] = []
    stream.expect_symbol("(")
    while True:
        keys.append(stream.string())
        if not stream.accept_symbol(","):
            break
    stream.expect_symbol(")")
    return UnsetProperties(name, tuple(keys), if_exists)
