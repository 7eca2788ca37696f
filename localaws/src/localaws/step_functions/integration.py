"""Connects moto's interpreter of state machines to the services of this server."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any

from moto.core.config import default_user_config
from moto.stepfunctions.parser.asl.component import eval_component
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_glue,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.resource import (
    ResourceCondition,
)
from moto.stepfunctions.parser.asl.utils import boto_client

from localaws.context import ServerContext
from localaws.step_functions import (
    choices,
    created_machines,
    definition,
    error_names,
    execution_api,
    failed_calls,
    field_names,
    interruption,
    limits,
    synchronous_tasks,
    timestamps,
)
from localaws.step_functions.execution_role import client_of_role


def install(context: ServerContext) -> None:
    """Execute state machines for real, with what moto 5.2.5 lacks of Step Functions."""
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    # It prints the whole program at each failed state; the failure itself is in the history.
    logging.getLogger(eval_component.__name__).setLevel(logging.CRITICAL)
    _route_clients(context)
    # Without it every glue:….sync ends in an AttributeError when it looks for its callback.
    state_task_service_glue._SUPPORTED_INTEGRATION_PATTERNS.add(ResourceCondition.WaitForTaskToken)
    _make_sdk_results_json()
    definition.install()
    limits.install()
    timestamps.install()
    choices.install()
    error_names.install()
    failed_calls.install()
    field_names.install(context)
    interruption.install()
    synchronous_tasks.install(context)
    execution_api.install(context)
    created_machines.install(context)


def _route_clients(context: ServerContext) -> None:
    """Give the interpreter clients of this server; moto's go to a port that only moto would use."""

    def client_for(region: str, service: str, state_credentials: Any = None) -> Any:
        return client_of_role(context, service, region, state_credentials.role_arn)

    original = boto_client.boto_client_for
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.stepfunctions") and (
            getattr(module, "boto_client_for", None) is original
        ):
            module.boto_client_for = client_for  # type: ignore[attr-defined]


def _make_sdk_results_json() -> None:
    """Write the times in results of ``aws-sdk`` integrations as Step Functions does."""
    task = state_task_service_aws_sdk.StateTaskServiceAwsSdk
    evaluate = task._eval_service_task

    def evaluate_to_json(self: Any, env: Any, *args: Any, **kwargs: Any) -> None:
        evaluate(self, env, *args, **kwargs)
        env.stack.append(_with_iso_times(env.stack.pop()))

    task._eval_service_task = evaluate_to_json


def _with_iso_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_iso_times(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_with_iso_times(entry) for entry in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value
