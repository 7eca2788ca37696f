"""Clients with which a state machine calls other services: as its role."""

from typing import Any

from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from localaws.context import ServerContext
from localaws.context.aws_client import aws_client
from localaws.credentials import Identity

SERVICE = "states.amazonaws.com"
_SESSION_NAME = "StepFunctions"
"""On AWS each execution has a session of its own; one for all saves making clients again."""


def client_of_role(context: ServerContext, service: str, region: str, role_arn: str) -> Any:
    """Return a client that asks with a session of a role.

    Raises
    ------
    RoleNotAssumableError
        Step Functions may not assume it.
    """
    return aws_client(context, service, region, session_of_role(context, role_arn))


def session_of_role(
    context: ServerContext, role_arn: str, source_arn: str | None = None
) -> Identity:
    """Return a session of a role.

    Parameters
    ----------
    context
        The server.
    role_arn
        The role.
    source_arn
        The state machine; None is one that has the role already.

    Raises
    ------
    RoleNotAssumableError
        Step Functions may not assume it.
    """
    return context.access.role_session(
        role_arn, SERVICE, _SESSION_NAME, source_arn or _machine_with(context, role_arn)
    )


def _machine_with(context: ServerContext, role_arn: str) -> str | None:
    """Return the ARN of a state machine that has a role: what Step Functions acts for."""
    for backend in stepfunctions_parser_backends[context.account_id].values():
        for machine in backend.state_machines:
            if machine.roleArn == role_arn:
                return str(machine.arn)
    return None
