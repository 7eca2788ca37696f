"""State machines run as Step Functions runs them."""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError
from localaws_support.executors import invoke, wait_for

OK = "def handler(event, context):\n    return event\n"
SLOW = "import time\ndef handler(event, context):\n    time.sleep(event['seconds'])\n    return 1\n"
BUSY = "class Busy(Exception): pass\ndef handler(event, context):\n    raise Busy('try later')\n"
FAIL_ONCE = (
    "import pathlib\n"
    "def handler(event, context):\n"
    "    marker = pathlib.Path(event['marker'])\n"
    "    if not marker.exists():\n"
    "        marker.touch()\n"
    "        raise RuntimeError('once')\n"
)


def run_task(
    task_definition: str, network: dict[str, Any], command: list[str], **fields: Any
) -> dict[str, Any]:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Parameters": {
            "Cluster": "executors",
            "TaskDefinition": task_definition,
            "LaunchType": "FARGATE",
            "NetworkConfiguration": {
                "AwsvpcConfiguration": {
                    "Subnets": network["subnets"],
                    "SecurityGroups": network["securityGroups"],
                    "AssignPublicIp": "ENABLED",
                }
            },
            "Overrides": {"ContainerOverrides": [{"Name": "main", "Command": command}]},
        },
        "End": True,
        **fields,
    }


def test_a_map_keeps_its_order_and_its_concurrency(run_machine, deploy_function):
    # GIVEN a Map over eight items, four at a time, each half a second
    item = {
        "Task": invoke(deploy_function(SLOW), {"seconds": 0.5}, ResultPath="$.result"),
    }
    states = {
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 4,
            "ItemSelector": {"number.$": "$$.Map.Item.Value", "start.$": "$$.Execution.StartTime"},
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Task",
                "States": item,
            },
            "End": True,
        }
    }
    # WHEN it runs
    execution = run_machine(states, {"items": list(range(8))})
    # THEN the results stand in the order of the items, and every item saw the execution
    assert execution["status"] == "SUCCEEDED"
    output = json.loads(execution["output"])
    assert [entry["number"] for entry in output] == list(range(8))
    assert output[0]["start"].endswith("Z")
    assert (execution["stopDate"] - execution["startDate"]).total_seconds() >= 1.0


def test_a_functions_exception_is_the_error_of_the_state(run_machine, deploy_function):
    # GIVEN a function that raises Busy
    # WHEN a state machine calls it, and nothing catches
    execution = run_machine({"Call": invoke(deploy_function(BUSY), {})})
    # THEN the execution fails with the exception's name, and with Lambda's description as the cause
    assert execution["status"] == "FAILED"
    assert execution["error"] == "Busy"
    assert json.loads(execution["cause"])["errorMessage"] == "try later"


def test_a_retry_repeats_and_a_catch_takes_what_is_left(run_machine, deploy_function):
    # GIVEN a state that retries Busy once and catches it then
    call = invoke(
        deploy_function(BUSY),
        {},
        Retry=[
            {
                "ErrorEquals": ["Busy"],
                "IntervalSeconds": 1,
                "MaxAttempts": 1,
                "JitterStrategy": "FULL",
            }
        ],
        Catch=[{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}],
    )
    # WHEN it runs
    execution = run_machine({"Call": call, "Caught": {"Type": "Pass", "End": True}}, {"kept": 1})
    # THEN the catch has the error beside the input
    output = json.loads(execution["output"])
    assert output["kept"] == 1
    assert output["error"]["Error"] == "Busy"


def test_an_iterations_reserved_error_reaches_the_catch_of_the_map(run_machine, deploy_function):
    # GIVEN a Map whose iteration times out
    item = {"Task": invoke(deploy_function(SLOW), {"seconds": 5}, TimeoutSeconds=1)}
    states = {
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "INLINE"},
                "StartAt": "Task",
                "States": item,
            },
            "Catch": [
                {"ErrorEquals": ["States.TaskFailed"], "Next": "Wrong"},
                {"ErrorEquals": ["States.Timeout"], "Next": "Right"},
            ],
            "End": True,
        },
        "Wrong": {"Type": "Fail"},
        "Right": {"Type": "Pass", "Result": "timed out", "End": True},
    }
    # WHEN it runs
    execution = run_machine(states, {"items": [1, 2]})
    # THEN the time-out is caught by its name, and is no task failure
    assert execution.get("output") == '"timed out"', execution


def test_a_failed_task_fails_the_state_with_its_description(run_machine, task_definition, network):
    # GIVEN a container that exits with 3
    state = run_task(task_definition, network, ["python", "-c", "raise SystemExit(3)"])
    # WHEN a state machine runs it with .sync
    execution = run_machine({"Run": state})
    # THEN the state fails with States.TaskFailed, and the cause tells the exit code
    assert execution["error"] == "States.TaskFailed"
    cause = json.loads(execution["cause"])
    assert cause["Containers"][0]["ExitCode"] == 3
    assert cause["StoppedReason"] == "Essential container in task exited"


def test_a_crawler_error_has_step_functions_name(run_machine):
    # GIVEN no crawler
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:glue:startCrawler",
        "Parameters": {"Name": "no-such-crawler"},
        "End": True,
    }
    # WHEN a state machine starts it
    execution = run_machine({"Start": state})
    # THEN the error is named as the aws-sdk integration names it
    assert execution["error"] == "Glue.EntityNotFoundException"


def test_a_stop_ends_a_running_task_at_once(localaws, run_machine, task_definition, network):
    # GIVEN an execution whose container would run for a minute
    state = run_task(task_definition, network, ["python", "-c", "import time; time.sleep(60)"])
    arn = run_machine({"Run": state}, wait=False)["executionArn"]
    ecs, steps = localaws.client("ecs"), localaws.client("stepfunctions")
    family = task_definition.rsplit("/", 1)[1].split(":")[0]

    def task() -> dict[str, Any]:
        arns = ecs.list_tasks(cluster="executors", family=family)["taskArns"]
        tasks = ecs.describe_tasks(cluster="executors", tasks=arns)["tasks"] if arns else []
        return next((t for t in tasks if "60" in json.dumps(t["overrides"])), {})

    wait_for(task, lambda found: found.get("lastStatus") == "RUNNING")
    # WHEN it is stopped
    began = time.monotonic()
    steps.stop_execution(executionArn=arn, error="Mine", cause="because")
    execution = wait_for(
        lambda: steps.describe_execution(executionArn=arn), lambda e: e["status"] != "RUNNING"
    )
    # THEN it is aborted with the reason, its history says so, and the container is stopped too
    assert time.monotonic() - began < 10
    assert (execution["status"], execution["error"], execution["cause"]) == (
        "ABORTED",
        "Mine",
        "because",
    )
    history = steps.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=2)
    assert history["events"][0]["type"] == "ExecutionAborted"
    assert history["nextToken"]
    stopped = wait_for(task, lambda found: found.get("lastStatus") == "STOPPED")
    assert stopped["stopCode"] == "UserInitiated"


def test_a_redrive_goes_on_at_the_failed_state_with_its_old_input(
    localaws, run_machine, deploy_function, tmp_path
):
    # GIVEN an execution whose second state fails the first time
    marker = str(tmp_path / "marker")
    states = {
        "First": {
            "Type": "Pass",
            "Parameters": {"made": 1},
            "ResultPath": "$.first",
            "Next": "Second",
        },
        "Second": invoke(deploy_function(FAIL_ONCE), {"marker": marker}, ResultPath="$.second"),
    }
    failed = run_machine(states, {"given": 2})
    assert (failed["status"], failed["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    # WHEN it is redriven
    steps = localaws.client("stepfunctions")
    steps.redrive_execution(executionArn=failed["executionArn"])
    redriven = wait_for(
        lambda: steps.describe_execution(executionArn=failed["executionArn"]),
        lambda execution: execution["status"] != "RUNNING",
    )
    # THEN only the second state runs again, with what the first had made
    assert redriven["status"] == "SUCCEEDED"
    assert redriven["redriveCount"] == 1
    assert json.loads(redriven["output"])["first"] == {"made": 1}
    events = steps.get_execution_history(executionArn=failed["executionArn"])["events"]
    names = [
        e["stateEnteredEventDetails"]["name"] for e in events if "stateEnteredEventDetails" in e
    ]
    assert names == ["First", "Second", "Second"]
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    # AND a second redrive is refused
    with pytest.raises(ClientError, match="ExecutionNotRedrivable"):
        steps.redrive_execution(executionArn=failed["executionArn"])


def test_two_executions_run_side_by_side(localaws, run_machine, deploy_function):
    # GIVEN a machine that takes a second
    states = {"Call": invoke(deploy_function(SLOW), {"seconds": 1})}
    steps = localaws.client("stepfunctions")
    # WHEN six executions are started at once
    arns = [run_machine(states, wait=False)["executionArn"] for _ in range(6)]
    ended = [
        wait_for(
            lambda arn=arn: steps.describe_execution(executionArn=arn),
            lambda e: e["status"] != "RUNNING",
        )
        for arn in arns
    ]
    # THEN all succeed
    assert [execution["status"] for execution in ended] == ["SUCCEEDED"] * 6
