"""A schedule can be fired by hand."""

import json
import uuid

import pytest
from localaws_support.executors import wait_for
from typer.testing import CliRunner

from localaws.scheduler.cli import app


@pytest.fixture
def schedule(localaws, role_arn) -> tuple[str, str]:
    """A schedule that starts a machine which only passes its input on."""
    name = f"nightly-{uuid.uuid4().hex[:8]}"
    definition = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
    machine = localaws.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=role_arn
    )["stateMachineArn"]
    localaws.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="cron(0 2 * * ? *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": machine,
            "RoleArn": role_arn,
            "Input": '{"as_of": "<aws.scheduler.scheduled-time>"}',
        },
    )
    return name, machine


def test_firing_starts_the_state_machine_with_the_scheduled_time(localaws, schedule, monkeypatch):
    # GIVEN a schedule whose input names the scheduled time
    name, machine = schedule
    for variable, value in localaws.environment().items():
        monkeypatch.setenv(variable, value)
    # WHEN it is fired for a given time
    time = "2026-03-02T02:00:00Z"
    result = CliRunner().invoke(app, ["fire", name, "--scheduled-time", time])
    # THEN one execution has that input
    assert result.exit_code == 0, result.output
    steps = localaws.client("stepfunctions")
    execution = wait_for(
        lambda: steps.list_executions(stateMachineArn=machine)["executions"][0],
        lambda found: found["status"] == "SUCCEEDED",
    )
    described = steps.describe_execution(executionArn=execution["executionArn"])
    assert json.loads(described["output"]) == {"as_of": time}


def test_an_unknown_schedule_is_one_clear_line(localaws, monkeypatch):
    # GIVEN no schedule of that name
    for variable, value in localaws.environment().items():
        monkeypatch.setenv(variable, value)
    # WHEN it is fired
    result = CliRunner().invoke(app, ["fire", "none"])
    # THEN one line says so
    assert result.exit_code == 1
    assert "Cannot fire schedule none of group default" in result.output
