"""What Step Functions asks of a role when a state machine is created or updated.

Services that report the end of their work by an event need a rule, which Step Functions makes with
the role: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html and, for the
rules' names, https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html.
Logging needs the rights of https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html.
"""

import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any

from moto.core.exceptions import AWSError
from moto.stepfunctions.parser.models import StepFunctionsParserBackend

from localaws.context import ServerContext
from localaws.context.access import RoleNotAssumableError
from localaws.permissions.model import Need
from localaws.step_functions.execution_role import SERVICE, session_of_role

_RULES: Mapping[str, str] = {
    "batch:submitJob.sync": "StepFunctionsGetEventsForBatchJobsRule",
    "codebuild:startBuild.sync": "StepFunctionsGetEventForCodeBuildStartBuildRule",
    "ecs:runTask.sync": "StepFunctionsGetEventsForECSTaskRule",
    "states:startExecution.sync": "StepFunctionsGetEventsForStepFunctionsExecutionRule",
    "states:startExecution.sync:2": "StepFunctionsGetEventsForStepFunctionsExecutionRule",
}
_RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
_LOG_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)


class AccessDeniedException(AWSError):  # noqa: N818 - AWS's name
    """The role of a state machine lacks a right."""

    TYPE = "AccessDeniedException"


def install(context: ServerContext) -> None:
    """Check the role of each state machine that is created or updated."""
    create = StepFunctionsParserBackend.create_state_machine
    update = StepFunctionsParserBackend.update_state_machine

    def create_checked(backend: Any, *args: Any, **kwargs: Any) -> Any:
        given = _named(create, backend, args, kwargs)
        _check(
            context,
            f"arn:aws:states:{backend.region_name}:{context.account_id}:stateMachine:{given['name']}",
            str(given["roleArn"]),
            str(given["definition"]),
            given.get("loggingConfiguration"),
        )
        return create(backend, *args, **kwargs)

    def update_checked(backend: Any, *args: Any, **kwargs: Any) -> Any:
        given = _named(update, backend, args, kwargs)
        machine = backend.describe_state_machine(given["arn"])
        _check(
            context,
            str(machine.arn),
            str(given.get("role_arn") or machine.roleArn),
            str(given.get("definition") or machine.definition),
            given.get("logging_configuration"),
        )
        return update(backend, *args, **kwargs)

    StepFunctionsParserBackend.create_state_machine = create_checked
    StepFunctionsParserBackend.update_state_machine = update_checked


def _named(function: Any, backend: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    return dict(inspect.signature(function).bind(backend, *args, **kwargs).arguments)


def _check(
    context: ServerContext,
    machine_arn: str,
    role_arn: str,
    definition: str,
    logging: Mapping[str, Any] | None,
) -> None:
    access = context.access
    try:
        access.check_role(role_arn, SERVICE, machine_arn)
    except RoleNotAssumableError as error:
        raise AccessDeniedException(
            f"Neither the global service principal {SERVICE}, nor the regional one is authorized "
            f"to assume the provided role. {error}"
        ) from error
    identity = session_of_role(context, role_arn, machine_arn)
    region = machine_arn.split(":")[3]
    start = f"arn:aws:events:{region}:{context.account_id}:rule"
    rules = [f"{start}/{name}" for name in sorted(_rules_of(definition))]
    needs = [Need(action, (rule,), {}) for rule in rules for action in _RULE_ACTIONS]
    if reason := access.why_denied(identity, needs):
        raise AccessDeniedException(
            f"'{role_arn}' is not authorized to create managed-rule. {reason}"
        )
    if logging and logging.get("level", "OFF") != "OFF":
        needs = [Need(action, ("*",), {}) for action in _LOG_ACTIONS]
        if reason := access.why_denied(identity, needs):
            raise AccessDeniedException(
                "The state machine IAM Role is not authorized to access the Log Destination. "
                f"{reason}"
            )


def _rules_of(definition: str) -> set[str]:
    """Return the names of the rules by which the states of a definition wait."""
    try:
        program = json.loads(definition)
    except ValueError:
        return set()  # Step Functions refuses it for that
    return {
        rule
        for resource in _resources(program)
        for suffix, rule in _RULES.items()
        if resource.endswith(f":::{suffix}")
    }


def _resources(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("Resource"), str):
            yield value["Resource"]
        for entry in value.values():
            yield from _resources(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _resources(entry)
