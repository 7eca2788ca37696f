"""What runs for a role may do what the role may, and nothing else."""

import io
import json
import uuid
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError
from localaws_support.executors import wait_for
from localaws_support.roles import ADMINISTRATOR, allow, create_role, grant

from localaws.testing import LocalAws

LOGS = allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])
PUT = """
import boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket=event["bucket"], Key="one", Body=b"1")
    return "done"
"""


def invoke(localaws: LocalAws, name: str, **event: Any) -> dict[str, Any]:
    answer = localaws.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return {"error": answer.get("FunctionError"), "payload": json.loads(answer["Payload"].read())}


# ── Lambda ────────────────────────────────────────────────────────────────────────────────────────


def test_a_function_asks_as_its_role(
    localaws: LocalAws, deploy_function: Callable[..., str], bucket: str
) -> None:
    role = create_role(localaws, LOGS)
    name = deploy_function(PUT, Role=role)
    refused = invoke(localaws, name, bucket=bucket)
    assert refused["error"] == "Unhandled"
    assert f"assumed-role/{role.rsplit('/', 1)[-1]}/{name} " in refused["payload"]["errorMessage"]
    assert "s3:PutObject" in refused["payload"]["errorMessage"]
    grant(localaws, role, LOGS, allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))
    assert invoke(localaws, name, bucket=bucket)["payload"] == "done"


def test_a_function_without_the_right_to_log_leaves_no_log(
    localaws: LocalAws, deploy_function: Callable[..., str]
) -> None:
    name = deploy_function("def handler(*_): print('said')", Role=create_role(localaws))
    assert invoke(localaws, name)["error"] is None
    groups = localaws.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")
    assert groups["logGroups"] == []


def test_a_role_that_does_not_trust_lambda_runs_no_function(
    localaws: LocalAws, deploy_function: Callable[..., str]
) -> None:
    role = create_role(localaws, ADMINISTRATOR, services=("glue",))
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        deploy_function("def handler(*_): pass", Role=role)


# ── Step Functions ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def run_as(localaws: LocalAws) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    client = localaws.client("stepfunctions")

    def run(role: str, state: dict[str, Any]) -> dict[str, Any]:
        definition = {"StartAt": "Only", "States": {"Only": {"Type": "Task", "End": True, **state}}}
        arn = client.create_state_machine(
            name=f"machine-{uuid.uuid4().hex[:8]}",
            definition=json.dumps(definition),
            roleArn=role,
        )["stateMachineArn"]
        started = client.start_execution(stateMachineArn=arn)["executionArn"]
        return wait_for(
            lambda: client.describe_execution(executionArn=started),
            lambda execution: execution["status"] != "RUNNING",
        )

    return run


def test_a_state_machine_calls_as_its_role(
    localaws: LocalAws, deploy_function: Callable[..., str], run_as: Any
) -> None:
    name = deploy_function("def handler(*_): return 1")
    state = {
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": name},
    }
    refused = run_as(create_role(localaws), state)
    assert refused["status"] == "FAILED"
    assert refused["error"] == "Lambda.AWSLambdaException" or "AccessDenied" in refused["error"]
    assert "lambda:InvokeFunction" in refused["cause"]
    arn = f"arn:aws:lambda:{localaws.region}:{localaws.account_id}:function:{name}"
    assert (
        run_as(create_role(localaws, allow("lambda:InvokeFunction", arn)), state)["status"]
        == "SUCCEEDED"
    )


def test_a_state_machine_needs_a_role_that_trusts_it(localaws: LocalAws, run_as: Any) -> None:
    role = create_role(localaws, ADMINISTRATOR, services=("lambda",))
    with pytest.raises(ClientError) as refused:
        run_as(role, {"Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {}})
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert "states.amazonaws.com" in str(refused.value)


@pytest.mark.parametrize(
    ("resource", "rights"),
    [
        ("arn:aws:states:::ecs:runTask.sync", ["events:PutTargets", "events:PutRule"]),
        ("arn:aws:states:::states:startExecution.sync:2", ["events:PutRule"]),
    ],
)
def test_a_machine_that_waits_needs_the_rights_to_its_rule(
    localaws: LocalAws, run_as: Any, resource: str, rights: list[str]
) -> None:
    # GIVEN a role that lacks one of the rights to the rule by which Step Functions waits
    role = create_role(localaws, allow(rights))
    # THEN the machine is not created
    with pytest.raises(ClientError, match="is not authorized to create managed-rule"):
        run_as(role, {"Resource": resource, "Parameters": {}})


# ── Glue ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_crawler_reads_and_writes_as_its_role(localaws: LocalAws, bucket: str) -> None:
    glue, name = localaws.client("glue"), f"crawl_{uuid.uuid4().hex[:8]}"
    glue.create_database(DatabaseInput={"Name": name})
    content = io.BytesIO()
    pq.write_table(pa.table({"id": [1]}), content)
    localaws.client("s3").put_object(
        Bucket=bucket, Key="events/one.parquet", Body=content.getvalue()
    )
    reads = allow(["s3:GetObject", "s3:ListBucket", "glue:GetTables", "glue:GetDatabase"])
    role = create_role(localaws, LOGS, reads)
    glue.create_crawler(
        Name=name,
        Role=role,
        DatabaseName=name,
        Targets={"S3Targets": [{"Path": f"s3://{bucket}/events/"}]},
    )

    def crawl() -> dict[str, Any]:
        glue.start_crawler(Name=name)
        return wait_for(
            lambda: glue.get_crawler(Name=name)["Crawler"], lambda c: c["State"] == "READY"
        )["LastCrawl"]

    refused = crawl()
    assert refused["Status"] == "FAILED"
    assert "glue:CreateTable" in refused["ErrorMessage"]
    grant(localaws, role, LOGS, reads, allow("glue:*"))
    assert crawl()["Status"] == "SUCCEEDED"


# ── ECS ───────────────────────────────────────────────────────────────────────────────────────────


def ended(localaws: LocalAws, task_arn: str) -> dict[str, Any]:
    ecs = localaws.client("ecs")
    return wait_for(
        lambda: ecs.describe_tasks(cluster="executors", tasks=[task_arn])["tasks"][0],
        lambda task: task["lastStatus"] == "STOPPED",
    )


def run_task(
    localaws: LocalAws, network: dict[str, Any], execution: str, task: str, command: str
) -> dict[str, Any]:
    ecs = localaws.client("ecs")
    options = {"awslogs-group": "/ecs/roles", "awslogs-region": "us-east-1"}
    family = f"roles-{uuid.uuid4().hex[:8]}"
    ecs.register_task_definition(
        family=family,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        executionRoleArn=execution,
        taskRoleArn=task,
        containerDefinitions=[
            {
                "name": "main",
                "image": "registry/executors:1",
                "command": ["python", "-c", command],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {**options, "awslogs-stream-prefix": "main"},
                },
            }
        ],
    )
    started = ecs.run_task(
        cluster="executors",
        taskDefinition=family,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network},
    )
    return ended(localaws, started["tasks"][0]["taskArn"])


@pytest.mark.usefixtures("task_definition")
def test_a_container_asks_as_the_role_of_its_task(
    localaws: LocalAws, network: dict[str, Any], bucket: str
) -> None:
    put = f"import boto3; boto3.client('s3').put_object(Bucket='{bucket}', Key='k', Body=b'')"
    execution, task = create_role(localaws, LOGS), create_role(localaws)
    assert run_task(localaws, network, execution, task, put)["containers"][0]["exitCode"] == 1
    grant(localaws, task, allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*"))
    assert run_task(localaws, network, execution, task, put)["containers"][0]["exitCode"] == 0


@pytest.mark.usefixtures("task_definition")
def test_a_task_whose_log_may_not_be_written_does_not_start(
    localaws: LocalAws, network: dict[str, Any]
) -> None:
    silent = create_role(localaws)
    task = run_task(localaws, network, silent, silent, "print()")
    assert task["stopCode"] == "TaskFailedToStart"
    assert "logs:CreateLogStream" in task["stoppedReason"]


# ── Scheduler ─────────────────────────────────────────────────────────────────────────────────────
# test_schedules_fired.py has the schedules that may.
