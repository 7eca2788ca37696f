"""``.sync`` tasks: they end when the job or task ends, fail when it fails, stop it when stopped."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEvent,
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import (
    StatesErrorName,
)
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import (
    StatesErrorNameType,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_callback,
    state_task_service_ecs,
    state_task_service_glue,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str

from localaws.context import ServerContext
from localaws.step_functions import api_errors
from localaws.step_functions.execution_role import client_of_role
from localaws.step_functions.failed_calls import failure

logger = logging.getLogger(__name__)
POLL_SECONDS = 0.25
_FAILED_JOB_STATES = frozenset({"FAILED", "TIMEOUT", "ERROR", "STOPPED"})
_JOB_STATES_IN_PROGRESS = frozenset({"STARTING", "RUNNING", "STOPPING", "WAITING"})
STOP_REASON = "Stopped by Step Functions: the state machine's execution ended before the task"


class InterruptedTaskError(Exception):
    """The execution ended while the task was running; nobody reads this any more."""


class _Work:
    """A piece of work that a ``.sync`` task waits for.

    Parameters
    ----------
    poll
        Gives the result once there is one.
    cancel
        Stops the work.
    """

    def __init__(self, poll: Callable[[], Any], cancel: Callable[[], None]) -> None:
        self._poll = poll
        self.cancel = cancel

    def __call__(self) -> Any:
        return self._poll()


def _evaluate_sync(
    task: Any, env: Environment, sync_resolver: Callable[[], Any], **_unused: Any
) -> Any:
    """Wait for the work; moto's own loop would report a stopped task as succeeded with null."""
    del task
    while env.is_running():
        if (result := sync_resolver()) is not None:
            return result
        time.sleep(POLL_SECONDS)
    if isinstance(sync_resolver, _Work):
        try:
            sync_resolver.cancel()
        except (ClientError, BotoCoreError) as error:
            logger.warning("Work of a stopped execution could not be stopped: %s", error)
    raise InterruptedTaskError


def failed_task(task: Any, env: Environment, description: dict[str, Any]) -> FailureEventException:
    """Describe failed work as Step Functions does: ``States.TaskFailed``, the work as the cause."""
    name = StatesErrorNameType.StatesTaskFailed
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=name),
            event_type=HistoryEventType.TaskFailed,
            event_details=EventDetails(
                taskFailedEventDetails=TaskFailedEventDetails(
                    resource=task._get_sfn_resource(),
                    resourceType=task._get_sfn_resource_type(),
                    error=name.to_name(),
                    cause=to_json_str(description),
                )
            ),
        )
    )


def with_epoch_times(value: Any) -> Any:
    """Write times as milliseconds since 1970, as the optimised integrations do."""
    if isinstance(value, dict):
        return {key: with_epoch_times(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [with_epoch_times(entry) for entry in value]
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    return value


def _client(context: ServerContext, task: Any, env: Environment, service: str, region: str) -> Any:
    credentials = task._eval_state_credentials(env=env)
    return client_of_role(context, service, region, credentials.role_arn)


def _glue_work(context: ServerContext, task: Any, env: Environment, region: str) -> _Work:
    client = _client(context, task, env, "glue", region)
    started = env.stack.pop()
    name, run_id = started["JobName"], started["JobRunId"]

    def poll() -> dict[str, Any] | None:
        run = client.get_job_run(JobName=name, RunId=run_id)["JobRun"]
        if run["JobRunState"] in _JOB_STATES_IN_PROGRESS:
            return None
        description: dict[str, Any] = with_epoch_times(run)
        if run["JobRunState"] in _FAILED_JOB_STATES:
            raise failed_task(task, env, description)
        return description

    return _Work(poll, lambda: client.batch_stop_job_run(JobName=name, JobRunIds=[run_id]))


def _ecs_work(context: ServerContext, task: Any, env: Environment, region: str) -> _Work:
    client = _client(context, task, env, "ecs", region)
    started = env.stack.pop()["Tasks"][0]
    cluster, arn = started["ClusterArn"], started["TaskArn"]

    def poll() -> dict[str, Any] | None:
        answer = client.describe_tasks(cluster=cluster, tasks=[arn])
        if answer["tasks"][0]["lastStatus"] != "STOPPED":
            return None
        task._normalise_response(response=answer, service_action_name="describe_tasks")
        description: dict[str, Any] = with_epoch_times(answer["Tasks"][0])
        codes = [container.get("ExitCode") for container in description["Containers"]]
        if any(code != 0 for code in codes):
            raise failed_task(task, env, description)
        return description

    return _Work(poll, lambda: client.stop_task(cluster=cluster, task=arn, reason=STOP_REASON))


def _place_task(client: Any, task: Any, env: Environment, parameters: dict[str, Any]) -> None:
    """Call RunTask; a task that ECS could not place fails a state that waits, and no other.

    "Run Amazon ECS or Fargate tasks with Step Functions" in the developer guide.
    """
    answer = client.run_task(**parameters)
    answer.pop("ResponseMetadata", None)
    task._normalise_response(response=answer, service_action_name="run_task")
    description = with_epoch_times(answer)
    if description["Failures"] and task.resource.condition is not None:
        name = api_errors.TASK_NOT_PLACED
        raise FailureEventException(failure(task, env, name, to_json_str(description)))
    env.stack.append(description)


def install(context: ServerContext) -> None:
    """Put these in place of moto's Glue and ECS ``.sync`` tasks."""

    def build_glue(
        task: Any, env: Environment, resource_runtime_part: Any, *_: Any, **__: Any
    ) -> _Work:
        return _glue_work(context, task, env, resource_runtime_part.region)

    def build_ecs(
        task: Any, env: Environment, resource_runtime_part: Any, *_: Any, **__: Any
    ) -> _Work:
        return _ecs_work(context, task, env, resource_runtime_part.region)

    def place(
        task: Any,
        env: Environment,
        resource_runtime_part: Any,
        normalised_parameters: dict[str, Any],
        state_credentials: Any,
    ) -> None:
        region, role_arn = resource_runtime_part.region, state_credentials.role_arn
        client = client_of_role(context, "ecs", region, role_arn)
        _place_task(client, task, env, normalised_parameters)

    state_task_service_glue.StateTaskServiceGlue._build_sync_resolver = build_glue
    state_task_service_ecs.StateTaskServiceEcs._build_sync_resolver = build_ecs
    state_task_service_ecs.StateTaskServiceEcs._eval_service_task = place
    state_task_service_callback.StateTaskServiceCallback._eval_sync = _evaluate_sync
