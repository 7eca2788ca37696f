"""Compares one table with the files at its location and brings the catalog up to date."""

import copy
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from localaws.glue_crawlers.agreement import changed_parameters, deprecation, table_input_of
from localaws.glue_crawlers.files import (
    DataFile,
    Folder,
    format_of,
    group_by_folder,
    list_files,
    read_schema,
    split_location,
)
from localaws.glue_crawlers.glue_types import Column, columns_of, same_type

FILES_READ_PER_FOLDER = 2
"""Newest by name; what a job writes into one partition at a time has one schema."""
PARTITIONS_PER_REQUEST = 100
READERS = 4


class CrawlStoppedError(Exception):
    """Somebody stopped the crawler."""


@dataclass(frozen=True)
class Policy:
    """What a crawler may do with what it finds.

    Attributes
    ----------
    update, delete
        ``SchemaChangePolicy``.
    merge_new_columns
        The table only gets columns; its other properties must be those that are found.
    inherit
        Partitions get the table's columns, not those of their own files.
    new_folders_only
        ``RecrawlPolicy`` CRAWL_NEW_FOLDERS_ONLY.
    """

    update: str = "UPDATE_IN_DATABASE"
    delete: str = "DEPRECATE_IN_DATABASE"
    merge_new_columns: bool = False
    inherit: bool = False
    new_folders_only: bool = False


@dataclass
class Findings:
    """What a crawl did and saw."""

    tables_created: int = 0
    tables_updated: int = 0
    tables_deleted: int = 0
    partitions_added: int = 0
    partitions_updated: int = 0
    partitions_deleted: int = 0
    conflicts: list[str] = field(default_factory=list)


@dataclass
class TableCrawl:
    """The crawl of one table.

    Attributes
    ----------
    seen
        Fingerprints of folders by location, from the crawl before; brought up to date.
    stop
        Set when somebody stops the crawler.
    report
        Takes one line of the log.
    """

    s3: Any
    glue: Any
    database: str
    table: dict[str, Any]
    policy: Policy
    seen: dict[str, str]
    findings: Findings
    stop: threading.Event
    report: Callable[[str], None]
    _is_updated: bool = field(default=False, init=False)

    def run(self) -> None:
        """List the table's location, look at new and changed folders, write what has changed.

        Raises
        ------
        CrawlStoppedError
            Somebody stopped the crawler; what is written so far is consistent.
        """
        name = self.table["Name"]
        if str(self.table.get("Parameters", {}).get("table_type", "")).upper() == "ICEBERG":
            self.report(f"INFO : Table {name} is an Iceberg table and keeps its own schema")
            return
        bucket, prefix = split_location(self.table["StorageDescriptor"]["Location"])
        folders = group_by_folder(list_files(self.s3, bucket, prefix), prefix)
        if self._is_deprecated(bucket, folders):
            return
        registered = self._registered_partitions()
        keys = [key["Name"].lower() for key in self.table.get("PartitionKeys") or []]
        fitting = [folder for folder in folders if self._fits(folder, keys)]
        changed = [folder for folder in fitting if self._is_changed(bucket, folder, registered)]
        schemas = self._read_schemas(bucket, changed)
        self._add_columns(schemas)
        self._write_partitions(bucket, changed, schemas, registered, keys)
        self._drop_partitions(bucket, fitting, registered)
        for folder in changed:
            self.seen[f"s3://{bucket}/{folder.path}"] = folder.fingerprint

    def _is_deprecated(self, bucket: str, folders: list[Folder]) -> bool:
        """Compare the table with the newest file; deprecate it if they cannot be reconciled.

        LOG leaves the table alone and adds partitions all the same: "New tables and partitions are
        always created regardless of the SchemaChangePolicy" (CloudFormation's reference).
        """
        if self.policy.update != "UPDATE_IN_DATABASE" or not folders:
            return False
        newest = max((file for folder in folders for file in folder.files), key=lambda f: f.key)
        changes = changed_parameters(self.table, format_of(self.s3, bucket, newest))
        if not changes:
            return False
        table = table_input_of(self.table)
        if self.policy.merge_new_columns:
            for change in changes:
                self.report(f"WARN : {change.refusal(self.table['Name'])}")
            table["Parameters"] = {**table.get("Parameters", {}), **deprecation()}
        else:
            found = {change.name: change.found for change in changes}
            table["Parameters"] = {**table.get("Parameters", {}), **found}
        self._update_table(table)
        return self.policy.merge_new_columns

    def _update_table(self, table: dict[str, Any]) -> None:
        self.glue.update_table(DatabaseName=self.database, TableInput=table)
        self.table = table
        self.findings.tables_updated += not self._is_updated
        self._is_updated = True

    def _registered_partitions(self) -> dict[tuple[str, ...], dict[str, Any]]:
        if not self.table.get("PartitionKeys"):
            return {}
        pages = self.glue.get_paginator("get_partitions").paginate(
            DatabaseName=self.database, TableName=self.table["Name"]
        )
        return {tuple(entry["Values"]): entry for page in pages for entry in page["Partitions"]}

    def _fits(self, folder: Folder, keys: list[str]) -> bool:
        if [name for name, _ in folder.partition] == keys:
            return True
        self.report(
            f"WARN : Folder {folder.path} does not fit the partition keys {keys} of table "
            f"{self.table['Name']} and is left out"
        )
        return False

    def _is_changed(
        self, bucket: str, folder: Folder, registered: dict[tuple[str, ...], dict[str, Any]]
    ) -> bool:
        known = not folder.partition or _values(folder) in registered
        if known and self.policy.new_folders_only:
            return False
        return not known or self.seen.get(f"s3://{bucket}/{folder.path}") != folder.fingerprint

    def _read_schemas(self, bucket: str, folders: list[Folder]) -> dict[str, list[Column]]:
        """Return the columns of each folder; files that cannot be read are reported."""
        sample = [
            (folder.path, file)
            for folder in folders
            for file in sorted(folder.files, key=lambda f: f.key)[-FILES_READ_PER_FOLDER:]
        ]
        schemas: dict[str, list[Column]] = {folder.path: [] for folder in folders}
        with ThreadPoolExecutor(READERS, thread_name_prefix="crawler") as pool:
            for (path, file), columns in zip(
                sample, pool.map(lambda item: self._read(bucket, item[1]), sample), strict=True
            ):
                known = {column.name for column in schemas[path]}
                schemas[path] += [column for column in columns if column.name not in known]
                self._report_conflicts(file, columns)
        return schemas

    def _read(self, bucket: str, file: DataFile) -> list[Column]:
        if self.stop.is_set():
            raise CrawlStoppedError
        try:
            return columns_of(read_schema(self.s3, bucket, file))
        except (pa.ArrowInvalid, pa.ArrowIOError, ValueError) as error:
            self.report(f"ERROR : Cannot read s3://{bucket}/{file.key}: {error}")
            return []

    def _report_conflicts(self, file: DataFile, columns: list[Column]) -> None:
        declared = {c["Name"].lower(): c["Type"] for c in self._columns()}
        for column in columns:
            if column.name in declared and not same_type(declared[column.name], column.type):
                conflict = (
                    f"Column {column.name} of table {self.table['Name']} is {column.type} in "
                    f"{file.key} but {declared[column.name]} in the catalog; the table is unchanged"
                )
                if conflict not in self.findings.conflicts:
                    self.findings.conflicts.append(conflict)
                    self.report(f"WARN : {conflict}")

    def _columns(self) -> list[dict[str, str]]:
        columns: list[dict[str, str]] = self.table["StorageDescriptor"].get("Columns") or []
        return columns

    def _add_columns(self, schemas: dict[str, list[Column]]) -> None:
        keys = {key["Name"].lower() for key in self.table.get("PartitionKeys") or []}
        known = keys | {column["Name"].lower() for column in self._columns()}
        added: dict[str, str] = {}
        for columns in schemas.values():
            added |= {c.name: c.type for c in columns if c.name not in known | added.keys()}
        if not added:
            return
        names = ", ".join(f"{name} {kind}" for name, kind in added.items())
        if self.policy.update != "UPDATE_IN_DATABASE":
            self.report(f"INFO : New columns of table {self.table['Name']} not added: {names}")
            return
        table_input = table_input_of(self.table)
        table_input["StorageDescriptor"]["Columns"] += [
            {"Name": name, "Type": kind} for name, kind in added.items()
        ]
        self._update_table(table_input)
        self.report(
            f"INFO : Updated table {self.table['Name']} in database {self.database}, added {names}"
        )

    def _write_partitions(
        self,
        bucket: str,
        changed: list[Folder],
        schemas: dict[str, list[Column]],
        registered: dict[tuple[str, ...], dict[str, Any]],
        keys: list[str],
    ) -> None:
        if not keys:
            return
        new = [folder for folder in changed if _values(folder) not in registered]
        for start in range(0, len(new), PARTITIONS_PER_REQUEST):
            if self.stop.is_set():
                raise CrawlStoppedError
            part = new[start : start + PARTITIONS_PER_REQUEST]
            self.glue.batch_create_partition(
                DatabaseName=self.database,
                TableName=self.table["Name"],
                PartitionInputList=[
                    self._partition_input(bucket, folder, schemas[folder.path]) for folder in part
                ],
            )
            self.findings.partitions_added += len(part)
            values = [list(_values(folder)) for folder in part]
            self.report(
                f"INFO : Created partitions with values {values} for table {self.table['Name']} "
                f"in database {self.database}"
            )
        for folder in changed:
            old = registered.get(_values(folder))
            if old is not None:
                self._update_partition(bucket, folder, schemas[folder.path], old)

    def _partition_input(self, bucket: str, folder: Folder, found: list[Column]) -> dict[str, Any]:
        descriptor = copy.deepcopy(self.table["StorageDescriptor"])
        descriptor["Location"] = f"s3://{bucket}/{folder.path}"
        if not self.policy.inherit and found:
            descriptor["Columns"] = self._partition_columns(found)
        return {"Values": list(_values(folder)), "StorageDescriptor": descriptor}

    def _partition_columns(self, found: list[Column]) -> list[dict[str, str]]:
        """Order a partition's columns like the table's: Athena pairs them by position too."""
        types = {column.name: column.type for column in found}
        return [
            {"Name": column["Name"], "Type": types.get(column["Name"].lower(), column["Type"])}
            for column in self._columns()
        ]

    def _update_partition(
        self, bucket: str, folder: Folder, found: list[Column], old: dict[str, Any]
    ) -> None:
        new = self._partition_input(bucket, folder, found)
        before, after = old["StorageDescriptor"], new["StorageDescriptor"]
        if before.get("Columns") == after["Columns"] and _same_place(
            before.get("Location"), after["Location"]
        ):
            return
        self.glue.update_partition(
            DatabaseName=self.database,
            TableName=self.table["Name"],
            PartitionValueList=list(_values(folder)),
            PartitionInput=new,
        )
        self.findings.partitions_updated += 1

    def _drop_partitions(
        self,
        bucket: str,
        folders: list[Folder],
        registered: dict[tuple[str, ...], dict[str, Any]],
    ) -> None:
        present = {_values(folder) for folder in folders}
        root = f"s3://{bucket}/"
        gone = [
            values
            for values, entry in registered.items()
            if values not in present
            and str(entry["StorageDescriptor"].get("Location", root)).startswith(root)
        ]
        if not gone:
            return
        listed = [list(values) for values in gone]
        if self.policy.delete != "DELETE_FROM_DATABASE":
            self.report(
                f"INFO : Partitions {listed} of table {self.table['Name']} have no files any more "
                f"and are kept ({self.policy.delete})"
            )
            return
        for start in range(0, len(gone), 25):
            self.glue.batch_delete_partition(
                DatabaseName=self.database,
                TableName=self.table["Name"],
                PartitionsToDelete=[{"Values": v} for v in listed[start : start + 25]],
            )
        self.findings.partitions_deleted += len(gone)
        self.report(f"INFO : Deleted partitions {listed} of table {self.table['Name']}")


def _values(folder: Folder) -> tuple[str, ...]:
    return tuple(value for _, value in folder.partition)


def _same_place(one: str | None, other: str) -> bool:
    return (one or "").rstrip("/") == other.rstrip("/")
