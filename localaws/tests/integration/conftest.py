"""Things that tests of executors deploy."""

import io
import json
import sys
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from localaws_support.executors import register_task, wait_for
from localaws_support.roles import ADMINISTRATOR, create_role

from localaws.ecs_tasks.images import ImageRegister, LocalImage
from localaws.testing import LocalAws

DeployFunction = Callable[..., str]
RunMachine = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def role_arn(localaws: LocalAws) -> str:
    """A role that may do everything: what a role may not do is tested in ``authorization/``."""
    return create_role(localaws, ADMINISTRATOR)


@pytest.fixture
def deploy_function(localaws: LocalAws, role_arn: str) -> DeployFunction:
    """Deploy Python text as the module ``app`` of a new function; give the function's name."""

    def deploy(text: str, handler: str = "app.handler", **settings: Any) -> str:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("app.py", text)
        name = f"function-{uuid.uuid4().hex[:8]}"
        localaws.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Handler=handler,
            Code={"ZipFile": content.getvalue()},
            **{"Role": role_arn, "Timeout": 10, "MemorySize": 128, **settings},
        )
        return name

    return deploy


@pytest.fixture
def bucket(localaws: LocalAws) -> str:
    name = f"executors-{uuid.uuid4().hex[:8]}"
    localaws.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture(scope="session")
def network(localaws: LocalAws) -> dict[str, Any]:
    ec2 = localaws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="executors", Description="tests", VpcId=vpc)
    return {"subnets": [subnet], "securityGroups": [group["GroupId"]]}


@pytest.fixture(scope="session")
def task_definition(localaws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A task definition whose container ``main`` runs Python of this machine."""
    root: Path = tmp_path_factory.mktemp("image")
    register = ImageRegister(localaws.settings)
    register.add("registry/executors:1", LocalImage(root=root, python=Path(sys.executable)))
    localaws.client("ecs").create_cluster(clusterName="executors")
    return register_task(localaws, "registry/executors:1")


@pytest.fixture
def run_machine(localaws: LocalAws, role_arn: str) -> RunMachine:
    """Run a state machine, given as its states; give what DescribeExecution says at its end."""
    client = localaws.client("stepfunctions")

    def run(
        states: dict[str, Any],
        payload: dict[str, Any] | None = None,
        wait: bool = True,
        **machine: Any,
    ) -> dict[str, Any]:
        definition = {"StartAt": next(iter(states)), "States": states, **machine}
        arn = client.create_state_machine(
            name=f"machine-{uuid.uuid4().hex[:8]}",
            definition=json.dumps(definition),
            roleArn=role_arn,
        )["stateMachineArn"]
        started = client.start_execution(stateMachineArn=arn, input=json.dumps(payload or {}))
        if not wait:
            return {"executionArn": started["executionArn"]}
        return wait_for(
            lambda: client.describe_execution(executionArn=started["executionArn"]),
            lambda execution: execution["status"] != "RUNNING",
        )

    return run


@pytest.fixture
def log_lines(localaws: LocalAws) -> Callable[[str], list[str]]:
    def read(group: str) -> list[str]:
        pages = (
            localaws.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        )
        return [event["message"] for page in pages for event in page["events"]]

    return read
