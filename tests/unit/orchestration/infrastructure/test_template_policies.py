"""No role can do more than its component needs, and the template exposes no secret."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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
# All of S3's actions that return an object's content or what describes it, and those that change it.
READING = (
    "s3:GetObject",
    "s3:GetObjectAttributes",
    "s3:GetObjectTorrent",
    "s3:GetObjectVersion",
    "s3:GetObjectVersionAttributes",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTorrent",
)
CHANGING = (
    "s3:PutObject",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:ReplicateObject",
    "s3:ReplicateDelete",
)


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


def _excepted(resources: dict[str, Any], action: str, path: str) -> set[str]:
    """Return to whom the bucket policy does not deny an action on objects under a path."""
    excepted: set[str] = set()
    denials = 0
    for statement in resources["DataBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]:
        targets = json.dumps(statement.get("Resource", ""))
        if action in _listed(statement.get("Action", [])) and f"/{path}/*" in targets:
            denials += 1
            assert statement["Effect"] == "Deny"
            assert statement["Principal"] == "*"
            names = statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
            excepted |= {
                item["Fn::GetAtt"][0] if "Fn::GetAtt" in item else item["Fn::If"][1]["Ref"]
                for item in names
            }
    assert denials == 1, f"{action} on {path} has {denials} rules"
    return excepted


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
    for action in READING:
        for path in ("raw_data", "quarantine"):
            assert _excepted(resources, action, path) == readers | {"RawReaderArn"}, action


def test_only_their_writers_change_raw_and_quarantine(resources: dict[str, Any]) -> None:
    """GIVEN the roles that may write WHEN the bucket policy is read THEN nobody else may."""
    for path in ("raw_data", "quarantine"):
        writers = {role for role in SERVICES if _may(resources, role, "s3:PutObject", path)}
        assert writers
        for action in CHANGING:
            assert _excepted(resources, action, path) == writers | {"RawReaderArn"}, action


def test_the_data_its_guard_and_the_key_stay_together(resources: dict[str, Any]) -> None:
    """GIVEN what an undeploy keeps WHEN read THEN the bucket never stays without its policy."""
    kept = {
        name: item["DeletionPolicy"]
        for name, item in resources.items()
        if item.get("DeletionPolicy", "Delete") != "Delete"
    }
    assert kept == dict.fromkeys(
        ("DataBucket", "DataBucketPolicy", "PseudonymKeySecret"), "RetainExceptOnCreate"
    )
    for name in kept:
        assert resources[name]["UpdateReplacePolicy"] == "Retain"
        assert "Condition" not in resources[name]


def test_the_pseudonym_key_is_made_as_it_always_was(resources: dict[str, Any]) -> None:
    """CloudFormation makes a new value when this text changes: no visitor would be recognized."""
    key = resources["PseudonymKeySecret"]["Properties"]
    assert key["GenerateSecretString"] == {"PasswordLength": 64, "ExcludePunctuation": True}


def test_an_image_tag_never_changes_its_image(resources: dict[str, Any]) -> None:
    assert resources["ImageRepository"]["Properties"]["ImageTagMutability"] == "IMMUTABLE"


@pytest.mark.parametrize(
    ("url", "is_allowed"),
    [
        ("https://api.wistia.com", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080/x", True),
        ("http://api.wistia.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://localhost.example.com", False),
        ("ftp://api.wistia.com", False),
        ("https://", False),
    ],
)
def test_the_token_only_travels_encrypted(
    template: dict[str, Any], url: str, is_allowed: bool
) -> None:
    pattern = template["Parameters"]["WistiaApiBaseUrl"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, url)) is is_allowed


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
    """Raw is gone a day after its retention: an expired object is an old version first."""
    rules = {
        rule.get("Prefix"): rule
        for rule in resources["DataBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    }
    for prefix in ("raw_data/", "quarantine/"):
        assert rules[prefix]["ExpirationInDays"] == {"Ref": "RawRetentionDays"}
    for prefix in ("raw_data/", "quarantine/", "processed_dev/", "processed_ci/"):
        assert rules[prefix]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_tables_that_no_erasure_reaches_expire(resources: dict[str, Any]) -> None:
    """GIVEN the prefixes of the dev and ci targets WHEN looked up THEN each has a lifecycle."""
    profiles = (Path(__file__).parents[4] / "profiles.yml.example").read_text(encoding="utf-8")
    written = set(re.findall(r"\}\}/(processed_\w+/)", profiles))
    rules = resources["DataBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule.get("Prefix") for rule in rules if "ExpirationInDays" in rule}
    assert written == {"processed_dev/", "processed_ci/"}
    assert written <= expiring
    assert not any("processed/".startswith(str(prefix)) for prefix in expiring)


def test_every_log_group_has_a_retention(resources: dict[str, Any]) -> None:
    groups = [item for item in resources.values() if item["Type"] == "AWS::Logs::LogGroup"]
    assert len(groups) >= 8
    assert all("RetentionInDays" in group["Properties"] for group in groups)
