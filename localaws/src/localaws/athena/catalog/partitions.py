"""Partitions of a Hive table in the catalog."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from moto.glue.exceptions import PartitionAlreadyExistsException, PartitionNotFoundException

from localaws.athena.catalog.glue import Catalog, hive_error, refuse_beyond_limits
from localaws.athena.errors import ddl_failure
from localaws.athena.sql.names import Name, PartitionSpec


def partition_input(
    table: Mapping[str, Any], values: Sequence[str], location: str
) -> dict[str, Any]:
    """Return a partition of a table as CreatePartition takes it."""
    descriptor = copy.deepcopy(table["StorageDescriptor"])
    descriptor["Location"] = location
    made = {"Values": list(values), "StorageDescriptor": descriptor, "Parameters": {}}
    refuse_beyond_limits("CreatePartition", {"PartitionInput": made})
    return made


def partition_keys(table: Mapping[str, Any], name: Name) -> list[dict[str, Any]]:
    """Return a table's partition keys; fail if it has none."""
    keys: list[dict[str, Any]] = table.get("PartitionKeys") or []
    if not keys:
        raise ddl_failure(
            f"SemanticException table is not partitioned but partition spec exists: {name.table}"
        )
    return keys


def spec_values(table: Mapping[str, Any], name: Name, spec: PartitionSpec) -> list[str]:
    """Return a full partition spec's values in the order of the table's keys."""
    names = [key["Name"] for key in partition_keys(table, name)]
    if set(spec.values) != set(names):
        raise ddl_failure(
            f"SemanticException partition spec {dict(spec.values)} doesn't contain all "
            f"({len(names)}) partition columns"
        )
    return [spec.values[key] for key in names]


def change_partition(
    name: Name, values: list[str], changes: Mapping[str, Any], catalog: Catalog
) -> None:
    """Change a partition's values or its location."""
    fake = catalog.fake_table(name)
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
