"""Runs the one container of a task and says how it ended."""

import contextlib
import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from localaws.child_processes.child_run import child_run, scratch_folder
from localaws.child_processes.command import Command
from localaws.child_processes.supervision import terminate_when, wait_for_end
from localaws.context import ServerContext
from localaws.context.aws_client import aws_client
from localaws.context.cloudwatch_logs import LogStream, as_identity
from localaws.ecs_tasks.images import ImageRegister, LocalImage
from localaws.ecs_tasks.roles import (
    CannotStartError,
    TaskRoles,
    require_log_stream,
    require_pull,
)

STOP_TIMEOUT_SECONDS = 30
"""How long Fargate waits between SIGTERM and SIGKILL unless the container says otherwise."""


@dataclass(frozen=True)
class ContainerEnd:
    """How a container ended.

    Attributes
    ----------
    exit_code
        None if it never started.
    stop_code, stopped_reason
        The task's, in ECS's words.
    reason
        The container's own reason, if any.
    """

    exit_code: int | None
    stop_code: str
    stopped_reason: str
    reason: str | None = None


@dataclass(frozen=True)
class ContainerSpecification:
    """A container definition with the overrides of one task applied."""

    name: str
    image: str
    command: list[str]
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    log_configuration: Mapping[str, Any]
    task_id: str
    region: str
    account_id: str
    roles: TaskRoles
    stop_timeout_seconds: float = STOP_TIMEOUT_SECONDS

    @classmethod
    def of(
        cls,
        definition: Mapping[str, Any],
        overrides: Mapping[str, Any],
        *,
        task_id: str,
        region: str,
        account_id: str,
        roles: TaskRoles,
    ) -> "ContainerSpecification":
        """Apply a task's overrides for this container to its definition."""
        name = str(definition["name"])
        override: Mapping[str, Any] = next(
            (o for o in overrides.get("containerOverrides") or [] if o.get("name") == name), {}
        )
        environment = _pairs(definition.get("environment")) | _pairs(override.get("environment"))
        command = override.get("command") or definition.get("command") or []
        return cls(
            name=name,
            image=str(definition.get("image")),
            command=[*(definition.get("entryPoint") or []), *command],
            environment=environment,
            secrets=_pairs(definition.get("secrets"), "valueFrom"),
            log_configuration=definition.get("logConfiguration") or {},
            task_id=task_id,
            region=region,
            account_id=account_id,
            roles=roles,
            stop_timeout_seconds=float(definition.get("stopTimeout") or STOP_TIMEOUT_SECONDS),
        )


def _pairs(entries: list[dict[str, str]] | None, value: str = "value") -> dict[str, str]:
    return {str(entry["name"]): str(entry[value]) for entry in entries or []}


class SecretError(Exception):
    """A secret of the definition cannot be read; the text is what Fargate would say."""


class ContainerProcess:
    """The process that runs instead of a container.

    Parameters
    ----------
    context
        The server that the container talks to.
    container
        What to run.
    on_running
        Called once, when the process runs.
    """

    def __init__(
        self,
        context: ServerContext,
        container: ContainerSpecification,
        on_running: Callable[[], None],
    ) -> None:
        self._context = context
        self._container = container
        self._on_running = on_running
        self._stop_reason: str | None = None
        self._stop_requested = threading.Event()

    def stop(self, reason: str) -> None:
        """Ask the container to end: SIGTERM first, SIGKILL when its time is over."""
        self._stop_reason = reason
        self._stop_requested.set()

    def run(self) -> ContainerEnd:
        """Run the container to its end; whatever goes wrong is an end, not an exception."""
        access, container = self._context.access, self._container
        try:
            self._execution_session = container.roles.execution_session(access)
            self._task_session = container.roles.task_session(access)
            require_pull(access, self._execution_session, container.image)
            self._require_log()
        except CannotStartError as error:
            return ContainerEnd(None, "TaskFailedToStart", str(error))
        image = ImageRegister(self._context.settings).find(container.image)
        if image is None:
            return ContainerEnd(None, "TaskFailedToStart", _cannot_pull(self._container.image))
        folder = self._context.settings.run_dir / "ecs"
        with scratch_folder(folder, f"{self._container.task_id}-") as scratch:
            try:
                environment = self._environment(image, scratch)
            except SecretError as error:
                return ContainerEnd(None, "TaskFailedToStart", str(error))
            return self._run_with(image, environment)

    def _run_with(self, image: LocalImage, environment: dict[str, str]) -> ContainerEnd:
        log = self._log()
        write = log.write if log else _drop
        with contextlib.ExitStack() as stack:
            try:
                command = self._command(image, environment)
                process = stack.enter_context(child_run(self._context.children, command, write))
            except OSError as error:
                reason = f"CannotStartContainerError: {error}"
                return ContainerEnd(None, "TaskFailedToStart", reason, reason)
            self._on_running()
            return self._supervise(process)

    def _command(self, image: LocalImage, environment: dict[str, str]) -> Command:
        if not self._container.command:
            raise OSError(
                "no command: the image's own is not known here, so the task definition or its "
                "overrides must name one"
            )
        program = _which(self._container.command[0], environment["PATH"])
        return Command(
            name=f"ecs {self._container.name}",
            argv=[program, *self._container.command[1:]],
            env=environment,
            cwd=image.root,
        )

    def _environment(self, image: LocalImage, scratch: Path) -> dict[str, str]:
        return {
            "PATH": f"{image.python.parent}:/usr/local/bin:/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
            **self._credentials(),
            **self._container.environment,
            **{name: self._secret(source) for name, source in self._container.secrets.items()},
        }

    def _credentials(self) -> dict[str, str]:
        """Return the variables of the task's role; without one a container has no credentials."""
        environment = self._context.aws_environment(self._task_session)
        if self._task_session is None:
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                environment.pop(name, None)
        return environment

    def _require_log(self) -> None:
        options = self._log_options()
        if options is not None:
            region = str(options.get("awslogs-region") or self._container.region)
            require_log_stream(
                self._context.access,
                self._execution_session,
                region,
                self._container.account_id,
                str(options["awslogs-group"]),
            )

    def _log_options(self) -> Mapping[str, Any] | None:
        configuration = self._container.log_configuration
        if configuration.get("logDriver") != "awslogs":
            return None
        options: Mapping[str, Any] = configuration.get("options") or {}
        return options

    def _secret(self, source: str) -> str:
        """Read a secret as the ECS agent does: from Secrets Manager, maybe one JSON key, or SSM."""
        region = self._container.region
        try:
            if ":secretsmanager:" not in source:
                name = source.partition(":parameter")[2] or source
                client = aws_client(self._context, "ssm", region, self._execution_session)
                answer = client.get_parameter(Name=name, WithDecryption=True)
                return str(answer["Parameter"]["Value"])
            arn, key = _secret_parts(source)
            client = aws_client(self._context, "secretsmanager", region, self._execution_session)
            text = client.get_secret_value(SecretId=arn)["SecretString"]
            return str(json.loads(text)[key]) if key else str(text)
        except (ClientError, KeyError, ValueError) as error:
            raise SecretError(
                "ResourceInitializationError: unable to pull secrets or registry auth: execution "
                f"resource retrieval failed: unable to retrieve secret from asm: {source}: {error}"
            ) from error

    def _supervise(self, process: "subprocess.Popen[bytes]") -> ContainerEnd:
        patience_seconds = self._container.stop_timeout_seconds
        wait_for_end(process, terminate_when(self._stop_requested, process, patience_seconds))
        # A container whose process a signal ended reports 128 and the signal's number.
        code = process.returncode if process.returncode >= 0 else 128 - process.returncode
        if self._stop_requested.is_set():
            return ContainerEnd(code, "UserInitiated", self._stop_reason or "Task stopped")
        return ContainerEnd(code, "EssentialContainerExited", "Essential container in task exited")

    def _log(self) -> LogStream | None:
        container = self._container
        options = self._log_options()
        if options is None:
            return None
        prefix = options.get("awslogs-stream-prefix")
        stream = "/".join(filter(None, [prefix, container.name, container.task_id]))
        return LogStream(
            container.account_id,
            str(options.get("awslogs-region") or container.region),
            str(options["awslogs-group"]),
            stream,
            None
            if self._execution_session is None
            else as_identity(self._context.access, self._execution_session),
        )


def _drop(_lines: list[str]) -> None:
    """Keep nothing: the container has no log configuration that is known here."""


def _secret_parts(source: str) -> tuple[str, str]:
    """Cut ``arn:…:secret:name:json-key:stage:version`` into the secret's ARN and the JSON key."""
    parts = source.split(":")
    arn_fields = 7
    return ":".join(parts[:arn_fields]), parts[arn_fields] if len(parts) > arn_fields else ""


def _cannot_pull(image: str) -> str:
    return (
        f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to "
        f"resolve ref {image}: not found. On localaws, register what to run for it: "
        f"localaws image register {image} --root DIR --python PYTHON"
    )


def _which(program: str, path: str) -> str:
    """Find a program in the container's PATH, not in the server's."""
    if "/" in program:
        return program
    for folder in path.split(":"):
        candidate = Path(folder) / program
        if os.access(candidate, os.X_OK) and candidate.is_file():
            return str(candidate)
    raise FileNotFoundError(f'exec: "{program}": executable file not found in $PATH')
