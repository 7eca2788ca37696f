"""A stack's task definition has its roles, and a changed one is a revision as whole as a new one.

moto 5.2.5 leaves the roles out, so that a task has none and nobody needs to pass them. It registers
an update with the template's spelling of the container's keys, and without what Fargate needs: a
task of it cannot run.
"""

from typing import Any

from moto.ecs.models import TaskDefinition, ecs_backends


def install() -> None:
    """Keep the roles of task definitions, and make updates as creations are made."""
    # Moto gives a definition these attributes only if it has the roles.
    TaskDefinition.task_role_arn = None
    TaskDefinition.execution_role_arn = None
    TaskDefinition.create_from_cloudformation_json = classmethod(_create)
    TaskDefinition.update_from_cloudformation_json = classmethod(_update)


_create_without_roles = TaskDefinition.create_from_cloudformation_json.__func__


def _create(
    cls: type[TaskDefinition], resource_name: str, cloudformation_json: dict[str, Any], *args: Any,
    **kwargs: Any,
) -> TaskDefinition:  # fmt: skip
    definition = _create_without_roles(cls, resource_name, cloudformation_json, *args, **kwargs)
    properties = cloudformation_json["Properties"]
    if properties.get("TaskRoleArn"):
        definition.task_role_arn = properties["TaskRoleArn"]
    if properties.get("ExecutionRoleArn"):
        definition.execution_role_arn = properties["ExecutionRoleArn"]
    return definition


def _update(  # noqa: PLR0917 - moto calls it so
    cls: type[TaskDefinition],
    original_resource: TaskDefinition,
    new_resource_name: str,
    cloudformation_json: dict[str, Any],
    account_id: str,
    region_name: str,
) -> TaskDefinition:
    revision = cls.create_from_cloudformation_json(
        new_resource_name, cloudformation_json, account_id, region_name
    )
    ecs_backends[account_id][region_name].deregister_task_definition(original_resource.arn)
    return revision
