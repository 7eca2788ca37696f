"""Only who has a key of this account is answered, and hears AWS's own words otherwise."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from localaws_support.roles import ADMINISTRATOR

from localaws.connections.control_client import call_control
from localaws.errors import LocalAwsError
from localaws.testing import LocalAws

CALLS = {
    "query": ("sts", "get_caller_identity"),
    "ec2": ("ec2", "describe_vpcs"),
    "json": ("glue", "get_databases"),
    "json, once query": ("sqs", "list_queues"),
    "rest-json": ("lambda", "list_functions"),
    "rest-xml": ("s3", "list_buckets"),
}
"""A call in each protocol that AWS's services speak."""
WORDS = {
    "unknown key": {
        "query": ("InvalidClientTokenId", 403),
        "ec2": ("AuthFailure", 401),
        "json": ("UnrecognizedClientException", 400),
        "json, once query": ("UnrecognizedClientException", 400),
        "rest-json": ("UnrecognizedClientException", 403),
        "rest-xml": ("InvalidAccessKeyId", 403),
    },
    "wrong secret": {
        "query": ("SignatureDoesNotMatch", 403),
        "ec2": ("AuthFailure", 401),
        "json": ("InvalidSignatureException", 400),
        "json, once query": ("InvalidSignatureException", 400),
        "rest-json": ("InvalidSignatureException", 403),
        "rest-xml": ("SignatureDoesNotMatch", 403),
    },
    "wrong token": {
        "query": ("InvalidClientTokenId", 403),
        "ec2": ("AuthFailure", 401),
        "json": ("UnrecognizedClientException", 400),
        "json, once query": ("UnrecognizedClientException", 400),
        "rest-json": ("UnrecognizedClientException", 403),
        "rest-xml": ("InvalidToken", 400),
    },
    "no signature": {
        "query": ("MissingAuthenticationToken", 403),
        "ec2": ("MissingAuthenticationToken", 403),
        "json": ("MissingAuthenticationTokenException", 400),
        "json, once query": ("MissingAuthenticationTokenException", 400),
        "rest-json": ("MissingAuthenticationTokenException", 403),
        "rest-xml": ("AccessDenied", 403),
    },
}


def client(localaws: LocalAws, service: str, key: dict[str, str], **config: Any) -> Any:
    return boto3.client(
        service,
        endpoint_url=localaws.endpoint_url,
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 0}, **config),
        **key,
    )


@pytest.fixture
def operator(localaws: LocalAws) -> dict[str, str]:
    environment = localaws.environment()
    return {
        "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
    }


@pytest.fixture
def role(localaws: LocalAws) -> Iterator[str]:
    name = f"asked-{uuid.uuid4().hex[:8]}"
    iam = localaws.client("iam")
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    principal = {"Principal": {"AWS": f"arn:aws:iam::{localaws.account_id}:root"}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement | principal]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    everything = {"Version": "2012-10-17", "Statement": [ADMINISTRATOR]}
    policy = {"RoleName": name, "PolicyName": "everything"}
    iam.put_role_policy(**policy, PolicyDocument=json.dumps(everything))
    yield arn
    iam.delete_role_policy(**policy)
    iam.delete_role(RoleName=name)


def assumed(localaws: LocalAws, role: str, **options: Any) -> dict[str, str]:
    answer = localaws.client("sts").assume_role(RoleArn=role, RoleSessionName="person", **options)
    return {
        "aws_access_key_id": answer["Credentials"]["AccessKeyId"],
        "aws_secret_access_key": answer["Credentials"]["SecretAccessKey"],
        "aws_session_token": answer["Credentials"]["SessionToken"],
    }


@pytest.mark.parametrize("protocol", CALLS)
@pytest.mark.parametrize("case", WORDS)
def test_who_has_no_key_is_refused_in_the_words_of_the_service(
    localaws: LocalAws, operator: dict[str, str], role: str, case: str, protocol: str
) -> None:
    # GIVEN a client that lacks something, and one that lacks nothing
    key: dict[str, str] = dict(operator)
    config: dict[str, Any] = {}
    if case == "unknown key":
        key["aws_access_key_id"] = "AKIA" + "B" * 16
    elif case == "wrong secret":
        key["aws_secret_access_key"] = "b" * 40
    elif case == "wrong token":
        key = assumed(localaws, role) | {"aws_session_token": "other"}
    else:
        config["signature_version"] = UNSIGNED
    service, operation = CALLS[protocol]
    assert getattr(localaws.client(service), operation)()
    # WHEN it asks THEN it hears what it would hear from AWS
    with pytest.raises(ClientError) as refused:
        getattr(client(localaws, service, key, **config), operation)()
    answer = refused.value.response
    heard = answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]
    assert heard == WORDS[case][protocol]


@pytest.mark.parametrize("protocol", CALLS)
def test_an_assumed_role_opens_every_service_and_says_who_it_is(
    localaws: LocalAws, role: str, protocol: str
) -> None:
    key = assumed(localaws, role)
    service, operation = CALLS[protocol]
    assert getattr(client(localaws, service, key), operation)()
    who = client(localaws, "sts", key).get_caller_identity()
    name = role.rsplit("/", 1)[1]
    assert who["Arn"] == f"arn:aws:sts::{localaws.account_id}:assumed-role/{name}/person"
    assert who["UserId"].endswith(":person")


def test_the_operator_is_a_user_of_the_account(localaws: LocalAws) -> None:
    who = localaws.client("sts").get_caller_identity()
    assert who["Arn"] == f"arn:aws:iam::{localaws.account_id}:user/operator"
    assert who["Account"] == localaws.account_id


def test_a_user_asks_with_the_key_that_was_created(localaws: LocalAws) -> None:
    iam = localaws.client("iam")
    name = f"user-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    key = {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
    }
    sts = client(localaws, "sts", key)
    assert sts.get_caller_identity()["Arn"].endswith(f":user/{name}")
    # AND the session that it asks for is still the user
    session = sts.get_session_token(DurationSeconds=900)["Credentials"]
    temporary = {
        "aws_access_key_id": session["AccessKeyId"],
        "aws_secret_access_key": session["SecretAccessKey"],
        "aws_session_token": session["SessionToken"],
    }
    again = client(localaws, "sts", temporary)
    assert again.get_caller_identity()["Arn"].endswith(f":user/{name}")
    with pytest.raises(ClientError, match="session credentials"):
        again.get_session_token()
    # AND a deleted key is unknown
    iam.delete_access_key(UserName=name, AccessKeyId=made["AccessKeyId"])
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        sts.get_caller_identity()


def test_a_role_that_is_not_there_cannot_be_assumed_nor_one_for_too_long(
    localaws: LocalAws, role: str
) -> None:
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        assumed(localaws, f"arn:aws:iam::{localaws.account_id}:role/nobody")
    with pytest.raises(ClientError, match="MaxSessionDuration"):
        assumed(localaws, role, DurationSeconds=7200)


def test_a_presigned_link_opens_its_object_and_no_other(
    localaws: LocalAws, operator: dict[str, str], role: str
) -> None:
    bucket = f"linked-{uuid.uuid4().hex[:8]}"
    s3 = localaws.client("s3")
    s3.create_bucket(Bucket=bucket)
    for key in ("a b/ü+&.txt", "other"):
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    for who in (operator, assumed(localaws, role)):
        for version in ("s3v4", "s3"):
            signer = client(localaws, "s3", who, signature_version=version)
            link = signer.generate_presigned_url(
                "get_object", {"Bucket": bucket, "Key": "a b/ü+&.txt"}, ExpiresIn=60
            )
            assert requests.get(link, timeout=10).text == "a b/ü+&.txt"
            stolen = requests.get(link.replace("a%20b/%C3%BC%2B%26.txt", "other"), timeout=10)
            assert stolen.status_code == 403
            assert "SignatureDoesNotMatch" in stolen.text
            short = signer.generate_presigned_url(
                "get_object", {"Bucket": bucket, "Key": "other"}, ExpiresIn=1
            )
            time.sleep(2.1)
            assert "Request has expired" in requests.get(short, timeout=10).text


@pytest.mark.parametrize(
    "path",
    ["/", "/bucket/key", "/moto-api/", "/moto-api/data.json", "/latest/meta-data/", "/favicon.ico"],
)
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "HEAD", "OPTIONS"])
def test_nothing_is_answered_without_a_signature(
    localaws: LocalAws, method: str, path: str
) -> None:
    answer = requests.request(method, localaws.endpoint_url + path, timeout=10)
    assert answer.status_code == 403


@pytest.mark.parametrize("header", [{}, {"X-Localaws-Key": "AKIA:secret"}, {"X-Localaws-Key": ""}])
def test_controls_need_the_key_of_the_home(localaws: LocalAws, header: dict[str, str]) -> None:
    for name in ("status", "shutdown", "reset", "anything"):
        url = f"{localaws.endpoint_url}/_localaws/{name}"
        answer = requests.post(url, b"{}", headers=header, timeout=10)
        assert answer.status_code == 403
    assert call_control(localaws.settings, "status")["endpoint_url"] == localaws.endpoint_url


def test_a_control_call_with_another_homes_key_says_what_is_wrong(
    localaws: LocalAws, tmp_path: Any
) -> None:
    other = localaws.settings.model_copy(update={"home": tmp_path})
    for name in ("endpoints.json", "run"):
        (tmp_path / name).symlink_to(localaws.settings.home / name)
    with pytest.raises(LocalAwsError, match="LOCALAWS_HOME"):
        call_control(other, "status")
