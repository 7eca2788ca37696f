"""Runs ECS tasks: the command of the container as a process, with Fargate's states and reasons."""

from localaws.ecs_tasks.task_api import install

__all__ = ["install"]
