"""The Glue catalog's view of staging: which partitions it knows, and how a missing one is added."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import BotoCoreError, ClientError

from ingestion.errors import CrawlIncomplete

_PER_REQUEST = 100
_DEPRECATED = "DEPRECATED_BY_CRAWLER"


@dataclass
class Registered:
    """What was wrong with one table, and is right now.

    Attributes
    ----------
    missing
        Partitions that have files and were not in the catalog.
    outdated
        Partitions that had other columns than their table.
    is_deprecated
        Whether a crawler has marked the table as one that it no longer updates.
    """

    table: str
    missing: list[str] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)
    is_deprecated: bool = False


class StagingCatalog:
    """The staging tables in Glue, and their folders in S3.

    Parameters
    ----------
    glue, s3
        Clients of boto3.
    database
        Name of the staging database.
    bucket
        The data bucket.
    """

    def __init__(self, glue: Any, s3: Any, database: str, bucket: str) -> None:
        self._glue, self._s3 = glue, s3
        self._database, self._bucket = database, bucket

    def reconcile(self, written: Mapping[str, Sequence[str]]) -> list[Registered]:
        """Register what lies in staging and is not in the catalog.

        Parameters
        ----------
        written
            The partitions that the run wrote, by table: their tables must exist.

        Returns
        -------
        list
            The tables in which something was changed or that are deprecated.

        Raises
        ------
        CrawlIncomplete
            A table is missing, or Glue refused; the text has the reason.
        """
        try:
            tables = self._tables()
            if unknown := sorted(name for name in written if written[name] and name not in tables):
                raise CrawlIncomplete(
                    f"The run wrote partitions of {', '.join(unknown)}, which the database "
                    f"{self._database} does not have. Deploy the stack again, then redrive."
                )
            found = [
                self._reconcile(table, written.get(name, ())) for name, table in tables.items()
            ]
        except (ClientError, BotoCoreError) as error:
            raise CrawlIncomplete(
                f"Could not compare the partitions of {self._database} with staging: {error}. "
                "Check the function's role and Glue, then redrive."
            ) from error
        return [entry for entry in found if entry.missing or entry.outdated or entry.is_deprecated]

    def _tables(self) -> dict[str, dict[str, Any]]:
        """Return the partitioned tables of the data bucket by name."""
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=self._database)
        return {
            table["Name"]: table
            for page in pages
            for table in page["TableList"]
            if table.get("PartitionKeys")
            and table["StorageDescriptor"]["Location"].startswith(f"s3://{self._bucket}/staging/")
        }

    def _reconcile(self, table: dict[str, Any], written: Sequence[str]) -> Registered:
        found = Registered(table["Name"], is_deprecated=_DEPRECATED in table.get("Parameters", {}))
        columns = _typed(table)
        known = {entry["Values"][0]: entry for entry in self._partitions(table["Name"])}
        folders = self._folders(table)
        found.missing = sorted(set(folders) - set(known))
        found.outdated = sorted(
            value for value, entry in known.items() if value in folders and _typed(entry) != columns
        )
        if lost := sorted(set(written) - set(folders) - set(known)):
            raise CrawlIncomplete(
                f"The run wrote the partitions {', '.join(lost)} of {table['Name']}, but "
                f"{table['StorageDescriptor']['Location']} has no such folder. Start a new night "
                "for the same as_of."
            )
        self._create(table, {value: folders[value] for value in found.missing})
        self._update(table, {value: known[value] for value in found.outdated})
        return found

    def _partitions(self, table: str) -> Iterator[dict[str, Any]]:
        pages = self._glue.get_paginator("get_partitions").paginate(
            DatabaseName=self._database, TableName=table
        )
        for page in pages:
            yield from page["Partitions"]

    def _folders(self, table: dict[str, Any]) -> dict[str, str]:
        """Return the location of each partition that has files, by its value."""
        prefix = table["StorageDescriptor"]["Location"].partition(f"s3://{self._bucket}/")[2]
        prefix = f"{prefix.rstrip('/')}/"
        key = table["PartitionKeys"][0]["Name"]
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{prefix}{key}=", Delimiter="/"
        )
        names = (item["Prefix"] for page in pages for item in page.get("CommonPrefixes", []))
        return {
            unquote(name.removeprefix(f"{prefix}{key}=").rstrip("/")): f"s3://{self._bucket}/{name}"
            for name in names
        }

    def _create(self, table: dict[str, Any], locations: Mapping[str, str]) -> None:
        inputs = iter(
            {
                "Values": [value],
                "StorageDescriptor": {**table["StorageDescriptor"], "Location": location},
            }
            for value, location in locations.items()
        )
        while batch := list(islice(inputs, _PER_REQUEST)):
            answer = self._glue.batch_create_partition(
                DatabaseName=self._database, TableName=table["Name"], PartitionInputList=batch
            )
            _refuse(table["Name"], answer, "PartitionValues", tolerated="AlreadyExistsException")

    def _update(self, table: dict[str, Any], known: Mapping[str, dict[str, Any]]) -> None:
        entries = iter(
            {
                "PartitionValueList": [value],
                "PartitionInput": {
                    "Values": [value],
                    "Parameters": entry.get("Parameters", {}),
                    "StorageDescriptor": {
                        **entry["StorageDescriptor"],
                        "Columns": table["StorageDescriptor"]["Columns"],
                    },
                },
            }
            for value, entry in known.items()
        )
        while batch := list(islice(entries, _PER_REQUEST)):
            answer = self._glue.batch_update_partition(
                DatabaseName=self._database, TableName=table["Name"], Entries=batch
            )
            _refuse(table["Name"], answer, "PartitionValueList")


def _typed(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """Return names and types of the columns of a table or a partition."""
    return [(item["Name"], item["Type"]) for item in entry["StorageDescriptor"]["Columns"]]


def _refuse(table: str, answer: dict[str, Any], values: str, tolerated: str = "") -> None:
    """Raise the reasons for which Glue left partitions out of a batch."""
    refused = [
        f"{','.join(error[values])}: {error['ErrorDetail'].get('ErrorMessage', '')}"
        for error in answer.get("Errors", [])
        if error["ErrorDetail"].get("ErrorCode") != tolerated
    ]
    if refused:
        raise CrawlIncomplete(
            f"Glue did not register {len(refused)} partitions of {table}: {'; '.join(refused[:3])}."
        )
