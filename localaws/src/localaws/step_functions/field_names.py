"""Translates between Step Functions' field names and those of the AWS APIs.

Step Functions writes all names in PascalCase, ECS has camelCase. moto 5.2.5 brings the translation
but no longer calls it.
"""

from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import (
    state_task_service_aws_sdk,
    state_task_service_ecs,
)

from localaws.context import ServerContext
from localaws.context.aws_client import aws_client


def install(context: ServerContext) -> None:
    """Translate for ECS and for ``aws-sdk`` integrations."""

    def operation(task: Any, service: str | None, action: str | None) -> Any:
        client = aws_client(context, task._get_boto_service_name(service))
        method = task._get_boto_service_action(action)
        name = client.meta.method_to_api_mapping.get(method)
        return client.meta.service_model.operation_model(name) if name else None

    def normalise_parameters(
        task: Any,
        parameters: dict[str, Any],
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        model = operation(task, boto_service_name, service_action_name)
        if model is not None and model.input_shape is not None:
            task._to_boto_request(parameters, model.input_shape)

    def normalise_response(
        task: Any,
        response: Any,
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        model = operation(task, boto_service_name, service_action_name)
        if model is not None and model.output_shape is not None:
            task._from_boto_response(response, model.output_shape)

    for task_type in (
        state_task_service_ecs.StateTaskServiceEcs,
        state_task_service_aws_sdk.StateTaskServiceAwsSdk,
    ):
        task_type._normalise_parameters = normalise_parameters
        task_type._normalise_response = normalise_response
