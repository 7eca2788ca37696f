"""Each check says what is wrong when something is, and none ends the command."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from orchestration.checks import lists, quotas, rights, run
from orchestration.checks.check import Check, Finding, Site, Verdict
from orchestration.checks.schedules import longest_gap
from orchestration.cli.checks import show
from orchestration.cli.screen import Screen
from tests.support.account import Account, own_account

NAME = "wistia-analytics"
TOPIC = f"arn:aws:sns:us-east-1:123456789012:{NAME}-alerts"
CHECKS = {check.name: check for check in (*lists.PREFLIGHT, *lists.DOCTOR)}


class World:
    """An account with some of the stack, and answers for what moto does not offer."""

    def __init__(self, account: Account, stack: ExitStack) -> None:
        self.account = account
        self.rows: list[list[str | None]] = [[None]]
        self.site = Site(account.cloud, lambda _: self.rows)
        self._stack = stack
        self._stubs: dict[str, Stubber] = {}

    def client(self, service: str) -> Any:
        return self.account.cloud.client(service)

    def answer(self, service: str, operation: str, response: dict[str, Any]) -> None:
        """Let the next call of a service be this one; botocore checks the answer's form."""
        if service not in self._stubs:
            self._stubs[service] = self._stack.enter_context(Stubber(self.client(service)))
        self._stubs[service].add_response(operation, response)

    def refuse(self, service: str, operation: str, code: str) -> None:
        if service not in self._stubs:
            self._stubs[service] = self._stack.enter_context(Stubber(self.client(service)))
        self._stubs[service].add_client_error(operation, code, "said so", http_status_code=400)

    def has(self, **resources: tuple[str, str]) -> None:
        """Let the stack have these resources, by type and physical id."""
        self.site.__dict__["resources"] = resources  # as cached_property does

    def ask(self, name: str) -> list[tuple[str, Finding]]:
        return list(run.findings([CHECKS[name]], self.site))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with own_account(monkeypatch) as account, ExitStack() as stack:
        yield World(account, stack)


def _bucket_of_artifacts(world: World) -> None:
    world.client("s3").create_bucket(Bucket=world.account.cloud.artifacts_bucket)


# ── what breaks each check ───────────────────────────────────────────────────────────────────────


def _root(world: World) -> None:
    caller = {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:root", "UserId": "1"}
    world.answer("sts", "get_caller_identity", caller)


def _region(world: World) -> None:
    object.__setattr__(world.site.settings, "region", "us-nowhere-1")


def _engine(world: World) -> None:
    old = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 2"}
    world.answer("athena", "list_engine_versions", {"EngineVersions": [old]})


def _long_name(world: World) -> None:
    object.__setattr__(world.site.settings, "stack_name", "a" * 31)


def _deleting(world: World) -> None:
    client = world.client("secretsmanager")
    client.create_secret(Name=f"{NAME}/pseudonym-key", SecretString="key")
    client.delete_secret(SecretId=f"{NAME}/pseudonym-key")


def _stuck(world: World) -> None:
    stack = {
        "StackName": NAME,
        "StackStatus": "ROLLBACK_FAILED",
        "CreationTime": datetime(2026, 3, 1, tzinfo=UTC),
    }
    world.answer("cloudformation", "describe_stacks", {"Stacks": [stack]})


def _foreign_database(world: World) -> None:
    world.client("glue").create_database(DatabaseInput={"Name": "wistia_staging"})


def _invalid_template(world: World) -> None:
    _bucket_of_artifacts(world)
    world.refuse("cloudformation", "validate_template", "ValidationError")


def _bad_change_set(world: World) -> None:
    _bucket_of_artifacts(world)
    client = "cloudformation"
    stack = {"StackName": NAME, "StackStatus": "CREATE_COMPLETE", "CreationTime": datetime.now(UTC)}
    world.answer(client, "describe_stacks", {"Stacks": [stack]})
    world.answer(client, "create_change_set", {"Id": "i" * 20, "StackId": NAME})
    failed = {"Status": "FAILED", "StatusReason": "a property is wrong"}
    for _ in range(2):  # the waiter, and what reads the reason
        world.answer(client, "describe_change_set", failed)
    world.answer(client, "delete_change_set", {})


def _denied(world: World) -> None:
    world.answer(
        "iam",
        "simulate_principal_policy",
        {
            "EvaluationResults": [
                {"EvalActionName": name, "EvalDecision": "implicitDeny"}
                for name in rights.NEEDED[:2]
            ]
        },
    )


def _lake_formation(world: World) -> None:
    settings = {"CreateDatabaseDefaultPermissions": [], "CreateTableDefaultPermissions": []}
    world.answer("lakeformation", "get_data_lake_settings", {"DataLakeSettings": settings})


def _no_builds(world: World) -> None:
    none = {"QuotaName": "Concurrently running builds for Linux/Small environment", "Value": 0.0}
    for number, _ in enumerate(quotas.QUOTAS):
        world.answer("service-quotas", "list_service_quotas", {"Quotas": [] if number else [none]})


def _disabled(world: World) -> None:
    world.client("scheduler").create_schedule(
        Name=f"{NAME}-nightly",
        State="DISABLED",
        ScheduleExpression="cron(0 2 * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": TOPIC, "RoleArn": "arn:aws:iam::123456789012:role/any"},
    )


def _failed_night(world: World) -> None:
    night = {
        "executionArn": "arn:one",
        "stateMachineArn": "arn:machine",
        "name": "one",
        "status": "FAILED",
        "startDate": datetime.now(UTC),
    }
    world.answer("stepfunctions", "list_executions", {"executions": [night]})


def _unregistered(world: World) -> None:
    _staging(world)
    key = "staging/events/event_date=2026-03-01/part.parquet"
    world.client("s3").put_object(Bucket=world.account.bucket, Key=key, Body=b"rows")


def _staging(world: World) -> None:
    glue = world.client("glue")
    glue.create_database(DatabaseInput={"Name": "wistia_staging"})
    place = {"Location": f"s3://{world.account.bucket}/staging/events/"}
    glue.create_table(
        DatabaseName="wistia_staging",
        TableInput={
            "Name": "events",
            "StorageDescriptor": place,
            "PartitionKeys": [{"Name": "event_date", "Type": "date"}],
        },
    )


def _behind(world: World) -> None:
    _staging(world)
    partition = {"Values": ["2026-03-02"], "StorageDescriptor": {"Location": "s3://x/y/"}}
    world.client("glue").create_partition(
        DatabaseName="wistia_staging", TableName="events", PartitionInput=partition
    )
    world.rows = [["2026-03-01"]]


def _expiring(world: World) -> None:
    glue = world.client("glue")
    glue.create_database(DatabaseInput={"Name": "wistia_analytics"})
    place = {"Location": f"s3://{world.account.bucket}/athena-results/tables/dim_media"}
    glue.create_table(
        DatabaseName="wistia_analytics",
        TableInput={"Name": "dim_media", "StorageDescriptor": place},
    )
    rule = {
        "ID": "query-results",
        "Status": "Enabled",
        "Filter": {"Prefix": "athena-results/"},
        "Expiration": {"Days": 7},
    }
    world.client("s3").put_bucket_lifecycle_configuration(
        Bucket=world.account.bucket, LifecycleConfiguration={"Rules": [rule]}
    )


def _alarm(world: World) -> None:
    _stack_with_alarm(world)
    world.client("cloudwatch").set_alarm_state(
        AlarmName=f"{NAME}-no-events", StateValue="ALARM", StateReason="a test"
    )


def _stack_with_alarm(world: World) -> None:
    world.client("sns").create_topic(Name=f"{NAME}-alerts")
    world.client("cloudwatch").put_metric_alarm(
        AlarmName=f"{NAME}-no-events",
        AlarmDescription="No new event (runbook 'No events')",
        AlarmActions=[TOPIC],
        Namespace="WistiaPipeline",
        MetricName="NewRows",
        Statistic="Sum",
        Period=3600,
        EvaluationPeriods=1,
        ComparisonOperator="LessThanThreshold",
        Threshold=1,
    )
    world.has(
        Topic=("AWS::SNS::Topic", TOPIC), Alarm=("AWS::CloudWatch::Alarm", f"{NAME}-no-events")
    )


def _unconfirmed(world: World) -> None:
    _stack_with_alarm(world)
    pending = {"SubscriptionArn": "PendingConfirmation", "TopicArn": TOPIC}
    world.answer("sns", "list_subscriptions_by_topic", {"Subscriptions": [pending]})


def _kept_for_ever(world: World) -> None:
    world.account.log("/aws-glue/jobs/output", "run", "a line")


def _drifted(world: World) -> None:
    client = "cloudformation"
    world.answer(client, "detect_stack_drift", {"StackDriftDetectionId": "1"})
    ended = {
        "StackId": NAME,
        "StackDriftDetectionId": "1",
        "DetectionStatus": "DETECTION_COMPLETE",
        "Timestamp": datetime.now(UTC),
    }
    world.answer(client, "describe_stack_drift_detection_status", ended)
    drift = {
        "StackId": NAME,
        "LogicalResourceId": "AthenaWorkGroup",
        "ResourceType": "AWS::Athena::WorkGroup",
        "StackResourceDriftStatus": "MODIFIED",
        "Timestamp": datetime.now(UTC),
    }
    world.answer(client, "describe_stack_resource_drifts", {"StackResourceDrifts": [drift]})


def _nothing(world: World) -> None:
    """A new account lacks it already."""


# By the name of the check: what breaks it, and a part of what it then says.
BROKEN: dict[str, tuple[Callable[[World], None], str]] = {
    "credentials": (_root, "account's root should not deploy"),
    "region": (_region, "Set AWS_REGION"),
    "engine": (_engine, "Athena engine version 2"),
    "names": (_long_name, "at most 30 characters"),
    "token": (_nothing, "WISTIA_API_TOKEN is not set"),
    "data": (_nothing, "is missing, but the stack has it"),
    "secret": (_deleting, "restore-secret"),
    "database": (_foreign_database, "is not this stack's"),
    "template": (_invalid_template, "said so"),
    "change set": (_bad_change_set, "a property is wrong"),
    "rights": (_denied, "may not cloudformation:CreateStack"),
    "ECS role": (_nothing, "create-service-linked-role"),
    "Lake Formation": (_lake_formation, "use only IAM access control"),
    "quota": (_no_builds, "Linux/Small environment: 0, in use 0, needed 1"),
    "stack": (_stuck, "ROLLBACK_FAILED"),
    "deploy": (_stuck, "ROLLBACK_FAILED"),
    "schedule": (_disabled, "ScheduleState"),
    "last night": (_failed_night, "one FAILED"),
    "partitions": (_unregistered, "1 of 1 in S3 are not in the catalog, 2026-03-01"),
    "marts": (_behind, "fact_events reaches to 2026-03-01, staging to 2026-03-02"),
    "expiry": (_expiring, "deleted after 7 days"),
    "bucket": (_nothing, "the template says Enabled"),
    "alarm": (_alarm, "is in ALARM. To do: docs/runbook.md: No events"),
    "subscription": (_unconfirmed, "no subscription is confirmed"),
    "logs": (_kept_for_ever, "never expires"),
    "drift": (_drifted, "AthenaWorkGroup"),
}
# AWS has no answer that could be bad.
NEVER_BAD = {"Glue"}


def test_every_check_is_made_to_fail() -> None:
    assert BROKEN.keys() | NEVER_BAD == CHECKS.keys()


@pytest.mark.parametrize("name", BROKEN)
def test_a_check_says_what_is_wrong_and_what_to_do(
    name: str, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """GIVEN an account in which one thing is wrong WHEN asked THEN a line has ✗ and the advice."""
    break_it, part = BROKEN[name]
    break_it(world)
    counts = show(Screen(), [CHECKS[name]], world.site)
    bad = [line for line in capsys.readouterr().out.splitlines() if line.startswith(f"✗ {name}")]
    assert counts[Verdict.BAD] == len(bad) > 0
    assert any(part in line for line in bad), bad
    assert all(". To do: " in line for line in bad)


@pytest.mark.parametrize("name", CHECKS)
def test_a_caller_who_may_not_look_is_told_so(name: str, world: World) -> None:
    """GIVEN calls that are all denied WHEN asked THEN the check says so, and ends in no error."""

    def deny(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "SomeCall")

    for service in (
        *("athena", "cloudformation", "cloudwatch", "glue", "iam", "lakeformation", "logs", "s3"),
        *("scheduler", "secretsmanager", "service-quotas", "sns", "stepfunctions", "sts"),
    ):
        world.client(service).meta.events.register("before-call", deny)
    asks_nobody = name in {"Glue", "region", "names"}  # the account is known by now
    for _, finding in world.ask(name):
        is_told = "not allowed to look" in finding.seen or "not identify the caller" in finding.seen
        assert is_told or asks_nobody
        assert finding.advice or asks_nobody


def test_an_answer_in_an_unknown_form_ends_no_other_check(world: World) -> None:
    broken = Check("broken", lambda _: list(map(int, "x")))
    found = list(run.findings([broken, CHECKS["credentials"]], world.site))
    assert [finding.verdict for _, finding in found] == [Verdict.UNKNOWN, Verdict.GOOD]
    assert "ValueError" in found[0][1].seen


def test_the_command_fails_if_a_check_does(world: World) -> None:
    ran = world.account.run("preflight")
    assert ran.exit_code == 1
    assert "ECS role: there is no role" in ran.output
    assert "Traceback" not in ran.output


@pytest.mark.parametrize(
    ("expression", "gap"),
    [
        ("cron(0 2 * * ? *)", timedelta(days=1)),
        ("cron(30 2,14 * * ? *)", timedelta(hours=12)),
        ("cron(0 2 ? * SUN *)", timedelta(days=7)),
        ("rate(2 days)", timedelta(days=2)),
        ("cron(0 2 ? * MON-FRI *)", None),
        ("at(2026-03-02T02:00:00)", None),
    ],
)
def test_the_gap_of_a_schedule(expression: str, gap: timedelta | None) -> None:
    assert longest_gap(expression) == gap


def test_a_change_set_for_a_new_stack_leaves_no_stack_behind(world: World) -> None:
    """GIVEN no stack WHEN asked THEN a change set is created and nothing is left of it."""
    client = world.client("cloudformation")
    client.delete_stack(StackName=NAME)
    _bucket_of_artifacts(world)
    ((_, finding),) = world.ask("change set")
    assert finding.verdict is Verdict.GOOD, finding
    assert "(CREATE) was created, not executed, and deleted" in finding.seen
    left = client.list_stacks()["StackSummaries"]
    assert {item["StackStatus"] for item in left} == {"DELETE_COMPLETE"}
