"""One query execution, from QUEUED to its end."""

import time
from dataclasses import dataclass, field
from typing import Any

from localaws.athena.errors import QueryFailedError

FINAL_STATES = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})


@dataclass
class Statistics:
    """What a query cost: milliseconds and bytes."""

    engine_ms: int = 0
    planning_ms: int = 0
    queue_ms: int = 0
    service_ms: int = 0
    bytes_scanned: int = 0
    bytes_written: int = 0
    rows_in: int = 0
    rows_out: int = 0


@dataclass
class QueryExecution:
    """The record that GetQueryExecution shows. Holds nothing that cannot be pickled.

    Attributes
    ----------
    id
        QueryExecutionId.
    output_location
        Where the result is: the object, not the folder.
    columns
        ColumnInfo of the result.
    is_text
        Whether the result is plain text (DDL) and not CSV.
    reused_from
        The execution whose result this one shows again.
    """

    id: str
    query: str
    type: str
    subtype: str
    workgroup: str
    catalog: str | None
    database: str | None
    result_configuration: dict[str, Any]
    output_location: str | None
    parameters: list[str] | None = None
    reuse_max_age_minutes: int | None = None
    state: str = "QUEUED"
    reason: str | None = None
    error: dict[str, Any] | None = None
    submitted_at: float = field(default_factory=time.time)
    completed_at: float | None = None
    statistics: Statistics = field(default_factory=Statistics)
    columns: list[dict[str, Any]] = field(default_factory=list)
    update_count: int | None = None
    is_text: bool = False
    reused_from: str | None = None

    @property
    def is_final(self) -> bool:
        """Whether the state will not change any more."""
        return self.state in FINAL_STATES

    def start(self) -> None:
        """Leave the queue."""
        self.state = "RUNNING"
        self.statistics.queue_ms = int((time.time() - self.submitted_at) * 1000)

    def succeed(self) -> None:
        """End well."""
        self._end("SUCCEEDED")

    def fail(self, error: QueryFailedError) -> None:
        """End with an error."""
        self.reason, self.error = error.message, error.as_athena_error()
        self._end("FAILED")

    def cancel(self) -> None:
        """End because the user wants it to."""
        self.reason = "Query cancelled by user"
        self._end("CANCELLED")

    def _end(self, state: str) -> None:
        self.completed_at = time.time()
        self.state = state  # last: who polls must see the rest

    def as_dict(self) -> dict[str, Any]:
        """Return the execution as ``QueryExecution`` of the API."""
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.submitted_at}
        if self.reason is not None:
            status["StateChangeReason"] = self.reason
        if self.error is not None:
            status["AthenaError"] = self.error
        if self.completed_at is not None:
            status["CompletionDateTime"] = self.completed_at
        context = {"Database": self.database, "Catalog": self.catalog}
        reuse: dict[str, Any] = {"Enabled": self.reuse_max_age_minutes is not None}
        if self.reuse_max_age_minutes is not None:
            reuse["MaxAgeInMinutes"] = self.reuse_max_age_minutes
        result: dict[str, Any] = {
            "QueryExecutionId": self.id,
            "Query": self.query,
            "StatementType": self.type,
            "ResultConfiguration": self.result_configuration
            | ({"OutputLocation": self.output_location} if self.output_location else {}),
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": reuse},
            "QueryExecutionContext": {k: v.lower() for k, v in context.items() if v},
            "Status": status,
            "Statistics": self._statistics(),
            "WorkGroup": self.workgroup,
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
            "SubstatementType": self.subtype,
        }
        if self.parameters:
            result["ExecutionParameters"] = self.parameters
        return result

    def _statistics(self) -> dict[str, Any]:
        spent = self.statistics
        total = int(((self.completed_at or time.time()) - self.submitted_at) * 1000)
        return {
            "EngineExecutionTimeInMillis": spent.engine_ms,
            "DataScannedInBytes": spent.bytes_scanned,
            "TotalExecutionTimeInMillis": total,
            "QueryQueueTimeInMillis": spent.queue_ms,
            "QueryPlanningTimeInMillis": spent.planning_ms,
            "ServiceProcessingTimeInMillis": spent.service_ms,
            "ServicePreProcessingTimeInMillis": 0,
            "ResultReuseInformation": {"ReusedPreviousResult": self.reused_from is not None},
        }
