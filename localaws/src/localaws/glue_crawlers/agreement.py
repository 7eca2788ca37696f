"""Whether a table's properties are those that a crawler finds in its files.

A crawler that only adds columns refuses a table whose ``classification`` or ``compressionType``
differs, absent ones included: it logs a warning, marks the table as deprecated, registers no
partition and ends as SUCCEEDED. Seen on declared tables, with these words, in
aws-solutions-library-samples/cloud-intelligence-dashboards-data-collection #462 and #463.
"""

import copy
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from localaws.glue_crawlers.files import FileFormat

_NOT_OF_TABLE_INPUT = (
    *("DatabaseName", "CreateTime", "UpdateTime", "CreatedBy", "VersionId", "CatalogId"),
    *("IsRegisteredWithLakeFormation", "FederatedTable", "IsMultiDialectView", "Status"),
)


@dataclass(frozen=True)
class Change:
    """A property of a table that its files do not have."""

    name: str
    existing: str | None
    found: str

    def refusal(self, table: str) -> str:
        """Return the crawler's warning."""
        existing = "null" if self.existing is None else self.existing
        return (
            f"Cannot merge new columns into the table {table} as defined in the Data Catalog "
            f"because the parameter '{self.name}' has changed. The existing value is '{existing}', "
            f"and the crawled value is '{self.found}'. Either remove the table or resolve the "
            "inconsistent parameter value."
        )


def changed_parameters(table: Mapping[str, Any], found: FileFormat | None) -> list[Change]:
    """Return the properties that differ; none if the files' format is unknown."""
    if found is None:
        return []
    existing = table.get("Parameters") or {}
    crawled = {"classification": found.classification, "compressionType": found.compression}
    return [
        Change(name, existing.get(name), value)
        for name, value in crawled.items()
        if value is not None and existing.get(name) != value
    ]


def deprecation() -> dict[str, str]:
    """Return the mark of a deprecated table: the time, in milliseconds."""
    return {"DEPRECATED_BY_CRAWLER": str(int(time.time() * 1000))}


def table_input_of(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return what UpdateTable takes of a table that GetTable has shown."""
    return {k: copy.deepcopy(v) for k, v in table.items() if k not in _NOT_OF_TABLE_INPUT}
