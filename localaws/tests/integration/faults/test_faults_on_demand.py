"""Faults that are asked for reach each SDK as the exception that AWS's would be."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localaws.testing import LocalAws


@pytest.fixture(autouse=True)
def no_faults_left(localaws: LocalAws) -> Iterator[None]:
    yield
    localaws.faults.reset()


def client(localaws: LocalAws, service: str, **config: Any) -> Any:
    """Return a client that does not try again."""
    return localaws.session().client(  # type: ignore[call-overload]
        service,
        endpoint_url=localaws.endpoint_url,
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


# Each protocol: a call, an error that the service describes by its class, and what a denial is called there.
CALLS: dict[str, tuple[str, str, dict[str, Any], str, str, str]] = {
    "query": ("sns", "Publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": "m"},
              "NotFoundException", "NotFound", "AccessDenied"),
    "query, other": ("cloudformation", "CreateStack", {"StackName": "s", "TemplateBody": "{}"},
                     "AlreadyExistsException", "AlreadyExistsException", "AccessDenied"),
    "ec2": ("ec2", "DescribeVpcs", {}, "", "RequestLimitExceeded", "UnauthorizedOperation"),
    "json 1.1": ("glue", "GetTable", {"DatabaseName": "d", "Name": "t"},
                 "ConcurrentModificationException", "ConcurrentModificationException", "AccessDeniedException"),
    "json 1.0": ("stepfunctions", "StartExecution", {"stateMachineArn": "arn:aws:states:us-east-1:1:stateMachine:m"},
                 "ExecutionLimitExceeded", "ExecutionLimitExceeded", "AccessDeniedException"),
    "json, once query": ("sqs", "SendMessage", {"QueueUrl": "http://q", "MessageBody": "m"},
                         "QueueDoesNotExist", "QueueDoesNotExist", "AccessDeniedException"),
    "json of three": ("cloudwatch", "PutMetricData", {"Namespace": "n", "MetricData": []},
                      "LimitExceededFault", "LimitExceeded", "AccessDeniedException"),
    "rest-json": ("lambda", "Invoke", {"FunctionName": "f"},
                  "TooManyRequestsException", "TooManyRequestsException", "AccessDeniedException"),
    "rest-xml": ("s3", "GetObject", {"Bucket": "bucket", "Key": "a b/c"}, "NoSuchKey", "NoSuchKey", "AccessDenied"),
    "rest-xml, other": ("route53", "GetHostedZone", {"Id": "z"}, "NoSuchHostedZone", "NoSuchHostedZone", "AccessDenied"),
}  # fmt: skip


def call(localaws: LocalAws, protocol: str) -> Any:
    service, operation, parameters = CALLS[protocol][:3]
    made = client(localaws, service)
    method = next(
        name for name, wire in made.meta.method_to_api_mapping.items() if wire == operation
    )
    try:
        getattr(made, method)(**parameters)
    except ClientError as error:
        return error, made
    return None, made


@pytest.mark.parametrize("protocol", CALLS)
def test_an_error_by_its_class_or_code_is_that_exception_of_the_sdk(
    localaws: LocalAws, protocol: str
) -> None:
    service, operation, _, name, code, _ = CALLS[protocol]
    for given in {name, code} - {""}:
        with localaws.faults.during(
            f"{service}:{operation}", error=given, message="by a test"
        ) as fault:
            error, made = call(localaws, protocol)
            assert localaws.faults.hits(fault) == 1
        assert error.response["Error"]["Code"] == code
        assert error.response["Error"]["Message"] == "by a test"
        if name:
            assert type(error) is getattr(made.exceptions, name)
            shape = made.meta.service_model.shape_for(name)
            expected = shape.metadata.get("error", {}).get("httpStatusCode", 400)
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == expected


@pytest.mark.parametrize("protocol", CALLS)
def test_a_status_and_a_denial_speak_as_the_service_does(localaws: LocalAws, protocol: str) -> None:
    service, operation, *_, denial = CALLS[protocol]
    with localaws.faults.during(f"{service}:{operation}", status=503):
        error, _ = call(localaws, protocol)
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert error.response["Error"]["Code"] == "ServiceUnavailable"
    with localaws.faults.during(f"{service}:{operation}", deny=True):
        error, _ = call(localaws, protocol)
    assert error.response["Error"]["Code"] == denial
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] in {400, 403}


def test_a_status_may_differ_from_the_one_that_the_error_has(localaws: LocalAws) -> None:
    with localaws.faults.during("glue:GetTable", error="ThrottlingException", status=429):
        error, _ = call(localaws, "json 1.1")
    assert error.response["Error"] == {"Code": "ThrottlingException", "Message": "Rate exceeded"}
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_a_head_request_gets_the_status_alone(localaws: LocalAws) -> None:
    with (
        localaws.faults.during("s3:HeadObject", status=503),
        pytest.raises(ClientError) as refused,
    ):
        client(localaws, "s3").head_object(Bucket="bucket", Key="key")
    assert refused.value.response["Error"]["Code"] == "503"


def test_throttling_that_ends_is_survived_by_a_client_that_tries_again(localaws: LocalAws) -> None:
    glue = localaws.session().client(
        "glue",
        endpoint_url=localaws.endpoint_url,
        config=Config(retries={"mode": "standard", "total_max_attempts": 4}),
    )
    with localaws.faults.during("glue:GetDatabases", error="ThrottlingException", times=2) as fault:
        answer = glue.get_databases()
        assert answer["ResponseMetadata"]["RetryAttempts"] == 2
        assert localaws.faults.hits(fault) == 2


def test_latency_delays_the_call_and_changes_nothing_else(localaws: LocalAws) -> None:
    bucket = f"slow-{uuid.uuid4().hex[:8]}"
    s3 = client(localaws, "s3")
    s3.create_bucket(Bucket=bucket)
    with localaws.faults.during(
        "s3:PutObject", latency=1.0, resource=f"arn:aws:s3:::{bucket}/slow*"
    ):
        began = time.monotonic()
        s3.put_object(Bucket=bucket, Key="slow/a", Body=b"late")
        slow = time.monotonic()
        s3.put_object(Bucket=bucket, Key="fast", Body=b"now")
        fast = time.monotonic()
    assert slow - began >= 1.0
    assert fast - slow < 1.0
    assert s3.get_object(Bucket=bucket, Key="slow/a")["Body"].read() == b"late"


def test_a_struck_request_changes_nothing(localaws: LocalAws) -> None:
    bucket = f"struck-{uuid.uuid4().hex[:8]}"
    s3 = client(localaws, "s3")
    s3.create_bucket(Bucket=bucket)
    with localaws.faults.during("s3:*", status=500, resource=bucket):
        for body in (b"small", b"x" * (1 << 20)):
            with pytest.raises(ClientError, match="InternalError"):
                s3.put_object(Bucket=bucket, Key="a", Body=body)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_task_that_finds_no_room_is_a_failure_and_no_task(
    localaws: LocalAws, task_definition: str, network: dict[str, Any]
) -> None:
    ecs = client(localaws, "ecs")

    def run() -> Any:
        return ecs.run_task(
            cluster="executors",
            taskDefinition=task_definition,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": network},
            overrides={"containerOverrides": [{"name": "main", "command": ["python", "-c", ""]}]},
        )

    with localaws.faults.during("ecs:RunTask", failures="RESOURCE:MEMORY", times=1):
        answer = run()
        assert answer["tasks"] == []
        (failure,) = answer["failures"]
        assert failure["reason"] == "RESOURCE:MEMORY"
        assert failure["arn"].startswith("arn:aws:ecs:us-east-1:123456789012:")
        assert len(run()["tasks"]) == 1


def test_a_state_machine_meets_the_faults_of_what_it_calls(
    localaws: LocalAws, run_machine: Callable[..., dict[str, Any]]
) -> None:
    states = {
        "Look": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:glue:getDatabases",
            "Parameters": {},
            "Retry": [
                {
                    "ErrorEquals": ["Glue.ThrottlingException"],
                    "IntervalSeconds": 1,
                    "MaxAttempts": 1,
                }
            ],
            "End": True,
        }
    }
    with localaws.faults.during("glue:GetDatabases", error="ThrottlingException", times=1) as fault:
        assert run_machine(states)["status"] == "SUCCEEDED"
        assert localaws.faults.hits(fault) == 1
    with localaws.faults.during("glue:GetDatabases", error="ThrottlingException"):
        failed = run_machine(states)
    assert (failed["status"], failed["error"]) == ("FAILED", "Glue.ThrottlingException")


INTEGRATIONS: list[tuple[str, dict[str, Any], str, str]] = [
    ("lambda:invoke", {"FunctionName": "f"}, "lambda:Invoke", "Lambda.TooManyRequestsException"),
    ("aws-sdk:glue:startCrawler", {"Name": "c"}, "glue:StartCrawler", "Glue.ThrottlingException"),
    ("glue:startJobRun.sync", {"JobName": "j"}, "glue:StartJobRun", "Glue.ConcurrentRunsExceededException"),
]  # fmt: skip


@pytest.mark.parametrize("integration", INTEGRATIONS, ids=lambda integration: integration[0])
def test_the_error_has_the_name_that_a_state_machine_retries(
    localaws: LocalAws,
    run_machine: Callable[..., dict[str, Any]],
    integration: tuple[str, dict[str, Any], str, str],
) -> None:
    resource, parameters, operation, name = integration
    state = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::{resource}",
        "Parameters": parameters,
        "Retry": [{"ErrorEquals": [name], "IntervalSeconds": 1, "MaxAttempts": 1}],
        "End": True,
    }
    with localaws.faults.during(operation, error=name.partition(".")[2]) as fault:
        failed = run_machine({"Call": state})
        assert localaws.faults.hits(fault) == 2
    assert failed["error"] == name


def test_only_who_is_let_in_is_struck(localaws: LocalAws) -> None:
    stranger = boto3.client(
        "glue", endpoint_url=localaws.endpoint_url, region_name="us-east-1",
        aws_access_key_id="AKIA" + "B" * 16, aws_secret_access_key="b",
    )  # fmt: skip
    with localaws.faults.during("glue:*", status=503) as fault:
        with pytest.raises(ClientError, match="UnrecognizedClientException"):
            stranger.get_databases()
        assert localaws.faults.hits(fault) == 0


def test_the_command_adds_lists_removes_and_says_what_is_wrong(localaws: LocalAws) -> None:
    environment = {**os.environ, **localaws.environment()}

    def fault(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "localaws", "fault", *arguments],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    added = fault("add", "ecs:RunTask", "--failures", "RESOURCE:MEMORY", "--times", "2")
    assert added.returncode == 0, added.stderr
    name = added.stdout.strip()
    throttled = fault("add", "glue:GetTable", "--error", "ThrottlingException", "--status", "400")
    call(localaws, "json 1.1")
    lines = fault("list").stdout.splitlines()
    assert lines == [
        f"{name}\tecs:RunTask\tfailures=RESOURCE:MEMORY times=2\t0 hits",
        f"{throttled.stdout.strip()}\tglue:GetTable\terror=ThrottlingException status=400\t1 hits",
    ]
    assert fault("remove", name).returncode == 0
    assert len(localaws.faults.listed()) == 1
    assert fault("reset").returncode == 0
    assert fault("list").stdout == ""
    wrong = fault("add", "ecs:RunTsk", "--status", "503")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == "localaws: ecs has no operation 'RunTsk'. Near to it: RunTask.\n"


def test_the_list_is_json_that_a_program_can_read(localaws: LocalAws) -> None:
    localaws.faults.add("s3:PutObject", status=503, after=1)
    (listed,) = localaws.faults.listed()
    assert json.loads(json.dumps(listed)) == {
        "id": listed["id"], "operation": "s3:PutObject", "status": 503, "after": 1, "hits": 0,
    }  # fmt: skip
