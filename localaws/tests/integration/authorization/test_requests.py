"""A request passes if the policies of the account grant it, and is refused in AWS's words."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from localaws_support.roles import allow, client_as, create_role, grant

from localaws import testing
from localaws.testing import LocalAws


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


@pytest.fixture
def reader(localaws: LocalAws, bucket: str) -> str:
    """A role that may list the folder ``in/`` of the bucket and read its objects."""
    return create_role(
        localaws,
        allow("s3:GetObject", f"arn:aws:s3:::{bucket}/in/*"),
        allow(
            "s3:ListBucket",
            f"arn:aws:s3:::{bucket}",
            Condition={"StringLike": {"s3:prefix": "in/*"}},
        ),
    )


def test_a_role_does_what_its_policy_grants(localaws: LocalAws, bucket: str, reader: str) -> None:
    localaws.client("s3").put_object(Bucket=bucket, Key="in/one", Body=b"1")
    s3 = client_as(localaws, reader, "s3")
    assert s3.get_object(Bucket=bucket, Key="in/one")["Body"].read() == b"1"
    assert s3.list_objects_v2(Bucket=bucket, Prefix="in/")["KeyCount"] == 1


def test_what_no_policy_grants_is_refused(localaws: LocalAws, bucket: str, reader: str) -> None:
    localaws.client("s3").put_object(Bucket=bucket, Key="out/one", Body=b"1")
    s3 = client_as(localaws, reader, "s3")
    for call, more in (
        (s3.get_object, {"Key": "out/one"}),
        (s3.put_object, {"Key": "in/one", "Body": b""}),
        (s3.delete_object, {"Key": "in/one"}),
        (s3.list_objects_v2, {"Prefix": "out/"}),
        (s3.list_objects_v2, {}),
    ):
        with pytest.raises(ClientError) as refused:
            call(Bucket=bucket, **more)
        assert code_of(refused) == "AccessDenied"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_refusal_names_who_what_and_why(localaws: LocalAws, reader: str) -> None:
    with pytest.raises(ClientError) as refused:
        client_as(localaws, reader, "glue").get_table(DatabaseName="lake", Name="plays")
    assert code_of(refused) == "AccessDeniedException"
    message = refused.value.response["Error"]["Message"]
    name = reader.rsplit("/", 1)[-1]
    assert message.startswith(f"User: arn:aws:sts::{localaws.account_id}:assumed-role/{name}/test")
    assert "is not authorized to perform: glue:GetTable on resource: arn:aws:glue:" in message
    assert "because no identity-based policy allows the glue:GetTable action" in message


def test_a_missing_key_is_missing_only_to_who_may_list(
    localaws: LocalAws, bucket: str, reader: str
) -> None:
    blind = create_role(localaws, allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
    with pytest.raises(ClientError) as missing:
        client_as(localaws, reader, "s3").get_object(Bucket=bucket, Key="in/none")
    assert code_of(missing) == "NoSuchKey"
    with pytest.raises(ClientError) as refused:
        client_as(localaws, blind, "s3").get_object(Bucket=bucket, Key="in/none")
    assert code_of(refused) == "AccessDenied"


def put_policy(localaws: LocalAws, bucket: str, *statements: dict[str, Any]) -> None:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    localaws.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))


def test_a_denying_bucket_policy_stops_the_operator(
    localaws: LocalAws, bucket: str, reader: str
) -> None:
    # GIVEN a policy by which only one role reads a folder
    s3 = localaws.client("s3")
    s3.put_object(Bucket=bucket, Key="in/one", Body=b"1")
    put_policy(
        localaws,
        bucket,
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/in/*",
            "Condition": {"ArnNotEquals": {"aws:PrincipalArn": [reader]}},
        },
    )
    # THEN the role reads, and the operator does not
    assert client_as(localaws, reader, "s3").get_object(Bucket=bucket, Key="in/one")
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=bucket, Key="in/one")
    assert code_of(refused) == "AccessDenied"


def test_a_bucket_policy_grants_what_the_role_lacks(localaws: LocalAws, bucket: str) -> None:
    stranger = create_role(localaws)
    localaws.client("s3").put_object(Bucket=bucket, Key="one", Body=b"1")
    put_policy(
        localaws,
        bucket,
        {
            "Effect": "Allow",
            "Principal": {"AWS": stranger},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
        },
    )
    assert client_as(localaws, stranger, "s3").get_object(Bucket=bucket, Key="one")


def test_a_request_for_tls_only_passes(localaws: LocalAws, bucket: str) -> None:
    """Nothing leaves the machine, so a request counts as one by TLS."""
    put_policy(
        localaws,
        bucket,
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    )
    assert localaws.client("s3").put_object(Bucket=bucket, Key="one", Body=b"1")


def test_a_new_policy_holds_at_once(localaws: LocalAws, bucket: str) -> None:
    role = create_role(localaws)
    s3 = client_as(localaws, role, "s3")
    with pytest.raises(ClientError):
        s3.put_object(Bucket=bucket, Key="one", Body=b"1")
    grant(localaws, role, allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))
    assert s3.put_object(Bucket=bucket, Key="one", Body=b"1")


def test_a_role_is_passed_only_to_whom_the_policy_says(localaws: LocalAws) -> None:
    passed = create_role(localaws)
    condition = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    maker = create_role(
        localaws,
        allow(["glue:CreateJob", "glue:CreateCrawler"]),
        allow("iam:PassRole", passed, Condition=condition),
    )
    command = {"Name": "glueetl", "ScriptLocation": "s3://code/job.py"}
    with pytest.raises(ClientError, match="iam:PassRole"):
        client_as(localaws, maker, "glue").create_job(Name="job", Role=passed, Command=command)


# ── modes and report ──────────────────────────────────────────────────────────────────────────────


def test_audit_lets_pass_and_writes_down(tmp_path: Path) -> None:
    with testing.start(tmp_path / "home", trino_eager=False, iam="audit") as aws:
        role = create_role(aws, allow(["sqs:ListQueues", "sqs:CreateQueue"]))
        assert client_as(aws, role, "s3").create_bucket(Bucket="lake")
        client_as(aws, role, "sqs").list_queues()
        report = aws.iam_report()
    denied = [(each["role"], each["action"], each["resource"]) for each in report["denied"]]
    assert denied == [(role, "s3:CreateBucket", "arn:aws:s3:::lake")]
    unused = [each["action"] for each in report["unused"] if each["role"] == role]
    assert unused == ["sqs:CreateQueue"]


def test_off_asks_nobody(tmp_path: Path) -> None:
    with testing.start(tmp_path / "home", trino_eager=False, iam="off") as aws:
        role = create_role(aws)
        assert client_as(aws, role, "s3").create_bucket(Bucket="lake")
        assert aws.iam_report()["denied"] == []


def test_a_denial_is_in_the_report(localaws: LocalAws) -> None:
    role, name = create_role(localaws), f"lake-{uuid.uuid4().hex[:8]}"
    with pytest.raises(ClientError):
        client_as(localaws, role, "s3").create_bucket(Bucket=name)
    mine = [each for each in localaws.iam_report()["denied"] if each["role"] == role]
    assert [(each["action"], each["times"]) for each in mine] == [("s3:CreateBucket", 1)]
