"""Prints the stack's tables with their row counts, and separately the rows that tests stored."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orchestration.cli import athena
from orchestration.cli.screen import Screen, grid
from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.infrastructure import stack

_MANIFEST_KEY = "artifacts/dbt/latest/manifest.json"


@dataclass(frozen=True)
class _Found:
    """A table of the catalog."""

    database: str
    name: str
    created_at: datetime | None

    @property
    def full_name(self) -> str:
        return f"{self.database}.{self.name}"


def show(screen: Screen, cloud: Cloud) -> None:
    """Print how many rows each table of staging and marts has, and which tests stored rows."""
    names = stack.databases(cloud)
    tests = _names_of_tests(cloud)
    tables: list[_Found] = []
    kept: list[_Found] = []
    for found in _tables(cloud, (names.staging, names.analytics)):
        is_kept = found.database == names.analytics and found.name in tests
        (kept if is_kept else tables).append(found)
    try:
        counts = _counts(cloud, [*tables, *kept])
    except PipelineError as error:
        screen.line(f"The rows of the tables could not be counted. {error}")
        counts = {}
    screen.table(
        grid(
            ["table", "rows"],
            ([it.full_name, _figure(counts, it)] for it in _sorted(tables)),
            right=[1],
        )
    )
    if kept:
        screen.line(
            "\nRows that failed a test earlier, kept for inspection, not part of the marts:"
        )
        for found in _sorted(kept):
            at = f", {found.created_at:%Y-%m-%d %H:%M} UTC" if found.created_at else ""
            screen.line(f"  {found.full_name}: {_figure(counts, found) or '?'} rows{at}")


def _names_of_tests(cloud: Cloud) -> set[str]:
    """Return the names under which the tests of the last good build store failing rows."""
    nodes: dict[str, Any] = cloud.read_json(_MANIFEST_KEY).get("nodes", {})
    return {
        str(node.get("alias") or node["name"])
        for node in nodes.values()
        if node.get("resource_type") == "test"
    }


def _tables(cloud: Cloud, databases: Iterable[str]) -> Iterator[_Found]:
    for database in databases:
        pages = cloud.client("glue").get_paginator("get_tables").paginate(DatabaseName=database)
        for page in pages:
            for table in page["TableList"]:
                if table.get("TableType") != "VIRTUAL_VIEW":
                    yield _Found(database, table["Name"], _utc(table.get("CreateTime")))


def _utc(moment: object) -> datetime | None:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else None


def _counts(cloud: Cloud, tables: list[_Found]) -> dict[str, int]:
    if not tables:
        return {}
    # One statement for all of them: starting a statement costs more than counting.
    sql = " union all ".join(
        f'select \'{table.full_name}\', count(*) from "{table.database}"."{table.name}"'  # noqa: S608
        for table in tables
    )
    return {str(name): int(str(rows)) for name, rows in athena.query(cloud, sql).rows}


def _figure(counts: dict[str, int], table: _Found) -> str:
    rows = counts.get(table.full_name)
    return "" if rows is None else f"{rows:,}"


def _sorted(tables: list[_Found]) -> list[_Found]:
    return sorted(tables, key=lambda table: table.full_name)
