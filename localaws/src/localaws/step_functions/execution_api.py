"""The API of executions: names, history in pages, stop with a reason, redrive, saved state."""

import datetime as dt
import json
import uuid
from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.stepfunctions.exceptions import InvalidExecutionInput
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.eval.evaluation_details import EvaluationDetails
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.models import (
    StepFunctionsParserBackend,
    stepfunctions_parser_backends,
)
from moto.stepfunctions.responses import StepFunctionResponse

from localaws.context import ServerContext
from localaws.step_functions import limits
from localaws.step_functions.redrive import find_redrive_point, is_redrivable
from localaws.step_functions.worker import ExecutionCommunication, LocalExecutionWorker

HISTORY_PAGE = 100
"""What GetExecutionHistory gives unless asked for more; 1,000 is the most."""
MAXIMUM_HISTORY_PAGE = 1000
_LOST = (
    "The localaws server ended while this execution was running. Redrive it, or start a new one."
)


class ExecutionNotRedrivable(AWSError):  # noqa: N818 - AWS's name
    """Only an execution that failed, timed out or was stopped can be redriven."""

    TYPE = "ExecutionNotRedrivable"


def history_of(execution: Execution) -> list[dict[str, Any]]:
    """Return all events of an execution, also of one from before a restart of the server."""
    worker = execution.exec_worker
    if worker is not None and worker.env is not None:
        return list(worker.env.event_manager.get_event_history())
    return list(getattr(execution, "saved_history", []))


def _state(execution: Execution) -> dict[str, Any]:
    """Leave out the threads: what a saved execution keeps is its history."""
    return {
        **execution.__dict__,
        "exec_worker": None,
        "saved_history": history_of(execution),
    }


def _worker(execution: Execution, redrive: bool) -> LocalExecutionWorker:
    definition = execution.state_machine.definition
    details = execution.get_start_execution_details()
    # moto puts a datetime here, whose text in $$.Execution.StartTime is not Step Functions'.
    details.start_time = iso_8601_datetime_with_milliseconds(execution.start_date)
    point = find_redrive_point(definition, history_of(execution)) if redrive else None
    return LocalExecutionWorker(
        execution=execution,
        redrive_from=point,
        evaluation_details=_evaluation_details(execution, details),
        exec_comm=ExecutionCommunication(execution),
        cloud_watch_logging_session=execution._cloud_watch_logging_session,
        activity_store=execution._activity_store,
    )


def _evaluation_details(execution: Execution, details: Any) -> Any:
    return EvaluationDetails(
        aws_execution_details=execution._get_start_aws_execution_details(),
        execution_details=details,
        state_machine_details=execution.get_start_state_machine_details(),
    )


def why_not_redrivable(execution: Execution) -> str | None:
    """Return why an execution cannot be redriven, None if it can."""
    if not is_redrivable(execution.status):
        return f"Execution {execution.execution_arn} is {execution.status} and cannot be redriven"
    return limits.why_not_redrivable(len(history_of(execution)), execution.stop_date)


def redrive(execution: Execution) -> dt.datetime:
    """Go on with an unsuccessful execution at the state that failed.

    Raises
    ------
    ExecutionNotRedrivable
        It runs or has succeeded, its history is full, or it ended more than 14 days ago.
    """
    if reason := why_not_redrivable(execution):
        raise ExecutionNotRedrivable(reason)
    worker = _worker(execution, redrive=True)
    execution.redrive_count = getattr(execution, "redrive_count", 0) + 1
    execution.redrive_date = dt.datetime.now(tz=dt.UTC)
    execution.error = execution.cause = execution.stop_date = execution.output = None
    execution.exec_worker = worker
    execution.exec_status = ExecutionStatus.RUNNING
    worker.start()
    return execution.redrive_date


def describe(execution: Execution) -> dict[str, Any]:
    """Return an execution in the shape of DescribeExecution."""
    status, reason = execution.status, why_not_redrivable(execution)
    optional = {
        "stopDate": execution.stop_date,
        "error": execution.error,
        "cause": execution.cause,
        "redriveDate": getattr(execution, "redrive_date", None),
    }
    description = {
        "executionArn": execution.execution_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": status,
        "startDate": execution.start_date,
        "input": execution.execution_input,
        "inputDetails": {"included": True},
        "redriveCount": getattr(execution, "redrive_count", 0),
        "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
        **{name: value for name, value in optional.items() if value is not None},
    }
    if reason:
        description["redriveStatusReason"] = reason
    if status == "SUCCEEDED":
        output = execution.output
        description["output"] = (
            output if isinstance(output, str) and _is_json(output) else json.dumps(output)
        )
        description["outputDetails"] = {"included": True}
    return description


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def page_of_history(
    events: list[dict[str, Any]],
    *,
    reverse: bool,
    limit: int | None,
    token: str | None,
    with_data: bool,
) -> dict[str, Any]:
    """Cut one page out of a history.

    Parameters
    ----------
    token
        What the page before gave as ``nextToken``.
    with_data
        False leaves out inputs and outputs.
    """
    ordered = list(reversed(events)) if reverse else events
    start = int(token or 0)
    end = start + min(limit or HISTORY_PAGE, MAXIMUM_HISTORY_PAGE)
    page = ordered[start:end]
    answer: dict[str, Any] = {"events": page if with_data else [_without_data(e) for e in page]}
    if end < len(ordered):
        answer["nextToken"] = str(end)
    return answer


def _without_data(event: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {k: v for k, v in value.items() if k not in {"input", "output"}}
        if isinstance(value, dict)
        else value
        for name, value in event.items()
    }


def fail_lost_executions() -> None:
    """Mark what a killed server left running; it can be redriven."""
    for account in stepfunctions_parser_backends.values():
        for backend in account.values():
            for machine in backend.state_machines:
                for execution in machine.executions:
                    if execution.status == "RUNNING" and execution.exec_worker is None:
                        execution.error, execution.cause = "States.Runtime", _LOST
                        execution.stop_date = dt.datetime.now(tz=dt.UTC)
                        execution.exec_status = ExecutionStatus.FAILED


def _stop(execution: Execution, error: str | None, cause: str | None) -> dt.datetime:
    now = dt.datetime.now(tz=dt.UTC)
    if execution.exec_worker is not None and execution.status == "RUNNING":
        execution.exec_worker.stop(stop_date=now, error=error, cause=cause)
        execution.exec_worker.join(timeout=5)
    return execution.stop_date or now


_moto_start_execution = StepFunctionsParserBackend.start_execution


def _start(
    backend: Any,
    state_machine_arn: str,
    name: str | None = None,
    execution_input: str | None = None,
    trace_header: Any = None,
) -> Execution:
    if name is not None:
        limits.check_name(name)
    limits.check_input(execution_input or "{}")
    try:
        json.loads(execution_input or "{}")
    except ValueError as error:
        raise InvalidExecutionInput(f"Invalid State Machine Execution Input: '{error}'") from error
    return _moto_start_execution(
        backend, state_machine_arn, name or str(uuid.uuid4()), execution_input, trace_header
    )


def _describe_execution(response: StepFunctionResponse) -> ActionResult:
    arn = response._get_param("executionArn")
    return ActionResult(describe(response.stepfunction_backend.describe_execution(arn)))


def _get_execution_history(response: StepFunctionResponse) -> ActionResult:
    arn = response._get_param("executionArn")
    execution = response.stepfunction_backend.describe_execution(arn)
    return ActionResult(
        page_of_history(
            history_of(execution),
            reverse=bool(response._get_param("reverseOrder")),
            limit=response._get_int_param("maxResults"),
            token=response._get_param("nextToken"),
            with_data=response._get_param("includeExecutionData") is not False,
        )
    )


def _stop_execution(response: StepFunctionResponse) -> ActionResult:
    arn = response._get_param("executionArn")
    execution = response.stepfunction_backend.describe_execution(arn)
    stopped = _stop(execution, response._get_param("error"), response._get_param("cause"))
    return ActionResult({"stopDate": stopped})


def _redrive_execution(response: StepFunctionResponse) -> ActionResult:
    arn = response._get_param("executionArn")
    execution = response.stepfunction_backend.describe_execution(arn)
    return ActionResult({"redriveDate": redrive(execution)})


def install(context: ServerContext) -> None:
    """Serve the API of executions from here."""
    StepFunctionsParserBackend.start_execution = _start
    Execution._get_start_execution_worker = lambda execution: _worker(execution, redrive=False)
    Execution.__getstate__ = _state
    StepFunctionResponse.describe_execution = _describe_execution
    StepFunctionResponse.get_execution_history = _get_execution_history
    StepFunctionResponse.stop_execution = _stop_execution
    StepFunctionResponse.redrive_execution = _redrive_execution
    context.on_start(fail_lost_executions)
