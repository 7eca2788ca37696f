"""Names and values that statements consist of."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

PropertyValue = str | int | float | bool | list[str]


@dataclass(frozen=True)
class Name:
    """A table's or view's name, lower-case; parts that were not typed are None."""

    table: str
    database: str | None = None
    catalog: str | None = None

    def completed(self, database: str, catalog: str) -> "Name":
        """Return the name with the parts that were not typed filled in."""
        return replace(self, database=self.database or database, catalog=self.catalog or catalog)


@dataclass(frozen=True)
class Column:
    """A column of a DDL statement, with its Hive type."""

    name: str
    type: str
    comment: str | None = None


@dataclass(frozen=True)
class PartitionSpec:
    """``(key = value, …)`` with an optional location."""

    values: Mapping[str, str]
    location: str | None = None
