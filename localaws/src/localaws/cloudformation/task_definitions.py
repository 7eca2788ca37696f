"""A changed ECS task definition is a new revision, as whole as a new one.

moto 5.2.5 registers the update with the template's spelling of the container's keys, and without
what Fargate needs: a task of it cannot run.
"""

from typing import Any

from moto.ecs.models import TaskDefinition, ecs_backends


def install() -> None:
    """Make updates of task definitions as creations are made."""
    TaskDefinition.update_from_cloudformation_json = classmethod(_update)


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
