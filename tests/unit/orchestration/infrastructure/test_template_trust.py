"""Every role is assumed by its service for this account alone, and where AWS names it for its own resource alone."""

from typing import Any

import pytest

from localaws.iam.documents import PolicyDocument
from localaws.iam.evaluation import Decision, Principal, evaluate_trust
from tests.support.resolved_template import ACCOUNT, REGION, ResolvedTemplate

OTHER_ACCOUNT = "444455556666"
# The property by which a resource takes a role, and the service that assumes it.
TAKERS = {
    "AWS::CodeBuild::Project": ({"ServiceRole"}, "codebuild.amazonaws.com"),
    "AWS::ECS::TaskDefinition": ({"ExecutionRoleArn", "TaskRoleArn"}, "ecs-tasks.amazonaws.com"),
    "AWS::Glue::Crawler": ({"Role"}, "glue.amazonaws.com"),
    "AWS::Glue::Job": ({"Role"}, "glue.amazonaws.com"),
    "AWS::Lambda::Function": ({"Role"}, "lambda.amazonaws.com"),
    "AWS::Scheduler::Schedule": ({"Target.RoleArn"}, "scheduler.amazonaws.com"),
    "AWS::StepFunctions::StateMachine": ({"RoleArn"}, "states.amazonaws.com"),
}
# The documented aws:SourceArn: the resource itself, the group of a schedule, anything of ECS, or (None) not relied on.
# CodeBuild: https://docs.aws.amazon.com/codebuild/latest/userguide/cross-service-confused-deputy-prevention.html
# ECS: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html (no single cluster)
# Scheduler: https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
# Step Functions: https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
# Lambda: https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html names both keys; CreateFunction
# and Glue's CreateCrawler and CreateJob try the role first, and no page says what they send then.
SOURCE_ARNS = {
    "codebuild.amazonaws.com": "itself",
    "ecs-tasks.amazonaws.com": f"arn:aws:ecs:{REGION}:{{account}}:task/any/0a1b",
    "glue.amazonaws.com": None,
    "lambda.amazonaws.com": None,
    "scheduler.amazonaws.com": f"arn:aws:scheduler:{REGION}:{{account}}:schedule-group/default",
    "states.amazonaws.com": "itself",
}


def _taken(resources: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return each role with the service that assumes it and the resource that it assumes it for."""
    found = []
    for name, item in resources.items():
        properties, service = TAKERS.get(item["Type"], (set(), ""))
        for path in properties:
            value = item["Properties"]
            for part in path.split("."):
                value = value.get(part, {})
            if value:
                found.append((value["Fn::GetAtt"][0], service, name))
    return found


@pytest.fixture(scope="module")
def stack(template: dict[str, Any]) -> ResolvedTemplate:
    return ResolvedTemplate(template)


def _assume(stack: ResolvedTemplate, role: str, service: str, **context: str | None) -> Decision:
    document = PolicyDocument.parse(
        stack.properties(role)["AssumeRolePolicyDocument"], kind="trust"
    )
    sent = {f"aws:{key}": value for key, value in context.items() if value is not None}
    return evaluate_trust(document, Principal.of_service(service), "sts:AssumeRole", sent)


def _source_arn(stack: ResolvedTemplate, service: str, resource: str) -> str | None:
    form = SOURCE_ARNS[service]
    if form == "itself":
        return stack.arn(resource)
    return None if form is None else form.format(account=ACCOUNT)


def test_every_role_is_taken_by_a_resource(resources: dict[str, Any]) -> None:
    roles = {name for name, item in resources.items() if item["Type"] == "AWS::IAM::Role"}
    assert {role for role, _, _ in _taken(resources)} == roles


def test_each_service_assumes_its_roles(stack: ResolvedTemplate, resources: dict[str, Any]) -> None:
    for role, service, resource in _taken(resources):
        arn = _source_arn(stack, service, resource)
        assert _assume(stack, role, service, SourceAccount=ACCOUNT, SourceArn=arn).allowed, role


def test_no_role_is_assumed_for_another_account(
    stack: ResolvedTemplate, resources: dict[str, Any]
) -> None:
    for role, service, resource in _taken(resources):
        arn = _source_arn(stack, service, resource)
        theirs = arn and arn.replace(ACCOUNT, OTHER_ACCOUNT)
        for account, source in [(OTHER_ACCOUNT, arn), (OTHER_ACCOUNT, theirs), (None, arn)]:
            decision = _assume(stack, role, service, SourceAccount=account, SourceArn=source)
            assert not decision.allowed, role


def test_no_role_is_assumed_for_another_resource_where_the_service_names_it(
    stack: ResolvedTemplate, resources: dict[str, Any]
) -> None:
    held = set()
    for role, service, resource in _taken(resources):
        arn = _source_arn(stack, service, resource)
        if arn is None:
            continue
        # An ARN of another service, and for those that name the resource itself another one of its kind.
        others = [f"arn:aws:sns:{REGION}:{ACCOUNT}:topic"]
        if SOURCE_ARNS[service] == "itself":
            others.append(f"{arn}-2")
        for other in others:
            assert not _assume(stack, role, service, SourceAccount=ACCOUNT, SourceArn=other).allowed
        held.add(service)
    assert held == {service for service, form in SOURCE_ARNS.items() if form}


def test_no_role_is_assumed_by_another_service(
    stack: ResolvedTemplate, resources: dict[str, Any]
) -> None:
    for role, service, resource in _taken(resources):
        arn = _source_arn(stack, service, resource)
        for other in set(SOURCE_ARNS) - {service}:
            assert not _assume(stack, role, other, SourceAccount=ACCOUNT, SourceArn=arn).allowed
