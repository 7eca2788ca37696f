"""Puts running containers behind moto's ECS API."""

import copy
import logging
import threading
from typing import Any

from moto.core.utils import utcnow
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ecs.exceptions import (
    EcsClientException,
    InvalidParameterException,
    TaskDefinitionNotFoundException,
)
from moto.ecs.models import EC2ContainerServiceBackend, Task, TaskDefinition, ecs_backends

from localaws.context import ServerContext
from localaws.ecs_tasks.container import ContainerEnd, ContainerProcess, ContainerSpecification
from localaws.ecs_tasks.roles import TaskRoles

logger = logging.getLogger(__name__)
_LOST = "The localaws server ended while this task was running"


class EcsExecutor:
    """Runs the tasks of this AWS, each in a thread that waits for its process.

    Parameters
    ----------
    context
        The server that the containers talk to.
    """

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._processes: dict[str, ContainerProcess] = {}
        self._lock = threading.Lock()

    def start(self, task: Task, definition: TaskDefinition) -> None:
        """Begin a task that moto has put down."""
        # moto moves a task on by itself each time that somebody looks at it.
        task._transitions = []
        task.created_at = utcnow()
        for container in task.containers:
            container.task_arn = task.task_arn
            container.exitCode = None
        _set_status(task, "PROVISIONING")
        specification = ContainerSpecification.of(
            definition.container_definitions[0],
            task.overrides,
            task_id=task.id,
            region=task.region_name,
            account_id=task._account_id,
            roles=_roles(task, definition),
        )
        process = ContainerProcess(self._context, specification, lambda: _mark_running(task))
        with self._lock:
            self._processes[task.id] = process
        _set_status(task, "PENDING")
        threading.Thread(
            target=self._run, args=(task, process), name=f"ecs-{task.id}", daemon=True
        ).start()

    def stop(self, task: Task, reason: str) -> None:
        """Ask a task to stop; one that has ended stays as it is."""
        with self._lock:
            process = self._processes.get(task.id)
        if process is not None:
            task.desired_status = "STOPPED"
            task.stopping_at = utcnow()
            process.stop(reason)

    def _run(self, task: Task, process: ContainerProcess) -> None:
        try:
            end = process.run()
        # The thread is the only one who can tell the caller: a task must never stay RUNNING.
        except Exception as error:
            logger.exception("ECS task %s failed inside localaws", task.id)
            end = ContainerEnd(None, "TaskFailedToStart", f"localaws: {error}")
        _mark_stopped(task, end)
        with self._lock:
            self._processes.pop(task.id, None)

    def stop_lost_tasks(self) -> None:
        """Mark what a killed server left running: its processes are gone."""
        for account in ecs_backends.values():
            for backend in account.values():
                for tasks in backend.tasks.values():
                    for task in tasks.values():
                        if task.status != "STOPPED" and task.id not in self._processes:
                            _mark_stopped(task, ContainerEnd(None, "TerminationNotice", _LOST))


def _roles(task: Task, definition: TaskDefinition) -> TaskRoles:
    overrides = task.overrides or {}
    # moto gives a definition without roles no such attributes.
    return TaskRoles(
        execution=overrides.get("executionRoleArn")
        or getattr(definition, "execution_role_arn", None),
        task=overrides.get("taskRoleArn") or getattr(definition, "task_role_arn", None),
        task_arn=task.task_arn,
    )


def _set_status(task: Task, status: str) -> None:
    task.status = status
    for container in task.containers:
        container.last_status = status if status in {"RUNNING", "STOPPED"} else "PENDING"


def _mark_running(task: Task) -> None:
    task.started_at = utcnow()
    _set_status(task, "RUNNING")


def _mark_stopped(task: Task, end: ContainerEnd) -> None:
    task.desired_status = "STOPPED"
    task.stop_code = end.stop_code
    task.stopped_reason = end.stopped_reason
    task.execution_stopped_at = task.stopped_at = utcnow()
    for container in task.containers:
        container.exitCode = end.exit_code
        container.reason = end.reason
    # Last, as whoever polls takes STOPPED for the sign that all the rest is there.
    _set_status(task, "STOPPED")


def _requirements(definition: TaskDefinition) -> dict[str, Any]:
    """Let moto add up what a task needs, also where only the task itself has a memory limit.

    That is the usual case on Fargate; moto 5.2.5 fails with a TypeError there.
    """
    sized = copy.copy(definition)
    sized.container_definitions = [
        {**container, "memory": container.get("memory") or container.get("memoryReservation") or 0}
        for container in definition.container_definitions
    ]
    requirements: dict[str, Any] = _moto_requirements(sized)
    return requirements


_moto_requirements = EC2ContainerServiceBackend._calculate_task_resource_requirements
_moto_describe_task_definition = EC2ContainerServiceBackend.describe_task_definition


def _describe_task_definition(backend: EC2ContainerServiceBackend, name: str) -> TaskDefinition:
    """Find a definition: a family without a revision stands for its newest active one.

    ``taskDefinition`` of DescribeTaskDefinition and RunTask in the ECS API reference; moto 5.2.5
    takes the newest of all.
    """
    family = name.rsplit("/", maxsplit=1)[-1]
    if ":" not in family:
        revisions = backend.task_definitions.get(family, {})
        active = [number for number, it in revisions.items() if it.status == "ACTIVE"]
        if active:
            return revisions[max(active)]
        raise TaskDefinitionNotFoundException
    definition: TaskDefinition = _moto_describe_task_definition(backend, name)
    return definition


def _definition_to_run(backend: EC2ContainerServiceBackend, name: str) -> TaskDefinition:
    """Find the definition of a new task, or refuse in ECS's words.

    Both refusals are quoted in public reports: DefangLabs/defang#775 for a deregistered revision,
    "TaskDefinition not found." for one that never was.
    """
    try:
        definition = _describe_task_definition(backend, name)
    except TaskDefinitionNotFoundException as error:
        raise EcsClientException("TaskDefinition not found.") from error
    if definition.status != "ACTIVE":
        raise InvalidParameterException("TaskDefinition is inactive")
    return definition


def install(context: ServerContext) -> None:
    """Make moto's tasks real ones."""
    executor = EcsExecutor(context)
    run_task = EC2ContainerServiceBackend.run_task

    def run_and_start(
        backend: EC2ContainerServiceBackend,
        cluster_str: str,
        task_definition_str: str,
        *args: Any,
        **kwargs: Any,
    ) -> list[Task]:
        backend._get_cluster(cluster_str)  # ECS looks for the cluster first
        definition = _definition_to_run(backend, task_definition_str)
        tasks: list[Task] = run_task(backend, cluster_str, definition.arn, *args, **kwargs)
        for task in tasks:
            executor.start(task, definition)
        return tasks

    def stop_task(
        backend: EC2ContainerServiceBackend, cluster_str: str, task_str: str, reason: str
    ) -> Task:
        cluster = backend._get_cluster(cluster_str)
        task_id = task_str.rsplit("/", maxsplit=1)[-1]
        for task in backend.tasks.get(cluster.name, {}).values():
            if task.id == task_id:
                executor.stop(task, reason or "Task stopped by user")
                return task
        raise InvalidParameterException("The referenced task was not found.")

    # moto 5.2.5 sets it only in VPCs with DNS host names, and reads it in all of them.
    NetworkInterface.private_dns_name = ""
    EC2ContainerServiceBackend._calculate_task_resource_requirements = staticmethod(_requirements)
    EC2ContainerServiceBackend.describe_task_definition = _describe_task_definition
    EC2ContainerServiceBackend.run_task = run_and_start
    EC2ContainerServiceBackend.stop_task = stop_task
    context.on_start(executor.stop_lost_tasks)
