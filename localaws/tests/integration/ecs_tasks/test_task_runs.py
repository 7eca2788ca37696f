"""Tasks run as Fargate runs them."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from localaws_support.executors import register_task, wait_for

from localaws.testing import LocalAws


@pytest.fixture
def run_to_end(localaws: LocalAws, network: dict[str, Any]):
    def run(
        definition: str, command: list[str], environment: dict[str, str] | None = None
    ) -> dict[str, Any]:
        ecs = localaws.client("ecs")
        override = {
            "name": "main",
            "command": command,
            "environment": [{"name": k, "value": v} for k, v in (environment or {}).items()],
        }
        task = ecs.run_task(
            cluster="executors",
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": network},
            overrides={"containerOverrides": [override]},
        )["tasks"][0]
        return wait_for(
            lambda: ecs.describe_tasks(cluster="executors", tasks=[task["taskArn"]])["tasks"][0],
            lambda found: found["lastStatus"] == "STOPPED",
        )

    return run


def test_a_command_runs_with_overrides_secrets_and_its_log(
    localaws, run_to_end, task_definition, log_lines
):
    # GIVEN a definition with a secret
    arn = localaws.client("secretsmanager").create_secret(
        Name="executors/key", SecretString='{"token": "hush"}'
    )["ARN"]
    definition = register_task(
        localaws,
        "registry/executors:1",
        secrets=[{"name": "TOKEN", "valueFrom": f"{arn}:token::"}],
    )
    code = "import os; print(os.environ['GREETING'], os.environ['TOKEN'], os.environ['EXTRA'])"
    # WHEN it runs with an override
    task = run_to_end(definition, ["python", "-c", code], {"EXTRA": "overridden"})
    # THEN the container saw all of it, and what it printed is in its log group
    assert task["stopCode"] == "EssentialContainerExited"
    assert task["containers"][0]["exitCode"] == 0
    assert task["startedAt"] <= task["stoppedAt"]
    assert "defined hush overridden" in log_lines("/ecs/executors")


def test_an_unknown_image_cannot_be_pulled(localaws, run_to_end, task_definition):
    # GIVEN a definition of an image that nobody registered
    definition = register_task(localaws, "registry/unknown:7")
    # WHEN it is run
    task = run_to_end(definition, ["true"])
    # THEN the task never starts, and says why
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError")
    assert "exitCode" not in task["containers"][0]


def test_a_secret_that_does_not_exist_keeps_the_task_from_starting(
    localaws, run_to_end, task_definition
):
    # GIVEN a definition with a secret that does not exist
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:executors/none-AAAAAA"
    definition = register_task(
        localaws, "registry/executors:1", secrets=[{"name": "TOKEN", "valueFrom": arn}]
    )
    # WHEN it is run
    task = run_to_end(definition, ["true"])
    # THEN the task never starts, and says why
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("ResourceInitializationError")


def test_a_killed_container_reports_128_and_the_signal(run_to_end, task_definition):
    # GIVEN a container that dies by SIGKILL
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    # WHEN it runs
    task = run_to_end(task_definition, ["python", "-c", code])
    # THEN its exit code is Docker's
    assert task["containers"][0]["exitCode"] == 137


@pytest.fixture
def family(localaws, task_definition):
    """A family of two revisions, of which each says its number."""
    first = register_task(localaws, "registry/executors:1")
    name = first.rsplit("/", 1)[1].split(":")[0]
    described = localaws.client("ecs").describe_task_definition(taskDefinition=first)
    container = described["taskDefinition"]["containerDefinitions"][0]
    localaws.client("ecs").register_task_definition(
        family=name,
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {key: container[key] for key in ("name", "image", "logConfiguration")}
        ],
    )
    return name


def test_a_family_without_a_revision_runs_its_newest_active_one(localaws, run_to_end, family):
    # GIVEN two revisions
    newest = run_to_end(family, ["true"])
    # WHEN the newer one is deregistered
    localaws.client("ecs").deregister_task_definition(taskDefinition=f"{family}:2")
    older = run_to_end(family, ["true"])
    # THEN the family stands for the other
    assert newest["taskDefinitionArn"].endswith(f"{family}:2")
    assert older["taskDefinitionArn"].endswith(f"{family}:1")


def test_a_deregistered_revision_can_be_described_and_not_run(localaws, run_to_end, family):
    ecs = localaws.client("ecs")
    ecs.deregister_task_definition(taskDefinition=f"{family}:1")
    described = ecs.describe_task_definition(taskDefinition=f"{family}:1")["taskDefinition"]
    assert described["status"] == "INACTIVE"
    with pytest.raises(ClientError, match="TaskDefinition is inactive") as refused:
        run_to_end(f"{family}:1", ["true"])
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


@pytest.mark.parametrize("name", ["no-such-family", "no-such-family:3"])
def test_a_definition_that_never_was_is_not_found(run_to_end, task_definition, name):
    with pytest.raises(ClientError, match=r"ClientException.*TaskDefinition not found"):
        run_to_end(name, ["true"])


def test_a_family_whose_revisions_are_all_deregistered_is_not_found(localaws, run_to_end, family):
    ecs = localaws.client("ecs")
    for revision in (1, 2):
        ecs.deregister_task_definition(taskDefinition=f"{family}:{revision}")
    with pytest.raises(ClientError, match="TaskDefinition not found"):
        run_to_end(family, ["true"])
