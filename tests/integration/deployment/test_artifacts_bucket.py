"""The bucket of the packages has its settings after each deployment, whoever changed them."""

import json
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from orchestration.infrastructure import artifacts
from tests.support.deployments import Deployment


def settings_of(deployment: Deployment) -> dict[str, Any]:
    client, bucket = deployment.cloud.client("s3"), deployment.cloud.artifacts_bucket
    found: dict[str, Any] = {"versions": client.get_bucket_versioning(Bucket=bucket).get("Status")}
    with suppress(ClientError):
        access = client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        found["is private"] = set(access.values()) == {True}
    with suppress(ClientError):
        rules = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        found["old versions"] = [
            rule["NoncurrentVersionExpiration"]["NoncurrentDays"] for rule in rules
        ]
        found["expires current versions"] = any("Expiration" in rule for rule in rules)
    with suppress(ClientError):
        policy = json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"])
        found["without TLS"] = [
            item["Effect"]
            for item in policy["Statement"]
            if item["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        ]
    return found


WANTED = {
    "versions": "Enabled",
    "is private": True,
    "old versions": [artifacts.OLD_VERSIONS_DAYS],
    "expires current versions": False,
    "without TLS": ["Deny"],
}


def test_each_deployment_sets_the_bucket_up_again(deployment: Deployment) -> None:
    # GIVEN a deployed stack, and somebody who has changed everything about its bucket
    deployment.deploy()
    assert settings_of(deployment) == WANTED
    client, bucket = deployment.cloud.client("s3"), deployment.cloud.artifacts_bucket
    client.delete_public_access_block(Bucket=bucket)
    client.delete_bucket_policy(Bucket=bucket)
    client.delete_bucket_lifecycle(Bucket=bucket)
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert settings_of(deployment) != WANTED

    # WHEN something else is deployed
    deployment.image = "two"
    deployment.deploy()

    # THEN the bucket is as it was
    assert settings_of(deployment) == WANTED


def test_the_person_who_erases_is_named_once_and_stays(deployment: Deployment) -> None:
    """GIVEN a raw reader WHEN a later deploy names none THEN the policy still has it."""
    reader = "arn:aws:iam::123456789012:role/eraser"
    deployment.renew(raw_reader_arn=reader)
    deployment.deploy()
    deployment.renew(raw_reader_arn=None)
    deployment.image = "two"
    deployment.deploy()
    client, bucket = deployment.cloud.client("s3"), deployment.cloud.data_bucket
    policy = json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"])
    guards = [item for item in policy["Statement"] if "ArnNotEquals" in item["Condition"]]
    assert len(guards) == 3
    for item in guards:
        assert reader in item["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
