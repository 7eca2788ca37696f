"""The API's operations on query executions and their results."""

from typing import Any

from moto.athena.responses import AthenaResponse

from localaws.athena.api.errors import Handler, operation, paged
from localaws.athena.errors import InvalidRequestError
from localaws.athena.execution import QueryExecution
from localaws.athena.executions.by_region import service_of
from localaws.athena.executions.service import AthenaService, Request
from localaws.athena.results.pages import MAX_ROWS_PER_PAGE, page

_PRIMARY = "primary"
_PATIENCE_SECONDS = 0.5


def _required(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    if not value:
        raise InvalidRequestError(
            f"1 validation error detected: Value at '{key[0].lower()}{key[1:]}' failed to satisfy "
            "constraint: Member must not be null"
        )
    return str(value)


@operation
def start_query_execution(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Start a query."""
    context = body.get("QueryExecutionContext") or {}
    reuse = (body.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration") or {}
    request = Request(
        query=_required(body, "QueryString"),
        workgroup=body.get("WorkGroup") or _PRIMARY,
        catalog=context.get("Catalog"),
        database=context.get("Database"),
        result_configuration=body.get("ResultConfiguration") or {},
        parameters=tuple(body.get("ExecutionParameters") or ()),
        reuse_max_age_minutes=int(reuse.get("MaxAgeInMinutes", 60))
        if reuse.get("Enabled")
        else None,
        token=body.get("ClientRequestToken"),
    )
    return {"QueryExecutionId": service_of(response).start(request)}


@operation
def stop_query_execution(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Stop a query."""
    service_of(response).stop(_required(body, "QueryExecutionId"))
    return {}


@operation
def get_query_execution(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Show one execution; while it runs the answer takes a moment, as from a busy service.

    Every client asks in a loop. A loop that is answered when the query ends is done earlier, and
    asks a tenth as often: with eight threads of dbt that was a third of the server's work.
    """
    execution = service_of(response).awaited_execution(
        _required(body, "QueryExecutionId"), _PATIENCE_SECONDS
    )
    return {"QueryExecution": execution.as_dict()}


@operation
def batch_get_query_execution(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Show several executions."""
    service = service_of(response)
    found: list[dict[str, Any]] = []
    missing: list[dict[str, str]] = []
    for identity in body.get("QueryExecutionIds") or []:
        try:
            found.append(service.execution(identity).as_dict())
        except InvalidRequestError as error:
            missing.append(
                {
                    "QueryExecutionId": identity,
                    "ErrorCode": "INVALID_INPUT",
                    "ErrorMessage": error.message,
                }
            )
    return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}


@operation
def list_query_executions(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """List a workgroup's executions, the newest first."""
    workgroup = body.get("WorkGroup") or _PRIMARY
    identities = [
        execution.id
        for execution in reversed(list(service_of(response).backend.executions.values()))
        if isinstance(execution, QueryExecution) and execution.workgroup == workgroup
    ]
    found, more = paged(identities, body, 50)
    return {"QueryExecutionIds": found, **more}


def _finished(service: AthenaService, body: dict[str, Any]) -> QueryExecution:
    execution = service.execution(_required(body, "QueryExecutionId"))
    if not execution.is_final:
        raise InvalidRequestError(
            f"Query has not yet finished. Current state: {execution.state}",
            "INVALID_QUERY_EXECUTION_STATE",
        )
    if execution.state != "SUCCEEDED":
        raise InvalidRequestError(
            f"Query did not finish successfully. Final query state: {execution.state}",
            "INVALID_QUERY_EXECUTION_STATE",
        )
    return execution


@operation
def get_query_results(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Return one page of a result."""
    service = service_of(response)
    execution = _finished(service, body)
    max_rows = int(body.get("MaxResults") or MAX_ROWS_PER_PAGE)
    if not 1 <= max_rows <= MAX_ROWS_PER_PAGE:
        raise InvalidRequestError(
            f"MaxResults is more than maximum allowed length {MAX_ROWS_PER_PAGE}"
        )
    service.require_readable(execution)
    rows, token = page(service.objects, execution, body.get("NextToken"), max_rows)
    result: dict[str, Any] = {
        "UpdateCount": execution.update_count or 0,
        "ResultSet": {"Rows": rows, "ResultSetMetadata": {"ColumnInfo": execution.columns}},
    }
    if token is not None:
        result["NextToken"] = token
    return result


@operation
def get_query_runtime_statistics(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Return what a query read and wrote."""
    execution = service_of(response).execution(_required(body, "QueryExecutionId"))
    spent = execution.statistics
    rows = {
        "InputRows": spent.rows_in,
        "InputBytes": spent.bytes_scanned,
        "OutputRows": spent.rows_out,
        "OutputBytes": spent.bytes_written,
    }
    shown = execution.as_dict()["Statistics"]
    timeline = {key: value for key, value in shown.items() if key.endswith("InMillis")}
    stage = {
        "StageId": 0,
        "State": "FINISHED" if execution.is_final else "RUNNING",
        "ExecutionTime": spent.engine_ms,
        **rows,
    }
    return {"QueryRuntimeStatistics": {"Timeline": timeline, "Rows": rows, "OutputStage": stage}}


OPERATIONS: dict[str, Handler] = {
    "start_query_execution": start_query_execution,
    "stop_query_execution": stop_query_execution,
    "get_query_execution": get_query_execution,
    "batch_get_query_execution": batch_get_query_execution,
    "list_query_executions": list_query_executions,
    "get_query_results": get_query_results,
    "get_query_runtime_statistics": get_query_runtime_statistics,
}
