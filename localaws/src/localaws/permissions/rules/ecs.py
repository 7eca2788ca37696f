"""ECS: a task is started from a revision of a definition, in a cluster, with its roles.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/security_iam_service-with-iam.html
and "iam:PassRole" in https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
"""

from collections.abc import Iterator
from typing import Any

from localaws.permissions.arns import is_arn, last_part
from localaws.permissions.context import Context
from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.passed_roles import pass_role
from localaws.permissions.reference import action_of
from localaws.permissions.rules.rule import Rule, ServiceRules

_TASKS = "ecs-tasks.amazonaws.com"


def _cluster_arn(request: ApiRequest) -> str:
    cluster = request.text("cluster", "clusterName") or "default"
    return cluster if is_arn(cluster) else request.arn(f"cluster/{cluster}")


def _run(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    context: Context = {"ecs:cluster": _cluster_arn(request)}
    if request.get("capacityProviderStrategy"):
        context["ecs:capacity-provider"] = [
            request.arn(f"capacity-provider/{item.get('capacityProvider')}")
            for item in request.parameters["capacityProviderStrategy"]
            if isinstance(item, dict)
        ]
    own = Need(request.action, (_definition_arn(request, facts),), context)
    return [own, *_passed(request, facts)]


def _service(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    own = Need(request.action, _in_cluster(request, "service", "serviceName", "service"),
               {"ecs:cluster": _cluster_arn(request)})  # fmt: skip
    return [own, *(_passed(request, facts) if request.text("taskDefinition") else [])]


def _register(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    resource = request.arn(f"task-definition/{request.text('family') or '*'}:*")
    roles = [request.text("taskRoleArn"), request.text("executionRoleArn")]
    return [Need(request.action, (resource,)), *_passing(request, roles)]


def _tasks(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    resources = _in_cluster(request, "task", "task", "tasks")
    if request.operation == "ExecuteCommand":
        resources = (_cluster_arn(request), *resources)
    return [Need(request.action, resources, {"ecs:cluster": _cluster_arn(request)})]


def _list_tasks(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    """Return the cluster's instances: the reference has them as what a list is about."""
    resources = _in_cluster(request, "container-instance", "containerInstance")
    return [Need(request.action, resources, {"ecs:cluster": _cluster_arn(request)})]


def _definition_arn(request: ApiRequest, facts: AccountFacts) -> str:
    """Return the revision that will run; all of the family where there is none."""
    name = request.text("taskDefinition")
    known = facts.task_definition(request.region, name)
    if known is not None:
        return known.arn
    if is_arn(name):
        return name
    return request.arn(f"task-definition/{name if ':' in name else f'{name}:*'}")


def _passed(request: ApiRequest, facts: AccountFacts) -> Iterator[Need]:
    known = facts.task_definition(request.region, request.text("taskDefinition"))
    overrides: Any = request.get("overrides")
    overrides = overrides if isinstance(overrides, dict) else {}
    roles = [
        overrides.get("taskRoleArn") or (known.task_role_arn if known else None),
        overrides.get("executionRoleArn") or (known.execution_role_arn if known else None),
    ]
    return _passing(request, roles)


def _passing(request: ApiRequest, roles: list[Any]) -> Iterator[Need]:
    for role in dict.fromkeys(str(role) for role in roles if role):
        arn = role if is_arn(role) else request.global_arn(f"role/{role}", "iam")
        yield pass_role(request, arn, _TASKS)


def _in_cluster(request: ApiRequest, kind: str, *parameters: str) -> tuple[str, ...]:
    cluster = last_part(_cluster_arn(request))
    names = request.texts(*parameters)
    arns = [name if is_arn(name) else request.arn(f"{kind}/{cluster}/{name}") for name in names]
    return tuple(arns) or (request.arn(f"{kind}/{cluster}/*"),)


def _resources(request: ApiRequest, _facts: AccountFacts) -> tuple[str, ...] | None:
    if request.operation in {"DescribeClusters", "CreateCluster"}:
        names = request.texts("clusters", "clusterName") or ["default"]
        return tuple(name if is_arn(name) else request.arn(f"cluster/{name}") for name in names)
    if request.operation == "DeleteTaskDefinitions":
        names = request.texts("taskDefinitions")
        return tuple(
            name if is_arn(name) else request.arn(f"task-definition/{name}") for name in names
        )
    if request.operation == "DescribeServices":
        return _in_cluster(request, "service", "services")
    if request.operation == "DescribeContainerInstances":
        return _in_cluster(request, "container-instance", "containerInstances")
    action = action_of("ecs", request.operation)
    if action is not None and [kind.name for kind in action.resource_types] == ["cluster"]:
        return (_cluster_arn(request),)
    return None


_OPERATIONS: dict[str, Rule] = {
    **dict.fromkeys(("RunTask", "StartTask"), _run),
    **dict.fromkeys(("CreateService", "UpdateService", "DeleteService"), _service),
    **dict.fromkeys(
        ("StopTask", "DescribeTasks", "ExecuteCommand", "GetTaskProtection",
         "UpdateTaskProtection"), _tasks),
    "ListTasks": _list_tasks,
    "RegisterTaskDefinition": _register,
}  # fmt: skip

RULES = ServiceRules(operations=_OPERATIONS, resources=_resources, passes_roles=False)
