"""What ran when localaws ended has its true state after the next start."""

import json
import signal
import uuid
from typing import Any

import psutil
import pytest
from localaws_support.executors import wait_for
from localaws_support.roles import ADMINISTRATOR, create_role

from localaws import lifecycle
from localaws import testing as localaws_testing
from localaws.testing import LocalAws


@pytest.fixture
def own_localaws(tmp_path):
    """A localaws that may be killed."""
    with localaws_testing.start(tmp_path, trino_eager=False) as aws:
        yield aws


def start_execution(aws: LocalAws, states: dict[str, Any]) -> str:
    steps = aws.client("stepfunctions")
    machine = steps.create_state_machine(
        name=f"machine-{uuid.uuid4().hex[:8]}",
        definition=json.dumps({"StartAt": next(iter(states)), "States": states}),
        roleArn=create_role(aws, ADMINISTRATOR),
    )["stateMachineArn"]
    return str(steps.start_execution(stateMachineArn=machine)["executionArn"])


def test_a_killed_server_leaves_a_failed_execution_that_can_be_redriven(own_localaws):
    # GIVEN an execution that has ended, and one that waits
    aws = own_localaws
    done = start_execution(aws, {"Pass": {"Type": "Pass", "Result": {"a": 1}, "End": True}})
    first = {"Type": "Pass", "Result": {"made": 1}, "Next": "Wait"}
    waiting = start_execution(
        aws, {"First": first, "Wait": {"Type": "Wait", "Seconds": 3, "End": True}}
    )
    steps = aws.client("stepfunctions")
    wait_for(
        lambda: {"events": steps.get_execution_history(executionArn=waiting)["events"]},
        lambda history: history["events"][-1]["type"] == "WaitStateEntered",
    )
    aws.save()
    # WHEN the server is killed and started again
    server = json.loads(aws.settings.endpoints_file.read_text())["pids"]["server"]
    psutil.Process(server).send_signal(signal.SIGKILL)
    psutil.wait_procs([psutil.Process(server)] if psutil.pid_exists(server) else [], timeout=10)
    started = lifecycle.up(aws.settings)
    aws = LocalAws(aws.settings, started.endpoints)
    steps = aws.client("stepfunctions")
    # THEN the ended one is whole, and the other is failed and says why
    assert steps.describe_execution(executionArn=done)["output"] == '{"a": 1}'
    lost = steps.describe_execution(executionArn=waiting)
    assert (lost["status"], lost["redriveStatus"]) == ("FAILED", "REDRIVABLE")
    assert "localaws server ended" in lost["cause"]
    # AND a redrive goes on where it was
    steps.redrive_execution(executionArn=waiting)
    redriven = wait_for(
        lambda: steps.describe_execution(executionArn=waiting),
        lambda execution: execution["status"] != "RUNNING",
    )
    assert (redriven["status"], redriven["output"]) == ("SUCCEEDED", '{"made": 1}')
