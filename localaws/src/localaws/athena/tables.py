"""CREATE TABLE, DROP TABLE, DROP VIEW and MSCK REPAIR TABLE on the catalog."""

import time
from typing import Any
from urllib.parse import unquote

from localaws.athena import iceberg
from localaws.athena.catalog import hive_error, is_iceberg, is_view
from localaws.athena.errors import ddl_failure, failure
from localaws.athena.object_store import Location
from localaws.athena.partitions import partition_input
from localaws.athena.session import Session
from localaws.athena.statements import CreateTable, DropTable, DropView, Name, RepairTable
from localaws.athena.storage_formats import glue_columns, storage_descriptor


def create_table(statement: CreateTable, session: Session) -> list[str]:
    """Add an external Hive table to the catalog, or make an empty Iceberg table."""
    name = session.qualify(statement.name)
    session.catalog.require_database(str(name.database))
    if session.catalog.table(name) is not None:
        if statement.if_not_exists:
            return []
        raise hive_error(f"AlreadyExistsException(message:Table {name.table} already exists.)")
    _refuse_duplicate_columns(statement)
    Location.parse(str(statement.location))
    if statement.is_iceberg:
        iceberg.create_table(statement, name, session)
        return []
    session.catalog.create_table(name, _hive_table(statement, name))
    return []


def _refuse_duplicate_columns(statement: CreateTable) -> None:
    seen: set[str] = set()
    for column in (*statement.columns, *statement.partitioned_by):
        if column.name in seen:
            raise ddl_failure(
                f"SemanticException [Error 10036]: Duplicate column name: {column.name}"
            )
        seen.add(column.name)


def _hive_table(statement: CreateTable, name: Name) -> dict[str, Any]:
    parameters = {
        "EXTERNAL": "TRUE",
        "transient_lastDdlTime": str(int(time.time())),
        **statement.properties,
    }
    if statement.comment is not None:
        parameters["comment"] = statement.comment
    return {
        "Name": name.table,
        "Owner": "hadoop",
        "Retention": 0,
        "StorageDescriptor": storage_descriptor(statement),
        "PartitionKeys": glue_columns(statement.partitioned_by),
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
    }


def drop_table(statement: DropTable, session: Session) -> list[str]:
    """Remove a table: a Hive table's objects stay, an Iceberg table's go."""
    name = session.qualify(statement.name)
    table = session.catalog.table(name)
    if table is None:
        if statement.if_exists:
            return []
        raise ddl_failure(f"SemanticException [Error 10001]: Table not found {name.table}")
    if is_view(table):
        raise ddl_failure("SemanticException Cannot drop a view with DROP TABLE")
    if is_iceberg(table):
        iceberg.drop_table(name, session)
    else:
        session.catalog.delete_table(name)
    return []


def drop_view(statement: DropView, session: Session) -> list[str]:
    """Remove a view."""
    name = session.qualify(statement.name)
    view = session.catalog.table(name)
    if view is None:
        if statement.if_exists:
            return []
        raise failure(
            "VIEW_NOT_FOUND",
            f"line 1:1: View '{name.catalog}.{name.database}.{name.table}' does not exist",
        )
    if not is_view(view):
        raise failure(
            "GENERIC_USER_ERROR",
            f"line 1:1: View '{name.catalog}.{name.database}.{name.table}' does not exist, "
            "but a table with that name exists. Did you mean DROP TABLE?",
        )
    session.catalog.delete_table(name)
    return []


def repair_table(statement: RepairTable, session: Session) -> list[str]:
    """Add the partitions that the table's folder holds and the catalog does not."""
    name = session.qualify(statement.name)
    table = session.catalog.require_table(name)
    keys = [key["Name"] for key in table.get("PartitionKeys") or []]
    if not keys:
        raise hive_error(f"Table {name.table} is not partitioned")
    root = Location.parse(table["StorageDescriptor"]["Location"])
    known = {tuple(partition.values) for partition in session.catalog.partitions(name)}
    found: dict[tuple[str, ...], str] = {}
    for key in session.objects.keys(root):
        folders = key[len(root.prefix) :].split("/")[:-1]
        values = _partition_values(folders[: len(keys)], keys)
        if values is not None and values not in known:
            path = root.prefix + "/".join(folders[: len(keys)])
            found.setdefault(values, f"s3://{root.bucket}/{path}")
    fake = session.catalog.fake_table(name)
    lines: list[str] = []
    for values, location in sorted(found.items()):
        if fake is not None:
            fake.create_partition(partition_input(table, values, location))
        spec = "/".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
        lines.append(f"{name.table}:{spec}")
    if not lines:
        return []
    return [
        "Partitions not in metastore:\t" + "\t".join(lines),
        *(f"Repair: Added partition to metastore {line}" for line in lines),
    ]


def _partition_values(folders: list[str], keys: list[str]) -> tuple[str, ...] | None:
    """Read ``key=value`` folders; None if they are not the table's partition keys."""
    if len(folders) < len(keys):
        return None
    values: list[str] = []
    for folder, key in zip(folders, keys, strict=True):
        name, separator, value = folder.partition("=")
        if not separator or name.lower() != key.lower():
            return None
        values.append(unquote(value))
    return tuple(values)
