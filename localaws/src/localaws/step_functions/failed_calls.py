"""Makes a failed call of an AWS API the failure that Step Functions makes of it."""

from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_dynamodb,
    state_task_service_ecs,
    state_task_service_glue,
    state_task_service_lambda,
    state_task_service_sns,
    state_task_service_sqs,
)
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails

from localaws.step_functions import api_errors

_Failure = Callable[[Any, Environment, Exception], FailureEvent]
_TASKS: tuple[Any, ...] = (
    state_task_service_aws_sdk.StateTaskServiceAwsSdk,
    state_task_service_dynamodb.StateTaskServiceDynamoDB,
    state_task_service_ecs.StateTaskServiceEcs,
    state_task_service_glue.StateTaskServiceGlue,
    state_task_service_lambda.StateTaskServiceLambda,
    state_task_service_sns.StateTaskServiceSns,
    state_task_service_sqs.StateTaskServiceSqs,
)


def failure(task: Any, env: Environment, name: str, cause: str) -> FailureEvent:
    """Describe a task that failed with this error."""
    return FailureEvent(
        env=env,
        error_name=ErrorName(error_name=name),
        event_type=HistoryEventType.TaskFailed,
        event_details=EventDetails(
            taskFailedEventDetails=TaskFailedEventDetails(
                resource=task._get_sfn_resource(),
                resourceType=task._get_sfn_resource_type(),
                error=name,
                cause=cause,
            )
        ),
    )


def install() -> None:
    """Put Step Functions' names in place of moto's, which are the bare error codes."""
    for task_type in _TASKS:
        task_type._from_error = _named(task_type._from_error)


def _named(otherwise: _Failure) -> _Failure:
    def from_error(task: Any, env: Environment, ex: Exception) -> FailureEvent:
        integration = api_errors.integration_of(task.resource.resource_arn)
        described = api_errors.describe(integration, ex) if integration else None
        return failure(task, env, *described) if described else otherwise(task, env, ex)

    return from_error
