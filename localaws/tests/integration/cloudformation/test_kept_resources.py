"""What a stack keeps when it rolls back, replaces and is deleted, and how it takes that over."""

import json
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localaws.testing import LocalAws

BAD: dict[str, Any] = {
    "Type": "AWS::SNS::Topic",
    "DependsOn": ["Bucket", "Key"],
    "Properties": {"No": "such property"},
}


class Kept:
    """A bucket and a secret of one stack."""

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        self.name = f"kept-{uuid.uuid4().hex[:8]}"
        self.client = aws.client("cloudformation")

    def template(self, policy: str | None, **others: Any) -> dict[str, Any]:
        attributes = {} if policy is None else {"DeletionPolicy": policy}
        resources = {
            "Bucket": {
                "Type": "AWS::S3::Bucket",
                **attributes,
                "Properties": {"BucketName": {"Fn::Sub": "${AWS::StackName}"}},
            },
            "Key": {
                "Type": "AWS::SecretsManager::Secret",
                **attributes,
                "Properties": {
                    "Name": {"Fn::Sub": "${AWS::StackName}"},
                    "GenerateSecretString": {"PasswordLength": 40},
                },
            },
        }
        return {"Resources": {**resources, **others}}

    def create(self, template: dict[str, Any]) -> str:
        self.client.create_stack(StackName=self.name, TemplateBody=json.dumps(template))
        return self.status()

    def update(self, template: dict[str, Any]) -> str:
        self.client.update_stack(StackName=self.name, TemplateBody=json.dumps(template))
        return self.status()

    def status(self) -> str:
        return str(self.client.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"])

    def exists(self) -> set[str]:
        buckets = self.aws.client("s3").list_buckets()["Buckets"]
        secrets = self.aws.client("secretsmanager").list_secrets()["SecretList"]
        found = {"Bucket"} if any(item["Name"] == self.name for item in buckets) else set()
        return found | ({"Key"} if any(item["Name"] == self.name for item in secrets) else set())

    def managed(self) -> set[str]:
        found = self.client.describe_stack_resources(StackName=self.name)["StackResources"]
        return {item["LogicalResourceId"] for item in found}

    def value(self) -> str:
        client = self.aws.client("secretsmanager")
        return str(client.get_secret_value(SecretId=self.name)["SecretString"])

    def identifiers(self) -> list[dict[str, Any]]:
        secret = self.aws.client("secretsmanager").describe_secret(SecretId=self.name)
        return [
            {
                "ResourceType": "AWS::S3::Bucket",
                "LogicalResourceId": "Bucket",
                "ResourceIdentifier": {"BucketName": self.name},
            },
            {
                "ResourceType": "AWS::SecretsManager::Secret",
                "LogicalResourceId": "Key",
                "ResourceIdentifier": {"Id": secret["ARN"]},
            },
        ]

    def import_(self, template: dict[str, Any], resources: list[dict[str, Any]]) -> str:
        self.client.create_change_set(
            StackName=self.name,
            ChangeSetName="import",
            ChangeSetType="IMPORT",
            ResourcesToImport=resources,
            TemplateBody=json.dumps(template),
        )
        self.client.execute_change_set(StackName=self.name, ChangeSetName="import")
        return self.status()

    def leave(self) -> None:
        """Leave bucket and secret behind, and no stack."""
        assert self.create(self.template("Retain")) == "CREATE_COMPLETE"
        self.client.delete_stack(StackName=self.name)
        assert self.exists() == {"Bucket", "Key"}


@pytest.fixture
def kept(localaws: LocalAws) -> Kept:
    return Kept(localaws)


@pytest.mark.parametrize(
    ("policy", "left"),
    [
        (None, set()),
        ("Delete", set()),
        ("Retain", {"Bucket", "Key"}),
        ("RetainExceptOnCreate", set()),
    ],
)
def test_what_a_failed_creation_leaves_behind(kept: Kept, policy: str | None, left: set[str]):
    assert kept.create(kept.template(policy, Bad=BAD)) == "ROLLBACK_COMPLETE"
    assert kept.exists() == left


@pytest.mark.parametrize(
    ("policy", "left"),
    [(None, set()), ("Retain", {"Bucket", "Key"}), ("RetainExceptOnCreate", {"Bucket", "Key"})],
)
def test_what_a_deleted_stack_leaves_behind(kept: Kept, policy: str | None, left: set[str]):
    kept.create(kept.template(policy))
    kept.client.delete_stack(StackName=kept.name)
    assert kept.exists() == left


@pytest.mark.parametrize(
    ("policy", "left"), [("Retain", {"Bucket", "Key"}), ("RetainExceptOnCreate", set())]
)
def test_what_a_failed_update_leaves_behind_of_what_it_created(
    kept: Kept, policy: str, left: set[str]
):
    # GIVEN a stack without bucket and secret; WHEN an update creates both, then fails
    first = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": kept.name}}
    kept.create({"Resources": {"Topic": first}})
    status = kept.update(kept.template(policy, Topic=first, Bad=BAD))

    # THEN the stack is as before
    assert status == "UPDATE_ROLLBACK_COMPLETE"
    assert kept.managed() == {"Topic"}
    assert kept.exists() == left


def test_a_failed_update_keeps_what_was_there_before_it(kept: Kept):
    kept.create(kept.template("RetainExceptOnCreate"))
    before = kept.value()
    assert kept.update(kept.template("RetainExceptOnCreate", Bad=BAD)) == (
        "UPDATE_ROLLBACK_COMPLETE"
    )
    assert kept.managed() == {"Bucket", "Key"}
    assert kept.value() == before


@pytest.mark.parametrize(("policy", "stays"), [("Retain", True), (None, False)])
def test_a_replaced_resource_stays_where_its_policy_says_so(
    kept: Kept, policy: str | None, stays: bool
):
    # GIVEN a stack with a bucket; WHEN the bucket gets another name
    template = kept.template(None)
    if policy is not None:
        template["Resources"]["Bucket"]["UpdateReplacePolicy"] = policy
    kept.create(template)
    template["Resources"]["Bucket"]["Properties"]["BucketName"] = f"{kept.name}-new"
    assert kept.update(template) == "UPDATE_COMPLETE"

    # THEN the old one is there if the policy retains it
    assert ("Bucket" in kept.exists()) is stays


def test_a_rolled_back_replacement_leaves_the_first_resource_in_the_stack(kept: Kept):
    template = kept.template("Retain")
    template["Resources"]["Bucket"]["UpdateReplacePolicy"] = "Retain"
    kept.create(template)
    worse = kept.template("Retain", Bad=BAD)
    worse["Resources"]["Bucket"]["UpdateReplacePolicy"] = "Retain"
    worse["Resources"]["Bucket"]["Properties"]["BucketName"] = f"{kept.name}-new"
    assert kept.update(worse) == "UPDATE_ROLLBACK_COMPLETE"
    found = kept.client.describe_stack_resource(StackName=kept.name, LogicalResourceId="Bucket")[
        "StackResourceDetail"
    ]
    assert found["PhysicalResourceId"] == kept.name


def test_a_new_stack_takes_over_what_exists_and_changes_nothing_of_it(kept: Kept):
    # GIVEN a bucket with an object, and a secret; WHEN a new stack imports them
    kept.leave()
    before = kept.value()
    kept.aws.client("s3").put_object(Bucket=kept.name, Key="a", Body=b"kept")
    status = kept.import_(kept.template("Retain"), kept.identifiers())

    # THEN it manages them, and they are as before
    assert status == "IMPORT_COMPLETE"
    assert kept.managed() == {"Bucket", "Key"}
    assert kept.value() == before
    body = kept.aws.client("s3").get_object(Bucket=kept.name, Key="a")["Body"]
    assert body.read() == b"kept"
    kept.client.get_waiter("stack_import_complete").wait(StackName=kept.name)


def test_an_update_after_an_import_applies_what_the_template_adds(kept: Kept):
    # GIVEN an imported bucket whose template said nothing about versions
    kept.leave()
    before = kept.value()
    kept.import_(kept.template("Retain"), kept.identifiers())

    # WHEN the stack is updated to a template that does
    template = kept.template("Retain")
    template["Resources"]["Bucket"]["Properties"]["VersioningConfiguration"] = {"Status": "Enabled"}
    assert kept.update(template) == "UPDATE_COMPLETE"

    # THEN the bucket has it, and the secret has the same value
    versioning = kept.aws.client("s3").get_bucket_versioning(Bucket=kept.name)
    assert versioning["Status"] == "Enabled"
    assert kept.value() == before


def test_an_existing_stack_takes_over_one_resource(kept: Kept):
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": kept.name}}
    kept.leave()
    kept.create({"Resources": {"Topic": topic}})
    template = kept.template("Retain", Topic=topic)
    assert kept.import_(template, kept.identifiers()) == "IMPORT_COMPLETE"
    assert kept.managed() == {"Topic", "Bucket", "Key"}


def test_an_import_of_what_does_not_exist_leaves_the_stack_as_it_was(kept: Kept):
    template = {"Resources": {"Bucket": kept.template("Retain")["Resources"]["Bucket"]}}
    resource = {
        "ResourceType": "AWS::S3::Bucket",
        "LogicalResourceId": "Bucket",
        "ResourceIdentifier": {"BucketName": kept.name},
    }
    assert kept.import_(template, [resource]) == "IMPORT_ROLLBACK_COMPLETE"
    assert kept.managed() == set()


def test_an_import_that_changes_something_else_is_refused(kept: Kept):
    """Each rule of the user guide: deletion policies, other resources, outputs, other stacks."""
    kept.leave()
    identifiers = kept.identifiers()
    topic = {"Type": "AWS::SNS::Topic"}
    outputs = {"Outputs": {"Name": {"Value": "x"}}}
    for template, resources, words in (
        (kept.template(None), identifiers, r"import \[Bucket, Key\] must have DeletionPolicy"),
        (kept.template("Retain", Topic=topic), identifiers, "are not being imported"),
        (kept.template("Retain"), identifiers[:1], "are not being imported"),
        (kept.template("Retain") | outputs, identifiers, r"modify or add \[Outputs\]"),
        (kept.template("Retain"), [], "ResourcesToImport must be specified"),
    ):
        with pytest.raises(ClientError, match=words):
            kept.import_(template, resources)
    with pytest.raises(ClientError):
        kept.status()

    kept.import_(kept.template("Retain"), identifiers)
    kept.name = f"{kept.name}-two"
    template = json.loads(json.dumps(kept.template("Retain")).replace("${AWS::StackName}", "x"))
    with pytest.raises(ClientError, match="already exists in stack"):
        kept.import_(template, identifiers)


def test_a_bucket_policy_that_exists_is_not_overwritten(kept: Kept):
    """GIVEN a bucket with a policy WHEN a stack creates one THEN it fails; an import takes it."""
    kept.leave()
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{kept.name}/*",
            }
        ],
    }
    kept.aws.client("s3").put_bucket_policy(Bucket=kept.name, Policy=json.dumps(policy))
    resource = {
        "Type": "AWS::S3::BucketPolicy",
        "DeletionPolicy": "Retain",
        "Properties": {"Bucket": kept.name, "PolicyDocument": policy},
    }
    assert kept.create({"Resources": {"Policy": resource}}) == "ROLLBACK_COMPLETE"
    events = kept.client.describe_stack_events(StackName=kept.name)["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events]
    assert f"The bucket policy already exists on bucket {kept.name}." in reasons
    kept.client.delete_stack(StackName=kept.name)
    wanted = {
        "ResourceType": "AWS::S3::BucketPolicy",
        "LogicalResourceId": "Policy",
        "ResourceIdentifier": {"Bucket": kept.name},
    }
    assert kept.import_({"Resources": {"Policy": resource}}, [wanted]) == "IMPORT_COMPLETE"
