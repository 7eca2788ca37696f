"""ALTER TABLE's partition clauses on the catalog."""

import copy
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moto.glue.exceptions import PartitionAlreadyExistsException, PartitionNotFoundException
from moto.glue.models import FakePartition

from localaws.athena import iceberg
from localaws.athena.catalog import hive_error, is_iceberg
from localaws.athena.errors import ddl_failure
from localaws.athena.object_store import Location
from localaws.athena.session import Session
from localaws.athena.statements import (
    AddPartitions,
    DropPartitions,
    Name,
    PartitionCondition,
    PartitionSpec,
    RenamePartition,
)

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")


def partition_input(
    table: Mapping[str, Any], values: Sequence[str], location: str
) -> dict[str, Any]:
    """Give a partition of a table as CreatePartition takes it."""
    descriptor = copy.deepcopy(table["StorageDescriptor"])
    descriptor["Location"] = location
    return {"Values": list(values), "StorageDescriptor": descriptor, "Parameters": {}}


def partition_keys(table: Mapping[str, Any], name: Name) -> list[dict[str, Any]]:
    """Give a table's partition keys; fail if it has none."""
    keys: list[dict[str, Any]] = table.get("PartitionKeys") or []
    if not keys:
        raise ddl_failure(
            f"SemanticException table is not partitioned but partition spec exists: {name.table}"
        )
    return keys


def spec_values(table: Mapping[str, Any], name: Name, spec: PartitionSpec) -> list[str]:
    """Give a full partition spec's values in the order of the table's keys."""
    names = [key["Name"] for key in partition_keys(table, name)]
    if set(spec.values) != set(names):
        raise ddl_failure(
            f"SemanticException partition spec {dict(spec.values)} doesn't contain all "
            f"({len(names)}) partition columns"
        )
    return [spec.values[key] for key in names]


def _require_hive(name: Name, session: Session) -> dict[str, Any]:
    table = session.catalog.require_table(name)
    if is_iceberg(table):
        raise iceberg.not_supported()
    return table


def add_partitions(statement: AddPartitions, session: Session) -> list[str]:
    """ALTER TABLE … ADD PARTITION."""
    name = session.qualify(statement.name)
    table = _require_hive(name, session)
    fake = session.catalog.fake_table(name)
    root = Location.parse(table["StorageDescriptor"]["Location"])
    for spec in statement.partitions:
        values = spec_values(table, name, spec)
        names = [key["Name"] for key in table["PartitionKeys"]]
        folder = "/".join(f"{key}={value}" for key, value in zip(names, values, strict=True))
        location = spec.location or f"s3://{root.bucket}/{root.prefix}{folder}"
        try:
            if fake is not None:
                fake.create_partition(partition_input(table, values, location))
        except PartitionAlreadyExistsException as error:
            if not statement.if_not_exists:
                raise hive_error(
                    f"AlreadyExistsException(message:Partition already exists: {values})"
                ) from error
    return []


def drop_partitions(statement: DropPartitions, session: Session) -> list[str]:
    """ALTER TABLE … DROP PARTITION."""
    name = session.qualify(statement.name)
    table = _require_hive(name, session)
    keys = {key["Name"]: (i, key["Type"]) for i, key in enumerate(partition_keys(table, name))}
    fake = session.catalog.fake_table(name)
    for conditions in statement.partitions:
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
        if not matching and not statement.if_exists:
            shown = ", ".join(f"{c.key} {c.operator} {c.value}" for c in conditions)
            raise ddl_failure(f"SemanticException [Error 10006]: Partition not found ({shown})")
        for partition in matching:
            if fake is not None:
                fake.delete_partition(partition.values)
    return []


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


def rename_partition(statement: RenamePartition, session: Session) -> list[str]:
    """ALTER TABLE … PARTITION … RENAME TO PARTITION …."""
    name = session.qualify(statement.name)
    table = _require_hive(name, session)
    old, new = (spec_values(table, name, spec) for spec in (statement.old, statement.new))
    change_partition(name, old, {"Values": new}, session)
    return []


def change_partition(
    name: Name, values: list[str], changes: Mapping[str, Any], session: Session
) -> None:
    """Change a partition's values or its location."""
    fake = session.catalog.fake_table(name)
    try:
        if fake is not None:
            current = copy.deepcopy(fake.get_partition(values).partition_input)
            fake.update_partition(values, {**current, **changes})
    except PartitionNotFoundException as error:
        raise ddl_failure(
            f"SemanticException [Error 10006]: Partition not found {values}"
        ) from error
    except PartitionAlreadyExistsException as error:
        raise hive_error(
            f"AlreadyExistsException(message:Partition already exists: {changes['Values']})"
        ) from error
