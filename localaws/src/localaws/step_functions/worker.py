"""Runs an execution, from its start or, redriven, from the state that failed."""

import logging
from datetime import UTC, datetime
from threading import Thread
from typing import Any

from moto.core.utils import iso_8601_datetime_with_milliseconds
from moto.stepfunctions.parser.api import ExecutionStatus, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.program.program import Program
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramEnded,
    ProgramError,
    ProgramStopped,
)
from moto.stepfunctions.parser.backend.execution import (
    BaseExecutionWorkerCommunication,
    Execution,
)
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.utils import TMP_THREADS

from localaws.step_functions.redrive import RedrivePoint
from localaws.waiting import wait_until

logger = logging.getLogger(__name__)


class ExecutionCommunication(BaseExecutionWorkerCommunication):
    """Writes an execution's end down: the status last, as that is what callers poll for."""

    def _reflect_execution_status(self) -> None:
        execution, env = self.execution, self.execution.exec_worker.env
        state = env.program_state()
        if isinstance(state, ProgramEnded):
            status = ExecutionStatus.SUCCEEDED
            execution.output = env.states.get_input()
        elif isinstance(state, ProgramStopped):
            status = ExecutionStatus.ABORTED
            execution.error, execution.cause = state.error or None, state.cause or None
        elif isinstance(state, ProgramError):
            status = ExecutionStatus.FAILED
            details: dict[str, Any] = state.error or {}
            execution.error, execution.cause = details.get("error"), details.get("cause")
        else:
            status = ExecutionStatus.TIMED_OUT
        execution.stop_date = datetime.now(tz=UTC)
        execution.exec_status = status


class LocalExecutionWorker(ExecutionWorker):
    """Runs one execution in threads of its own.

    Parameters
    ----------
    execution
        What to run.
    redrive_from
        Where to go on; None starts at the beginning.
    """

    def __init__(
        self, execution: Execution, redrive_from: RedrivePoint | None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._execution = execution
        self._redrive_from = redrive_from
        self._thread = Thread(target=self._run, name=f"execution-{execution.name}", daemon=True)

    def start(self) -> None:
        """Start the execution in the background."""
        self._thread.start()
        # moto keeps every thread it ever started.
        TMP_THREADS[:] = [other for other in TMP_THREADS if other.is_alive()]

    def stop(self, stop_date: datetime, error: str | None, cause: str | None) -> None:
        """Stop the execution, once it has begun."""
        wait_until(lambda: self.env, timeout_seconds=10, pause_seconds=0.01)
        super().stop(stop_date=stop_date, error=error, cause=cause)

    def join(self, timeout: float) -> None:
        """Wait for the execution's end, at most so many seconds."""
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            if self._redrive_from is None:
                self._execution_logic()
            else:
                self._redrive(self._redrive_from)
        # Nobody else would ever end this execution.
        except Exception as error:
            logger.exception("Execution %s failed inside localaws", self._execution.name)
            self._execution.error = "States.Runtime"
            self._execution.cause = f"localaws: {type(error).__name__}: {error}"
            self._execution.stop_date = datetime.now(tz=UTC)
            self._execution.exec_status = ExecutionStatus.FAILED

    def _redrive(self, point: RedrivePoint) -> None:
        program: Program = self._get_evaluation_entrypoint()
        # Final for moto, but this program is parsed again for each run.
        program.start_at = StartAt(point.state_name)
        env: Environment = self._get_evaluation_environment()
        env.states.reset(input_value=point.state_input)
        env.states.context_object.context_object_data["Execution"].update(
            RedriveCount=self._execution.redrive_count,
            RedriveTime=iso_8601_datetime_with_milliseconds(self._execution.redrive_date),
        )
        for event in point.history:
            env.event_manager._history_event_list.append(event)
            env.event_manager._event_id_gen.get()
        env.event_history_context.source_event_id = len(point.history)
        self.env = env
        env.event_manager.add_event(
            context=env.event_history_context,
            event_type=HistoryEventType.ExecutionRedriven,
            event_details=EventDetails(
                executionRedrivenEventDetails={"redriveCount": self._execution.redrive_count}
            ),
        )
        program.eval(env)
        self._execution_communication.terminated()
