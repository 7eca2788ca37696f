"""Whatever a stack writes into CloudWatch Logs expires."""

from collections.abc import Callable
from typing import Any

import pytest

from orchestration.infrastructure import log_groups
from tests.support.account import Account


def _of_tasks(properties: dict[str, Any]) -> list[Any]:
    containers = properties["ContainerDefinitions"]
    return [it["LogConfiguration"]["Options"]["awslogs-group"] for it in containers]


def _of_machines(properties: dict[str, Any]) -> list[Any]:
    targets = properties.get("LoggingConfiguration", {}).get("Destinations", [])
    groups = [it["CloudWatchLogsLogGroup"]["LogGroupArn"] for it in targets]
    return [{"Ref": group["Fn::GetAtt"][0]} for group in groups]


def _of_jobs(properties: dict[str, Any]) -> list[Any]:
    prefix = properties["DefaultArguments"]["--custom-logGroup-prefix"]["Fn::Sub"]
    return [f"{prefix}/output", f"{prefix}/error"]


def _of_crawlers(properties: dict[str, Any]) -> list[Any]:
    assert "CrawlerSecurityConfiguration" not in properties, "it renames the group"
    return ["/aws-glue/crawlers"]


# Types that write logs, with their groups: a name, or a reference to a declared group. A new type
# in the template is looked at once, and joins these or one of the two sets below.
WRITERS: dict[str, Callable[[dict[str, Any]], list[Any]]] = {
    "AWS::CodeBuild::Project": lambda it: [it["LogsConfig"]["CloudWatchLogs"]["GroupName"]],
    "AWS::ECS::TaskDefinition": _of_tasks,
    "AWS::Glue::Crawler": _of_crawlers,
    "AWS::Glue::Job": _of_jobs,
    "AWS::Lambda::Function": lambda it: [f"/aws/lambda/{it['FunctionName']['Fn::Sub']}"],
    "AWS::StepFunctions::StateMachine": _of_machines,
}
SILENT_SERVICES = {
    *("Athena", "CloudFront", "CloudWatch", "ECR", "IAM", "Logs", "S3", "SNS", "SQS"),
    *("Scheduler", "SecretsManager", "EC2"),
}
SILENT_TYPES = {"AWS::ECS::Cluster", "AWS::Glue::Database", "AWS::Glue::Table"}


def test_every_type_of_the_template_is_known_to_write_logs_or_not(
    resources: dict[str, Any],
) -> None:
    for resource in resources.values():
        kind = resource["Type"]
        silent = kind in SILENT_TYPES or kind.split("::")[1] in SILENT_SERVICES
        assert silent != (kind in WRITERS), kind


def test_every_group_that_anything_writes_into_expires(resources: dict[str, Any]) -> None:
    """GIVEN all writers WHEN their groups are looked up THEN each is declared, or set by the deploy."""
    declared: list[Any] = list(log_groups.SHARED)
    for name, resource in resources.items():
        if resource["Type"] == "AWS::Logs::LogGroup":
            assert resource["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
            group = resource["Properties"]["LogGroupName"]
            declared += [{"Ref": name}, group, group["Fn::Sub"]]
    written = [
        group
        for it in resources.values()
        if it["Type"] in WRITERS
        for group in WRITERS[it["Type"]](it["Properties"])
    ]
    assert len(written) >= 10
    assert [group for group in written if group not in declared] == []


def test_a_job_and_a_function_never_make_their_group_themselves(resources: dict[str, Any]) -> None:
    """GIVEN a group that the service would make without a retention THEN it is there before."""
    for name, resource in resources.items():
        if resource["Type"] in {"AWS::Lambda::Function", "AWS::Glue::Job"}:
            first = resource["DependsOn"]
            groups = first if isinstance(first, list) else [first]
            assert all(resources[it]["Type"] == "AWS::Logs::LogGroup" for it in groups), name


@pytest.fixture
def shared(account: Account) -> Any:
    """Say the retention of the crawlers' group after a deploy has looked at it."""

    def days() -> Any:
        log_groups.expire_shared(account.cloud, lambda _: None)
        client = account.cloud.client("logs")
        (group,) = client.describe_log_groups(logGroupNamePrefix="/aws-glue/crawlers")["logGroups"]
        return group.get("retentionInDays")

    return days


def test_the_deploy_lets_the_crawlers_group_expire(account: Account, shared: Any) -> None:
    client = account.cloud.client("logs")
    assert shared() == 30
    client.delete_retention_policy(logGroupName="/aws-glue/crawlers")
    assert shared() == 30


def test_the_deploy_leaves_a_retention_that_somebody_chose(account: Account, shared: Any) -> None:
    client = account.cloud.client("logs")
    shared()
    client.put_retention_policy(logGroupName="/aws-glue/crawlers", retentionInDays=7)
    assert shared() == 7
