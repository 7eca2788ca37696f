"""Sends one SQL statement to Athena and returns its rows."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from tenacity import Retrying, retry_if_result, wait_exponential

from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.infrastructure import stack

_FIRST_POLL_SECONDS = 0.05
_LONGEST_POLL_SECONDS = 1.0
_ENDED = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})

Row = list[str | None]
"""Cells as Athena writes them; None is NULL."""


@dataclass
class Statement:
    """A statement that succeeded; its rows can be read once, page by page."""

    columns: list[str]
    types: list[str]
    """Athena's type of each column, such as ``bigint`` or ``decimal``."""
    rows: Iterator[Row]
    scanned_bytes: int
    seconds: float
    is_select: bool = True
    """If not, its rows are lines of text: a plan, a definition, a list of names."""


@dataclass(frozen=True)
class Result:
    """Rows of a statement, read into memory."""

    columns: list[str]
    rows: list[Row] = field(repr=False)


def query(
    cloud: Cloud, sql: str, *, limit: int | None = None, database: str | None = None
) -> Result:
    """Run ``sql`` and return its rows.

    Parameters
    ----------
    cloud
        The AWS whose Athena runs it.
    sql
        One statement.
    limit
        Most rows to return. None: all.
    database
        Database of table names that have none. None: the database of the marts.

    Raises
    ------
    PipelineError
        Athena rejected the statement or it failed; the text has Athena's reason.
    """
    statement = execute(cloud, sql, database=database)
    return Result(statement.columns, list(itertools.islice(statement.rows, limit)))


def execute(cloud: Cloud, sql: str, *, database: str | None = None) -> Statement:
    """Run ``sql`` and return when it has succeeded; arguments and errors as for `query`."""
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
            f"Athena rejected the query: {error.response['Error']['Message']}"
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
    until_ended = Retrying(
        retry=retry_if_result(lambda execution: execution["Status"]["State"] not in _ENDED),
        wait=wait_exponential(_FIRST_POLL_SECONDS, _LONGEST_POLL_SECONDS, exp_base=1.5),
    )
    execution: dict[str, Any] = until_ended(
        lambda: client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
    )
    status = execution["Status"]
    if status["State"] != "SUCCEEDED":
        reason = status.get("StateChangeReason", status["State"])
        raise PipelineError(f"The query failed: {reason}")
    return execution


def _peek(pages: Any) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    results = (page["ResultSet"] for page in pages)
    first: dict[str, Any] = next(results, {})
    return first, itertools.chain([first], results)


def _rows(pages: Iterator[dict[str, Any]], columns: list[str], *, is_select: bool) -> Iterator[Row]:
    for number, page in enumerate(pages):
        cells = [[cell.get("VarCharValue") for cell in row["Data"]] for row in page.get("Rows", [])]
        # The first row of a SELECT repeats the column names; DDL's results have no such row.
        yield from cells[1:] if number == 0 and is_select and cells[:1] == [columns] else cells
