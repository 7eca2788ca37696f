"""Definitions, inputs and loops that Step Functions refuses or ends, and what a Choice compares."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from localaws_support.executors import invoke, wait_for

FAIL_ONCE = (
    "import pathlib\n"
    "def handler(event, context):\n"
    "    marker = pathlib.Path(event['marker'])\n"
    "    if not marker.exists():\n"
    "        marker.touch()\n"
    "        raise RuntimeError('once')\n"
)


def test_a_choice_without_a_match_is_caught_around_it(run_machine):
    # GIVEN a branch whose Choice matches nothing
    rule = {"Variable": "$.color", "StringEquals": "red", "Next": "Red"}
    branch = {
        "StartAt": "Which",
        "States": {
            "Which": {"Type": "Choice", "Choices": [rule]},
            "Red": {"Type": "Pass", "End": True},
        },
    }
    states = {
        "Both": {
            "Type": "Parallel",
            "Branches": [branch],
            "Catch": [
                {"ErrorEquals": ["States.NoChoiceMatched"], "ResultPath": "$.e", "Next": "Caught"}
            ],
            "End": True,
        },
        "Caught": {"Type": "Pass", "End": True},
    }
    # WHEN it runs THEN the state around it catches the error by its name
    caught = json.loads(run_machine(states, {"color": "blue"})["output"])
    assert caught["e"]["Error"] == "States.NoChoiceMatched"
    # AND without one it is the error of the execution
    alone = run_machine(branch["States"], {"color": "blue"})
    assert alone["error"] == "States.NoChoiceMatched"


@pytest.mark.parametrize(
    ("text", "later"),
    [
        ("2026-01-01T00:30:00-02:00", True),
        ("2026-01-01T00:00:00.500Z", True),
        ("2026-01-01T00:30:00+02:00", False),
        ("soon", False),
    ],
)
def test_a_choice_compares_timestamps_with_offsets_and_fractions(run_machine, text, later):
    rule = {"Variable": "$.t", "TimestampGreaterThan": "2026-01-01T00:00:00Z", "Next": "Later"}
    states = {
        "When": {"Type": "Choice", "Choices": [rule], "Default": "Not"},
        "Later": {"Type": "Pass", "Result": True, "End": True},
        "Not": {"Type": "Pass", "Result": False, "End": True},
    }
    assert json.loads(run_machine(states, {"t": text})["output"]) is later


def test_an_endless_loop_ends_when_its_history_is_full(run_machine, localaws):
    # GIVEN a loop, and a catch around it
    rule = {"Variable": "$.go", "BooleanEquals": True, "Next": "Again"}
    states = {
        "Loop": {"Type": "Choice", "Choices": [rule], "Default": "End"},
        "Again": {"Type": "Pass", "Next": "Loop"},
        "End": {"Type": "Succeed"},
    }
    # WHEN it runs
    execution = run_machine(states, {"go": True})
    # THEN the last of its 25,000 events says so
    assert execution["error"] == "States.Runtime"
    assert execution["cause"] == (
        "The execution reached the maximum number of history events (25000)."
    )
    steps = localaws.client("stepfunctions")
    history = steps.get_execution_history(
        executionArn=execution["executionArn"], reverseOrder=True, maxResults=2
    )["events"]
    assert [(event["id"], event["type"]) for event in history] == [
        (25_000, "ExecutionFailed"),
        (24_999, "ChoiceStateExited"),
    ]
    assert execution["redriveStatus"] == "NOT_REDRIVABLE"


def test_results_and_inputs_have_a_limit(run_machine, deploy_function, localaws):
    # GIVEN a function that returns as many characters as its input asks for
    text = "def handler(event, context):\n    return 'x' * event['size']\n"
    name = deploy_function(text)

    def run(size: int) -> dict[str, Any]:
        call = invoke(name, {"size": size}, ResultSelector={"status.$": "$.StatusCode"})
        return run_machine({"Call": call})

    # WHEN the result passes the limit THEN the state fails, and below it does not
    small = run(250_000)
    assert small["status"] == "SUCCEEDED", (small.get("error"), small.get("cause", "")[-300:])
    assert run(262_145)["error"] == "States.DataLimitExceeded"
    # AND an input of one byte too many is refused
    steps = localaws.client("stepfunctions")
    arn = steps.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    steps.start_execution(stateMachineArn=arn, input=json.dumps("x" * 262_142))
    with pytest.raises(ClientError, match="less than or equal to 262144") as refused:
        steps.start_execution(stateMachineArn=arn, input=json.dumps("x" * 262_143))
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError, match="InvalidName"):
        steps.start_execution(stateMachineArn=arn, name="a name", input="{}")


def test_a_definition_that_cannot_run_is_refused_and_told(localaws, role_arn):
    steps = localaws.client("stepfunctions")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}})
    words = "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next"
    with pytest.raises(ClientError) as refused:
        steps.create_state_machine(name="broken", definition=definition, roleArn=role_arn)
    assert refused.value.response["Error"] == {
        "Code": "InvalidDefinition",
        "Message": f"Invalid State Machine Definition: '{words}'",
    }
    found = steps.validate_state_machine_definition(definition=definition)
    assert (found["result"], found["truncated"]) == ("FAIL", False)
    assert found["diagnostics"] == [
        {
            "severity": "ERROR",
            "code": "MISSING_TRANSITION_TARGET",
            "message": "Missing 'Next' target: B",
            "location": "/States/A/Next",
        }
    ]


def test_a_redriven_execution_keeps_the_definition_that_it_began_with(
    localaws, run_machine, deploy_function, tmp_path
):
    # GIVEN an execution that failed
    marker = str(tmp_path / "marker")
    call = invoke(deploy_function(FAIL_ONCE), {"marker": marker}, ResultPath="$.second")
    failed = run_machine({"Call": call})
    # WHEN the state machine is changed, and the execution redriven
    steps = localaws.client("stepfunctions")
    changed = {"StartAt": "Other", "States": {"Other": {"Type": "Fail", "Error": "New"}}}
    steps.update_state_machine(
        stateMachineArn=failed["stateMachineArn"], definition=json.dumps(changed)
    )
    steps.redrive_execution(executionArn=failed["executionArn"])
    redriven = wait_for(
        lambda: steps.describe_execution(executionArn=failed["executionArn"]),
        lambda execution: execution["status"] != "RUNNING",
    )
    # THEN it goes on with what it had
    assert redriven["status"] == "SUCCEEDED", redriven
