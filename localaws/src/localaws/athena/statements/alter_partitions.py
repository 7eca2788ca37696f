"""ALTER TABLE ADD, DROP and RENAME PARTITION."""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.glue.exceptions import PartitionAlreadyExistsException
from moto.glue.models import FakePartition

from localaws.athena.catalog.glue import hive_error, is_iceberg
from localaws.athena.catalog.object_store import Location
from localaws.athena.catalog.partitions import (
    change_partition,
    partition_input,
    partition_keys,
    spec_values,
)
from localaws.athena.engine.session import Session
from localaws.athena.errors import ddl_failure
from localaws.athena.sql.clauses import constant, partition_spec
from localaws.athena.sql.names import Name, PartitionSpec
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements import iceberg
from localaws.athena.statements.alter_base import AlterTable
from localaws.athena.statements.alter_properties import SetLocation

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<>": operator.ne,
    "!=": operator.ne,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")


@dataclass(frozen=True)
class PartitionCondition:
    """One comparison of DROP PARTITION."""

    key: str
    operator: str
    value: str


@dataclass(frozen=True)
class _AlterPartitions(AlterTable):
    """A change of a Hive table's partitions."""

    def lines(self, session: Session) -> list[str]:
        """Change the partitions."""
        name = session.qualify(self.name)
        table = session.catalog.require_table(name)
        if is_iceberg(table):
            raise iceberg.not_supported()
        self.change_hive(name, table, session)
        return []


@dataclass(frozen=True)
class AddPartitions(_AlterPartitions):
    """ADD [IF NOT EXISTS] PARTITION."""

    if_not_exists: bool
    partitions: tuple[PartitionSpec, ...]

    def change_hive(self, name: Name, table: Mapping[str, Any], session: Session) -> None:
        """Add partitions, at the locations given or below the table's."""
        fake = session.catalog.fake_table(name)
        root = Location.parse(table["StorageDescriptor"]["Location"])
        for spec in self.partitions:
            values = spec_values(table, name, spec)
            names = [key["Name"] for key in table["PartitionKeys"]]
            folder = "/".join(f"{key}={value}" for key, value in zip(names, values, strict=True))
            location = spec.location or f"s3://{root.bucket}/{root.prefix}{folder}"
            try:
                if fake is not None:
                    fake.create_partition(partition_input(table, values, location))
            except PartitionAlreadyExistsException as error:
                if not self.if_not_exists:
                    raise hive_error(
                        f"AlreadyExistsException(message:Partition already exists: {values})"
                    ) from error


@dataclass(frozen=True)
class DropPartitions(_AlterPartitions):
    """DROP [IF EXISTS] PARTITION."""

    if_exists: bool
    partitions: tuple[tuple[PartitionCondition, ...], ...]

    def change_hive(self, name: Name, table: Mapping[str, Any], session: Session) -> None:
        """Remove the partitions that meet all conditions; their objects stay."""
        keys = {key["Name"]: (i, key["Type"]) for i, key in enumerate(partition_keys(table, name))}
        fake = session.catalog.fake_table(name)
        for conditions in self.partitions:
            for condition in conditions:
                if condition.key not in keys:
                    raise ddl_failure(
                        f"SemanticException [Error 10001]: Column not found {condition.key}"
                    )
            matching = [
                partition
                for partition in session.catalog.partitions(name)
                if all(_matches(partition, condition, keys) for condition in conditions)
            ]
            if not matching and not self.if_exists:
                shown = ", ".join(f"{c.key} {c.operator} {c.value}" for c in conditions)
                raise ddl_failure(f"SemanticException [Error 10006]: Partition not found ({shown})")
            for partition in matching:
                if fake is not None:
                    fake.delete_partition(partition.values)


def _matches(
    partition: FakePartition, condition: PartitionCondition, keys: Mapping[str, tuple[int, str]]
) -> bool:
    index, kind = keys[condition.key]
    left, right = partition.values[index], condition.value
    if kind.startswith(_NUMBERS):
        try:
            return _COMPARE[condition.operator](float(left), float(right))
        except ValueError:
            return False
    return _COMPARE[condition.operator](left, right)


@dataclass(frozen=True)
class RenamePartition(_AlterPartitions):
    """PARTITION … RENAME TO PARTITION …."""

    old: PartitionSpec
    new: PartitionSpec

    def change_hive(self, name: Name, table: Mapping[str, Any], session: Session) -> None:
        """Return a partition other values."""
        old, new = (spec_values(table, name, spec) for spec in (self.old, self.new))
        change_partition(name, old, {"Values": new}, session.catalog)


def parse_add(stream: TokenStream, name: Name) -> AddPartitions:
    """Read what follows ADD."""
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


def parse_drop(stream: TokenStream, name: Name) -> DropPartitions:
    """Read what follows DROP."""
    if_exists = stream.accept("IF", "EXISTS")
    partitions: list[tuple[PartitionCondition, ...]] = []
    stream.expect("PARTITION")
    while True:
        partitions.append(tuple(stream.in_parentheses(_condition)))
        if not stream.accept_symbol(","):
            break
        stream.expect("PARTITION")
    return DropPartitions(name, if_exists, tuple(partitions))


def _condition(stream: TokenStream) -> PartitionCondition:
    key = stream.identifier()
    word = next((each for each in _COMPARE if stream.accept_symbol(each)), None)
    if word is None:
        raise stream.unexpected(*_COMPARE)
    return PartitionCondition(key, word, constant(stream))


def parse_partition(stream: TokenStream, name: Name) -> RenamePartition | SetLocation:
    """Read what follows PARTITION."""
    spec = partition_spec(stream)
    if stream.accept("RENAME", "TO", "PARTITION"):
        return RenamePartition(name, spec, partition_spec(stream))
    stream.expect("SET", "LOCATION")
    return SetLocation(name, stream.string(), spec)
