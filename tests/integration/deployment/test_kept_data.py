"""The next deployment manages all data that exists, and loses none of it."""

import json
from typing import Any

import pytest

from orchestration.infrastructure import artifacts, stack_changes
from orchestration.infrastructure import template as templates
from tests.support.deployments import DATA, Deployment

BUCKET, POLICY, KEY = "DataBucket", "DataBucketPolicy", "PseudonymKeySecret"
OLD_NAME = "${AWS::StackName}-data-${AWS::AccountId}-${AWS::Region}"


def leave(deployment: Deployment, names: set[str]) -> None:
    """Leave what a failed creation of the earlier template left, where it retained everything."""
    cloud = deployment.cloud
    if BUCKET in names:
        cloud.client("s3").create_bucket(Bucket=cloud.data_bucket)
        deployment.store()
    if POLICY in names:
        statement = {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": f"arn:aws:s3:::{cloud.data_bucket}/*",
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        cloud.client("s3").put_bucket_policy(Bucket=cloud.data_bucket, Policy=json.dumps(policy))
    if KEY in names:
        cloud.client("secretsmanager").create_secret(
            Name=f"{cloud.settings.stack_name}/pseudonym-key", SecretString="the key of old nights"
        )


def settings_of(deployment: Deployment) -> dict[str, Any]:
    """Return the settings of the data bucket that the template wants."""
    client, bucket = deployment.cloud.client("s3"), deployment.cloud.data_bucket
    rules = client.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    access = client.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    return {
        "versions": client.get_bucket_versioning(Bucket=bucket).get("Status"),
        "encryption": client.get_bucket_encryption(Bucket=bucket)[
            "ServerSideEncryptionConfiguration"
        ]["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
        "raw days": next(r["Expiration"]["Days"] for r in rules if r["ID"] == "raw"),
        "is private": set(access.values()) == {True},
        "statements": [
            item["Sid"]
            for item in json.loads(client.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
        ],
    }


WANTED = {
    "versions": "Enabled",
    "encryption": "AES256",
    "raw days": 35,
    "is private": True,
    "statements": [
        "TlsOnly",
        "RawIsForTheJob",
        "RawIsWrittenByIngest",
        "QuarantineIsWrittenByTheJob",
    ],
}


@pytest.mark.parametrize(
    "names",
    [{BUCKET}, {KEY}, {BUCKET, POLICY}, {BUCKET, KEY}, DATA],
    ids=lambda n: "+".join(sorted(n)),
)
def test_a_first_deployment_takes_over_what_an_earlier_one_left(
    deployment: Deployment, names: set[str]
) -> None:
    # GIVEN some of the data; WHEN the stack is deployed for the first time
    leave(deployment, names)
    deployment.deploy()

    # THEN it manages all of it, with the template's settings, and what was there is there
    assert deployment.unmanaged() == set()
    assert settings_of(deployment) == WANTED
    assert deployment.stored() is (BUCKET in names)
    assert (deployment.key() == "the key of old nights") is (KEY in names)
    warned = any("no pseudonym key" in text for text in deployment.told)
    assert warned is (BUCKET in names and KEY not in names)


def test_an_undeploy_keeps_the_data_and_its_guard_and_a_deploy_takes_them_over(
    deployment: Deployment,
) -> None:
    # GIVEN a stack with data
    deployment.deploy()
    deployment.store()
    key = deployment.key()

    # WHEN it is deleted
    deployment.undeploy()

    # THEN data and policy stay: nobody but the roles that are gone can read raw
    assert deployment.status() is None
    assert deployment.left() == DATA
    assert settings_of(deployment) == WANTED

    # AND a deploy with another retention manages all of it again
    deployment.deploy()
    assert deployment.unmanaged() == set()
    assert deployment.stored()
    assert deployment.key() == key
    client, stack = deployment.cloud.client("cloudformation"), deployment.cloud.settings.stack_name
    kept = [
        {"ParameterKey": name, "UsePreviousValue": True}
        for name in templates.load()["Parameters"]
        if name != "RawRetentionDays"
    ]
    client.update_stack(
        StackName=stack,
        UsePreviousTemplate=True,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[*kept, {"ParameterKey": "RawRetentionDays", "ParameterValue": "14"}],
    )
    assert settings_of(deployment) == WANTED | {"raw days": 14}


def test_a_key_that_somebody_deleted_is_restored(deployment: Deployment) -> None:
    """GIVEN a key that waits for its deletion WHEN the stack is deployed THEN it is restored."""
    leave(deployment, {KEY})
    deployment.cloud.client("secretsmanager").delete_secret(
        SecretId=f"{deployment.cloud.settings.stack_name}/pseudonym-key"
    )
    deployment.deploy()
    assert deployment.unmanaged() == set()
    assert deployment.key() == "the key of old nights"


def test_data_is_deleted_for_good_where_that_is_asked_for(deployment: Deployment) -> None:
    # GIVEN a stack with data; WHEN it is deleted with its data
    deployment.deploy()
    deployment.store()
    deployment.calls.clear()
    deployment.undeploy(delete_data=True)

    # THEN nothing is left, and the policy let go of raw before it was deleted
    assert deployment.left() == set()
    assert deployment.status() is None
    calls = deployment.calls
    assert calls.index("s3:PutBucketPolicy") < calls.index("s3:DeleteObjects")
    deployment.undeploy(delete_data=True)  # once more is no error


def test_only_the_guard_of_writes_is_lifted_for_a_deletion(deployment: Deployment) -> None:
    """GIVEN a deletion under way WHEN the policy is read THEN raw still cannot be read."""
    deployment.deploy()
    seen: list[list[str]] = []

    def look(params: dict[str, Any], **_: Any) -> None:
        policy = json.loads(params["Policy"])
        seen.append([item["Sid"] for item in policy["Statement"]])

    deployment.cloud._session.events.register("provide-client-params.s3.PutBucketPolicy", look)
    deployment.cloud._clients.clear()
    deployment.undeploy(delete_data=True)
    assert seen == [["TlsOnly", "RawIsForTheJob"]]


def earlier_template() -> dict[str, Any]:
    """Return the template as it was when a parameter said whether data exists."""
    template = templates.load()
    template["Parameters"]["DataExists"] = {
        "Type": "String",
        "Default": "false",
        "AllowedValues": ["true", "false"],
    }
    template["Conditions"]["CreateData"] = {"Fn::Equals": [{"Ref": "DataExists"}, "false"]}
    resources = template["Resources"]
    for name in (BUCKET, KEY):
        resources[name] |= {"Condition": "CreateData", "DeletionPolicy": "Retain"}
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
        del resources[POLICY][attribute]
    resources[POLICY]["Properties"]["Bucket"] = {
        "Fn::If": ["CreateData", {"Ref": BUCKET}, {"Fn::Sub": OLD_NAME}]
    }
    return template


@pytest.mark.parametrize("existed", [True, False])
def test_a_stack_of_the_earlier_template_is_taken_over_without_loss(
    deployment: Deployment, existed: bool
) -> None:
    # GIVEN a stack of the template with DataExists
    if existed:
        leave(deployment, {BUCKET, KEY})
    package = deployment.package()
    artifacts.upload(deployment.cloud, package)
    parameters = package.parameters | {
        "ArtifactsBucket": deployment.cloud.artifacts_bucket,
        "DataExists": str(existed).lower(),
        "RawRetentionDays": "21",
    }
    body = json.dumps(earlier_template())
    stack_changes.apply(deployment.cloud, body, parameters, {}, is_new=True)
    deployment.store()
    key = deployment.key()
    missing = deployment.unmanaged()
    assert missing == ({BUCKET, KEY} if existed else set())

    # WHEN it is deployed
    deployment.deploy()

    # THEN everything is managed, nothing is lost, and what an operator had set is kept
    assert deployment.unmanaged() == set()
    assert deployment.stored()
    assert deployment.key() == key
    assert settings_of(deployment) == WANTED | {"raw days": 21}
    assert deployment.parameter("DataExists") is None
