"""The deploy role may do what deploying takes, and nothing else."""

from fnmatch import fnmatch
from typing import Any

import pytest

from localaws.cloudformation import property_schemas
from orchestration.infrastructure import template as templates
from tests.support.deployments import Deployment

ROLES = templates.load(
    templates.TEMPLATE.with_name("deploy_roles.yml").read_text(encoding="utf-8")
)["Resources"]
# Calls whose permission has another name (service authorization reference).
PERMISSIONS = {
    "s3:HeadBucket": ["s3:ListBucket"],
    "s3:HeadObject": ["s3:GetObject"],
    "s3:ListObjectsV2": ["s3:ListBucket"],
    "s3:ListObjectVersions": ["s3:ListBucketVersions"],
    "s3:PutPublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "s3:PutBucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration"],
    "s3:DeleteObjects": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
    "s3:CreateMultipartUpload": ["s3:PutObject"],
    "s3:UploadPart": ["s3:PutObject"],
    "s3:CompleteMultipartUpload": ["s3:PutObject"],
    "sts:GetCallerIdentity": [],  # needs none
}
# What no recording here can show. The schema of CodeBuild's projects names no permissions, and an
# upload that fails is cleaned up only when it fails.
DOCUMENTED = {
    "codebuild:CreateProject",
    "codebuild:UpdateProject",
    "codebuild:DeleteProject",
    "codebuild:BatchGetProjects",
    "s3:AbortMultipartUpload",
    "secretsmanager:RestoreSecret",  # a key that somebody has deleted
    "cloudformation:GetTemplate",  # a stack of an earlier template that lacks its data
    "cloudformation:DeleteChangeSet",  # an import that is refused
}
# What a type needs for features that the template does not use, by feature.
UNUSED = {
    "replication, websites, logging, locks, tables and more of buckets": (
        "s3:*Abac",
        "s3:*Metadata*Table*",
        "s3:DeleteBucketAnalyticsConfiguration",
        "s3:DeleteBucketCors",
        "s3:DeleteBucketEncryption",
        "s3:DeleteBucketLifecycle",
        "s3:DeleteBucketMetricsConfiguration",
        "s3:DeleteBucketReplication",
        "s3:DeleteBucketWebsite",
        "s3:ListBucketMultipartUploads",
        "s3:ListMultipartUploadParts",
        "s3:PutAccelerateConfiguration",
        "s3:PutAnalyticsConfiguration",
        "s3:PutBucketAcl",
        "s3:PutBucketCORS",
        "s3:PutBucketLogging",
        "s3:PutBucketNotification",
        "s3:PutBucketObjectLockConfiguration",
        "s3:PutBucketReplication",
        "s3:PutBucketWebsite",
        "s3:PutIntelligentTieringConfiguration",
        "s3:PutInventoryConfiguration",
        "s3:PutMetricsConfiguration",
        "s3:PutObjectAcl",
        "s3:PutObjectLockConfiguration",
        "s3:PutReplicationConfiguration",
        "s3:REST.PUT.OBJECT",
        "s3tables:*",
    ),
    "keys of KMS": ("kms:*", "logs:*KmsKey"),
    "secrets in several regions": ("secretsmanager:*Replicat*",),
    "file systems, streams, lattices": (
        "elasticfilesystem:*",
        "s3files:*",
        "firehose:*",
        "vpc-lattice:*",
        "vpce:*",
    ),
    "aliases, layers, concurrency and signing of functions": (
        "lambda:AssociateRuntimeAlias",
        "lambda:DeleteFunctionC*",
        "lambda:PassCapacityProvider",
        "lambda:PublishVersion",
        "lambda:PutFunction*",
        "lambda:PutRuntimeManagementConfig",
    ),
    "managed policies and boundaries of roles": (
        "iam:AttachRolePolicy",
        "iam:DetachRolePolicy",
        "iam:*PermissionsBoundary",
    ),
    "connections and schemas of Glue": ("glue:*Connection", "glue:GetSchemaVersion"),
    "Lake Formation, which an account turns on": ("lakeformation:*",),
    "IPv6, VPN, encryption, tenancy and inbound rules of networks": (
        "ec2:AssociateSubnetCidrBlock",
        "ec2:DisassociateSubnetCidrBlock",
        "ec2:*VpnGateway",
        "ec2:CreateVpcEncryptionControl",
        "ec2:ModifyVpcTenancy",
        "ec2:*SecurityGroupIngress",
        "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
    ),
    "policies of repositories": ("ecr:DeleteRepositoryPolicy", "ecr:SetRepositoryPolicy"),
    "settings of the account": ("ecs:PutAccountSetting*",),
    "protection, indexes and policies of logs": (
        "logs:DeleteDataProtectionPolicy",
        "logs:PutDataProtectionPolicy",
        "logs:DeleteIndexPolicy",
        "logs:DeleteResourcePolicy",
        "logs:PutBearerTokenAuthentication",
        "logs:PutIndexPolicy",
        "logs:PutLogGroupDeletionProtection",
    ),
    "data protection of topics": ("sns:PutDataProtectionPolicy",),
    "staging, tenants and tags in one call of distributions": (
        "cloudfront:CreateConnectionGroup",
        "cloudfront:CreateDistributionWithTags",
        "cloudfront:UpdateDistributionWithStagingConfig",
    ),
}


def allowed() -> set[str]:
    """Return the actions of the deploy role, wildcards included."""
    names = [item["Ref"] for item in ROLES["DeployRole"]["Properties"]["ManagedPolicyArns"]]
    return {
        action
        for name in names
        for statement in ROLES[name]["Properties"]["PolicyDocument"]["Statement"]
        for action in listed(statement["Action"])
    }


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def matches(action: str, patterns: Any) -> bool:
    return any(fnmatch(action, pattern) for pattern in patterns)


def published() -> set[str]:
    """Return the permissions that CloudFormation needs for the types of the template."""
    kinds = {item["Type"] for item in templates.load()["Resources"].values()}
    schemas = [property_schemas.schema_of(kind) or {} for kind in kinds]
    return {
        permission
        for schema in schemas
        for step in ("create", "read", "update", "delete")
        for permission in schema.get("handlers", {}).get(step, {}).get("permissions", ())
    }


def unused() -> list[str]:
    return [pattern for patterns in UNUSED.values() for pattern in patterns]


@pytest.fixture
def recorded(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The permissions of all calls that deploying, changing, deleting and deploying again make."""
    calls: set[str] = set()
    monkeypatch.setenv("WISTIA_API_TOKEN", "a-token-with-every-scope")
    deployment.renew()
    deployment.deploy()
    calls |= set(deployment.calls)
    deployment.image = "two"
    deployment.deploy()
    calls |= set(deployment.calls)
    deployment.calls.clear()
    deployment.undeploy()
    calls |= set(deployment.calls)
    deployment.deploy()
    calls |= set(deployment.calls)
    return {name for call in calls for name in PERMISSIONS.get(call, [call])}


def test_the_deploy_role_has_what_deploying_takes_and_nothing_else(recorded: set[str]) -> None:
    # GIVEN the calls of the commands, and what CloudFormation needs in the name of their caller
    assert "cloudformation:ExecuteChangeSet" in recorded
    assert "secretsmanager:PutSecretValue" in recorded
    behind = {action for action in published() if not matches(action, unused())}
    needed = recorded | behind | DOCUMENTED

    # WHEN they are compared with the role THEN nothing is missing and nothing is too much
    assert sorted(action for action in needed if not matches(action, allowed())) == []
    idle = [
        pattern for pattern in allowed() if not any(fnmatch(action, pattern) for action in needed)
    ]
    assert idle == []


def test_nothing_is_called_unused_that_no_type_needs() -> None:
    stale = [p for p in unused() if not any(fnmatch(action, p) for action in published())]
    assert stale == []


def test_the_deploy_role_reads_neither_data_nor_the_pseudonym_key() -> None:
    """GIVEN the statements that read objects or values WHEN read THEN none is of the data."""
    for name in ("DeployData", "DeployCompute", "DeployNetwork"):
        for statement in ROLES[name]["Properties"]["PolicyDocument"]["Statement"]:
            actions, text = listed(statement["Action"]), str(statement["Resource"])
            if matches("s3:GetObject", actions) or matches("s3:DeleteObject", actions):
                assert "-data-" not in text
            if matches("secretsmanager:GetSecretValue", actions):
                assert "wistia-token" in text
                assert "pseudonym" not in text


def test_the_deploy_role_passes_only_the_roles_of_the_stack() -> None:
    statements = ROLES["DeployCompute"]["Properties"]["PolicyDocument"]["Statement"]
    passing = [item for item in statements if "iam:PassRole" in listed(item["Action"])]
    assert len(passing) == 1
    assert "iam:PassedToService" in passing[0]["Condition"]["StringEquals"]
    for statement in statements:
        if matches("iam:PutRolePolicy", listed(statement["Action"])):
            assert "Role-*" in str(statement["Resource"])  # it cannot widen itself: no suffix


def test_a_pull_request_writes_only_into_places_of_its_own() -> None:
    policy = ROLES["CiRole"]["Properties"]["Policies"][0]["PolicyDocument"]
    writing = ("Put", "Create", "Update", "Delete", "BatchDelete", "BatchCreate")
    places = ("processed_ci/*", "athena-results/*", "database/ci_*", "table/ci_*/*", ":catalog")
    for statement in policy["Statement"]:
        actions = [action.partition(":")[2] for action in listed(statement["Action"])]
        targets = [str(item["Fn::Sub"]) for item in listed(statement["Resource"])]
        if any(action.startswith(writing) for action in actions):
            assert all(target.endswith(places) for target in targets), statement["Sid"]
        assert not any("raw_data" in t or "quarantine" in t or "state/" in t for t in targets)


@pytest.mark.parametrize(
    ("role", "subject"),
    [("DeployRole", "environment:production"), ("CiRole", "pull_request")],
)
def test_a_role_trusts_one_kind_of_workflow_of_one_repository(role: str, subject: str) -> None:
    statement = ROLES[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    conditions = statement["Condition"]["StringEquals"]
    prefix = "token.actions.githubusercontent.com"
    assert conditions[f"{prefix}:aud"] == "sts.amazonaws.com"
    assert conditions[f"{prefix}:sub"] == {"Fn::Sub": f"repo:${{Repository}}:{subject}"}
