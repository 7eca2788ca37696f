"""No role can do more than its component needs, and the template exposes no secret."""

import json
from collections.abc import Iterator
from typing import Any

# Actions that support no resource: AWS accepts only "*" for them.
RESOURCELESS = {
    "cloudwatch:PutMetricData",
    "ecr:GetAuthorizationToken",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
}
# What each component may touch at all; a new service here is a decision, not an accident.
SERVICES = {
    "PlanRole": {"logs", "s3", "secretsmanager", "states"},
    "IngestRole": {"logs", "s3", "secretsmanager"},
    "SealRole": {"logs", "s3"},
    "RegisterRole": {"glue", "logs", "s3"},
    "CommitRole": {"logs", "s3"},
    "ReportRole": {"logs", "s3"},
    "NormalizeRole": {"cloudwatch", "logs", "s3", "secretsmanager"},
    "CrawlerRole": {"glue", "logs", "s3"},
    "ImageBuildRole": {"ecr", "logs", "s3"},
    "TaskExecutionRole": {"ecr", "logs"},
    "DbtRole": {"athena", "glue", "s3"},
    "NightlyRole": {"ecs", "events", "glue", "iam", "lambda", "logs", "sns"},
    "UpkeepRole": {"ecs", "events", "iam", "sns"},
    "ScheduleRole": {"cloudwatch", "sqs", "states"},
}
DATA = "-data-"


def _roles(resources: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in resources.items() if item["Type"] == "AWS::IAM::Role"}


def _statements(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for policy in role["Properties"]["Policies"]:
        yield from policy["PolicyDocument"]["Statement"]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _may(resources: dict[str, Any], role: str, action: str, path: str) -> bool:
    """Whether the role has the action on objects under a path of the data bucket."""
    for statement in _statements(resources[role]):
        targets = [json.dumps(target) for target in _listed(statement["Resource"])]
        if action in _listed(statement["Action"]) and any(
            DATA in target and f"/{path}" in target for target in targets
        ):
            return True
    return False


def test_no_role_has_an_action_with_a_wildcard(resources: dict[str, Any]) -> None:
    wild = [
        (name, action)
        for name, role in _roles(resources).items()
        for statement in _statements(role)
        for action in _listed(statement["Action"])
        if "*" in action
    ]
    assert wild == []


def test_only_actions_that_support_no_resource_have_none(resources: dict[str, Any]) -> None:
    loose = [
        (name, action)
        for name, role in _roles(resources).items()
        for statement in _statements(role)
        if "*" in _listed(statement["Resource"])
        for action in _listed(statement["Action"])
        if action not in RESOURCELESS
    ]
    assert loose == []


def test_no_role_uses_a_managed_policy(resources: dict[str, Any]) -> None:
    assert [n for n, r in _roles(resources).items() if "ManagedPolicyArns" in r["Properties"]] == []


def test_every_role_touches_only_the_services_of_its_component(resources: dict[str, Any]) -> None:
    used = {
        name: {
            action.partition(":")[0]
            for statement in _statements(role)
            for action in _listed(statement["Action"])
        }
        for name, role in _roles(resources).items()
    }
    assert used == SERVICES


def test_only_the_commit_moves_watermarks(resources: dict[str, Any]) -> None:
    writers = {
        role
        for role in SERVICES
        if _may(resources, role, "s3:PutObject", "state/watermarks")
        or _may(resources, role, "s3:PutObject", "state/*")
    }
    assert writers == {"CommitRole"}


def test_only_ingest_seal_and_the_job_read_raw_records(resources: dict[str, Any]) -> None:
    readers = {role for role in SERVICES if _may(resources, role, "s3:GetObject", "raw_data")}
    assert readers == {"IngestRole", "SealRole", "NormalizeRole"}
    policy = resources["DataBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    guard = next(item for item in policy if item.get("Sid") == "RawIsForTheJob")
    excepted = json.dumps(guard["Condition"]["ArnNotEquals"]["aws:PrincipalArn"])
    for role in readers:
        assert role in excepted


def test_nothing_raw_is_ever_deleted_by_a_role(resources: dict[str, Any]) -> None:
    assert [r for r in SERVICES if _may(resources, r, "s3:DeleteObject", "raw_data")] == []


def test_dbt_cannot_write_staging(resources: dict[str, Any]) -> None:
    assert not _may(resources, "DbtRole", "s3:PutObject", "staging")
    for statement in _statements(resources["DbtRole"]):
        if any("Create" in action or "Update" in action for action in _listed(statement["Action"])):
            assert "StagingDatabase" not in json.dumps(statement["Resource"])


def test_only_the_functions_that_call_wistia_read_its_token(resources: dict[str, Any]) -> None:
    readers = {
        name
        for name, role in _roles(resources).items()
        if "WistiaTokenSecret" in json.dumps(role["Properties"]["Policies"])
    }
    assert readers == {"PlanRole", "IngestRole"}


def test_roles_are_passed_to_one_service_only(resources: dict[str, Any]) -> None:
    for role in _roles(resources).values():
        for statement in _statements(role):
            if "iam:PassRole" in _listed(statement["Action"]):
                assert "iam:PassedToService" in json.dumps(statement["Condition"])


def test_the_template_holds_no_secret(template: dict[str, Any]) -> None:
    token = template["Resources"]["WistiaTokenSecret"]["Properties"]
    assert "SecretString" not in token
    assert "token" not in " ".join(template["Parameters"]).lower()
    assert "WISTIA_API_TOKEN" not in json.dumps(template)


def test_buckets_are_encrypted_private_and_tls_only(resources: dict[str, Any]) -> None:
    bucket = resources["DataBucket"]["Properties"]
    assert bucket["BucketEncryption"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    statements = resources["DataBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    tls = next(item for item in statements if item.get("Sid") == "TlsOnly")
    assert tls["Effect"] == "Deny"
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_raw_and_quarantine_expire(resources: dict[str, Any]) -> None:
    rules = resources["DataBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule.get("Prefix"): rule.get("ExpirationInDays") for rule in rules}
    assert expiring["raw_data/"] == expiring["quarantine/"] == {"Ref": "RawRetentionDays"}


def test_every_log_group_has_a_retention(resources: dict[str, Any]) -> None:
    groups = [item for item in resources.values() if item["Type"] == "AWS::Logs::LogGroup"]
    assert len(groups) >= 8
    assert all("RetentionInDays" in group["Properties"] for group in groups)
