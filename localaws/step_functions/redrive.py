"""RedriveExecution, which moto lacks: a failed execution goes on at the state that failed.

As on AWS, states that succeeded do not run again, the failed one gets the input that it had, the
history goes on, and the context object counts in ``$$.Execution.RedriveCount``. A Map or Parallel
state runs anew as a whole, where AWS repeats its failed iterations or branches alone.
"""

import datetime as dt
import json
from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import (
    ExecutionRedrivenEventDetails,
    ExecutionStatus,
    HistoryEventType,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.responses import StepFunctionResponse

_ENDED_BADLY = {ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT, ExecutionStatus.ABORTED}


class ExecutionNotRedrivableError(AWSError):
    """AWS's answer for an execution that succeeded, still runs, or left no history."""

    TYPE = "ExecutionNotRedrivable"
    STATUS = 400


class RedriveWorker(ExecutionWorker):
    """Evaluates the rest of an execution.

    Parameters
    ----------
    execution
        The ended execution; its history is carried on.
    count
        Which redrive of it this is, from 1.
    """

    def __init__(self, execution: Execution, count: int) -> None:
        first = execution._get_start_execution_worker()
        super().__init__(
            evaluation_details=first._evaluation_details,
            exec_comm=first._execution_communication,
            cloud_watch_logging_session=first._cloud_watch_logging_session,
            activity_store=first._activity_store,
        )
        self._earlier: Environment = execution.exec_worker.env
        self._state, self._input = _failed_state(execution)
        self._count = count

    def _get_evaluation_environment(self) -> Environment:
        env = super()._get_evaluation_environment()
        env.event_manager = self._earlier.event_manager
        history = env.event_manager.get_event_history()
        env.event_history_context = EventHistoryContext(previous_event_id=history[-1]["id"])
        env.states.context_object.context_object_data["Execution"] |= {
            "RedriveCount": self._count,
            "RedriveTime": dt.datetime.now(tz=dt.UTC).isoformat(),
        }
        env.states.reset(self._input)
        return env

    def _execution_logic(self) -> None:
        program = self._get_evaluation_entrypoint()
        program.start_at.start_at_name = self._state
        self.env = self._get_evaluation_environment()
        self.env.event_manager.add_event(
            context=self.env.event_history_context,
            event_type=HistoryEventType.ExecutionRedriven,
            event_details=EventDetails(
                executionRedrivenEventDetails=ExecutionRedrivenEventDetails(
                    redriveCount=self._count
                )
            ),
        )
        program.eval(self.env)
        self._execution_communication.terminated()


def redrive(execution: Execution) -> dt.datetime:
    """Start the rest of an ended execution and return when.

    Raises
    ------
    ExecutionNotRedrivableError
        It did not end badly, or its history is gone.
    """
    if execution.exec_status not in _ENDED_BADLY:
        raise ExecutionNotRedrivableError(
            f"Execution is not RedriveExecution eligible: it is {execution.status}."
        )
    if execution.exec_worker is None or execution.exec_worker.env is None:
        raise ExecutionNotRedrivableError("Execution is not RedriveExecution eligible: no history.")
    count = getattr(execution, "redrive_count", 0) + 1
    worker = RedriveWorker(execution, count)
    execution.redrive_count = count
    execution.redrive_date = dt.datetime.now(tz=dt.UTC)
    execution.stop_date = execution.error = execution.cause = None
    execution.exec_worker = worker
    execution.exec_status = ExecutionStatus.RUNNING
    worker.start()
    return execution.redrive_date


def install_redrive() -> None:
    """Serve RedriveExecution, and count from 0 in every execution as AWS does."""
    StepFunctionResponse.redrive_execution = _redrive_execution
    environment_of = ExecutionWorker._get_evaluation_environment

    def counted_environment(self: ExecutionWorker) -> Environment:
        env = environment_of(self)
        env.states.context_object.context_object_data["Execution"].setdefault("RedriveCount", 0)
        return env

    ExecutionWorker._get_evaluation_environment = counted_environment


def _redrive_execution(self: StepFunctionResponse) -> ActionResult:
    arn = self._get_param("executionArn")
    execution = self.stepfunction_backend.describe_execution(arn)
    return ActionResult({"redriveDate": redrive(execution)})


def _failed_state(execution: Execution) -> tuple[str, Any]:
    """Return the top-level state that was entered last, and its input."""
    names = json.loads(execution.state_machine.definition)["States"]
    for event in reversed(execution.exec_worker.env.event_manager.get_event_history()):
        entered = event.get("stateEnteredEventDetails")
        if entered is not None and entered["name"] in names:
            return entered["name"], json.loads(entered["input"])
    raise ExecutionNotRedrivableError(
        "Execution is not RedriveExecution eligible: it entered no state."
    )
