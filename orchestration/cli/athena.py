"""Sends one SQL statement to Athena and brings its rows."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.infrastructure import stack

_FIRST_POLL_SECONDS = 0.05
_LONGEST_POLL_SECONDS = 1.0

Row = list[str | None]
"""Cells as Athena writes them; None is NULL."""


@dataclass
class Statement:
    """A statement that succeeded; its rows come page by page, once."""

    columns: list[str]
    types: list[str]
    """Athena's type of each column, such as ``bigint`` or ``decimal``."""
    rows: Iterator[Row]
    scanned_bytes: int
    seconds: float
    is_select: bool = True
    """Otherwise its rows are lines of text: a plan, a definition, a list of names."""


@dataclass(frozen=True)
class Result:
    """Rows of a statement, read."""

    columns: list[str]
    rows: list[Row] = field(repr=False)


def query(
    cloud: Cloud, sql: str, *, limit: int | None = None, database: str | None = None
) -> Result:
    """Run ``sql`` and return its rows.

    Parameters
    ----------
    cloud
        The AWS that runs it.
    sql
        One statement.
    limit
        Return no more rows than these. None: all.
    database
        Database of the names without one. None: the stack's marts.

    Raises
    ------
    PipelineError
        Athena refused the statement or it failed; the text has Athena's reason.
    """
    statement = execute(cloud, sql, database=database)
    return Result(statement.columns, list(itertools.islice(statement.rows, limit)))


def execute(cloud: Cloud, sql: str, *, database: str | None = None) -> Statement:
    """Run ``sql`` and return when it has succeeded; arguments and errors as of `query`."""
    client = cloud.client("athena")
    context = {
        "Catalog": "AwsDataCatalog",
        "Database": database or stack.databases(cloud).analytics,
    }
    try:
        query_id = client.start_query_execution(
            QueryString=sql,
            WorkGroup=cloud.settings.workgroup,
            QueryExecutionContext=context,
        )["QueryExecutionId"]
    except ClientError as error:
        raise PipelineError(
            f"Athena did not take the query: {error.response['Error']['Message']}"
        ) from None
    execution = _wait(client, query_id)
    pages = client.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
    first, pages = _peek(pages)
    described = first.get("ResultSetMetadata", {}).get("ColumnInfo", [])
    columns = [column["Name"] for column in described]
    is_select = execution.get("StatementType") == "DML"
    statistics = execution.get("Statistics", {})
    return Statement(
        columns=columns,
        types=[str(column["Type"]) for column in described],
        rows=_rows(pages, columns, is_select=is_select),
        scanned_bytes=int(statistics.get("DataScannedInBytes", 0)),
        seconds=int(statistics.get("TotalExecutionTimeInMillis", 0)) / 1000,
        is_select=is_select,
    )


def _wait(client: Any, query_id: str) -> dict[str, Any]:
    poll = _FIRST_POLL_SECONDS
    while True:
        execution: dict[str, Any] = client.get_query_execution(QueryExecutionId=query_id)[
            "QueryExecution"
        ]
        state = execution["Status"]["State"]
        if state == "SUCCEEDED":
            return execution
        if state in {"FAILED", "CANCELLED"}:
            reason = execution["Status"].get("StateChangeReason", state)
            raise PipelineError(f"The query failed: {reason}")
        time.sleep(poll)
        poll = min(poll * 1.5, _LONGEST_POLL_SECONDS)


def _peek(pages: Any) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    results = (page["ResultSet"] for page in pages)
    first: dict[str, Any] = next(results, {})
    return first, itertools.chain([first], results)


def _rows(pages: Iterator[dict[str, Any]], columns: list[str], *, is_select: bool) -> Iterator[Row]:
    for number, page in enumerate(pages):
        cells = [[cell.get("VarCharValue") for cell in row["Data"]] for row in page.get("Rows", [])]
        # The first row of a SELECT repeats the column names; DDL's results have no such row.
        yield from cells[1:] if number == 0 and is_select and cells[:1] == [columns] else cells
