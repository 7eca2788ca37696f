"""Sends one SQL statement to Athena and brings its rows."""

import time
from dataclasses import dataclass

from botocore.exceptions import ClientError

from orchestration.cloud import Cloud
from orchestration.errors import PipelineError

_FIRST_POLL_SECONDS = 0.05
_LONGEST_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Result:
    """Rows as text, as Athena prints them; None is NULL."""

    columns: list[str]
    rows: list[list[str | None]]
    scanned_bytes: int
    seconds: float


def query(cloud: Cloud, sql: str, *, limit: int = 1000) -> Result:
    """Run ``sql`` in the analytics database and return at most ``limit`` rows.

    Raises
    ------
    PipelineError
        Athena refused the statement or it failed; the text has Athena's reason.
    """
    client = cloud.client("athena")
    try:
        query_id = client.start_query_execution(
            QueryString=sql,
            WorkGroup=cloud.settings.workgroup,
            QueryExecutionContext={"Catalog": "AwsDataCatalog", "Database": "wistia_analytics"},
        )["QueryExecutionId"]
    except ClientError as error:
        raise PipelineError(
            f"Athena did not take the query: {error.response['Error']['Message']}"
        ) from None
    poll = _FIRST_POLL_SECONDS
    while True:
        execution = client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        state = execution["Status"]["State"]
        if state == "SUCCEEDED":
            break
        if state in {"FAILED", "CANCELLED"}:
            reason = execution["Status"].get("StateChangeReason", state)
            raise PipelineError(f"The query failed: {reason}")
        time.sleep(poll)
        poll = min(poll * 1.5, _LONGEST_POLL_SECONDS)
    columns, rows = _rows(cloud, query_id, limit, is_select=execution.get("StatementType") == "DML")
    statistics = execution.get("Statistics", {})
    return Result(
        columns=columns,
        rows=rows,
        scanned_bytes=int(statistics.get("DataScannedInBytes", 0)),
        seconds=int(statistics.get("TotalExecutionTimeInMillis", 0)) / 1000,
    )


def _rows(
    cloud: Cloud, query_id: str, limit: int, *, is_select: bool
) -> tuple[list[str], list[list[str | None]]]:
    columns: list[str] = []
    rows: list[list[str | None]] = []
    pages = (
        cloud.client("athena")
        .get_paginator("get_query_results")
        .paginate(QueryExecutionId=query_id)
    )
    for number, page in enumerate(pages):
        result = page["ResultSet"]
        if number == 0:
            columns = [
                column["Name"]
                for column in result.get("ResultSetMetadata", {}).get("ColumnInfo", [])
            ]
        cells = [[cell.get("VarCharValue") for cell in row["Data"]] for row in result["Rows"]]
        # The first row of a SELECT repeats the column names; DDL's results have no such row.
        rows += cells[1:] if number == 0 and is_select and cells[:1] == [columns] else cells
        if len(rows) >= limit:
            break
    return columns, rows[:limit]
