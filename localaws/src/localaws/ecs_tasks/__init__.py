"""Runs ECS tasks: the command of the container as a process, with Fargate's states and reasons."""

from localaws.context import ServerContext

__all__ = ["install"]


def install(context: ServerContext) -> None:
    """Make moto's tasks real ones."""
    # Imported late: the command line needs this package, and must not wait for moto.
    from localaws.ecs_tasks import task_api  # noqa: PLC0415

    task_api.install(context)
