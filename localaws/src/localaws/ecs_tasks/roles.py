"""The two roles of a task: for what ECS does before it starts, and for the container."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from localaws.context.access import AccessControl, RoleNotAssumableError
from localaws.credentials import Identity
from localaws.permissions.model import Need

SERVICE = "ecs-tasks.amazonaws.com"
_ECR_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[^:@]+)"
)
_PULL_ACTIONS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


class CannotStartError(Exception):
    """ECS itself may not do what comes before the container; the text is the task's reason."""


@dataclass(frozen=True)
class TaskRoles:
    """ARNs of a task's roles; None where the definition names none."""

    execution: str | None
    task: str | None
    task_arn: str

    def execution_session(self, access: AccessControl) -> Identity | None:
        """Return the session with which ECS pulls the image and writes the log.

        Raises
        ------
        CannotStartError
            ECS may not assume the role.
        """
        return self._session(access, self.execution)

    def task_session(self, access: AccessControl) -> Identity | None:
        """Return the session that the container has; None if it has no credentials.

        Raises
        ------
        CannotStartError
            ECS may not assume the role.
        """
        return self._session(access, self.task)

    def _session(self, access: AccessControl, role_arn: str | None) -> Identity | None:
        if role_arn is None:
            return None
        name = self.task_arn.rsplit("/", 1)[-1]
        try:
            return access.role_session(role_arn, SERVICE, name, self.task_arn)
        except RoleNotAssumableError as error:
            raise CannotStartError(
                f"ECS was unable to assume the role '{role_arn}' that was provided for this task. "
                "Please verify that the role being passed has the proper trust relationship and "
                f"permissions and that your IAM user has permissions to pass this role. {error}"
            ) from error


def require_pull(access: AccessControl, identity: Identity | None, image: str) -> None:
    """Refuse an image of ECR that the execution role may not pull.

    The actions: Amazon ECS developer guide, "Amazon ECS task execution IAM role".

    Raises
    ------
    CannotStartError
        A permission is missing.
    """
    if identity is None:
        return
    reason = access.why_denied(identity, _needs_of_pull(image))
    if reason is not None:
        raise CannotStartError(
            "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot "
            "pull registry auth from Amazon ECR: There is a connection issue between the task and "
            f"Amazon ECR. AccessDeniedException: {reason}"
        )


def _needs_of_pull(image: str) -> Iterator[Need]:
    found = _ECR_IMAGE.match(image)
    if found is None:
        return
    arn = "arn:aws:ecr:{region}:{account}:repository/{repository}".format(**found.groupdict())
    yield Need("ecr:GetAuthorizationToken", ("*",), {})
    for action in _PULL_ACTIONS:
        yield Need(action, (arn,), {})


def require_log_stream(
    access: AccessControl, identity: Identity | None, region: str, account_id: str, group: str
) -> None:
    """Refuse to start a container whose log the execution role may not write.

    Raises
    ------
    CannotStartError
        A permission is missing.
    """
    if identity is None:
        return
    arn = f"arn:aws:logs:{region}:{account_id}:log-group:{group}"
    needs = (
        Need("logs:CreateLogStream", (f"{arn}:*",), {}),
        Need("logs:PutLogEvents", (f"{arn}:log-stream:*",), {}),
    )
    reason = access.why_denied(identity, needs)
    if reason is not None:
        raise CannotStartError(
            "ResourceInitializationError: failed to validate logger args: create stream has been "
            "retried 1 times: failed to create Cloudwatch log stream: AccessDeniedException: "
            f"{reason}"
        )
