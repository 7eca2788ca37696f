"""RunTask answers with ``failures``: a state that waits fails, one that does not wait goes on."""

import json
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import (
    FailureEventException,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import resource
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_aws_sdk import (
    StateTaskServiceAwsSdk,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_ecs import (
    StateTaskServiceEcs,
)

from localaws.step_functions import field_names, synchronous_tasks

INSTANCE = "arn:aws:ecs:us-east-1:123456789012:container-instance/c1"
FAILURE = {"arn": INSTANCE, "reason": "RESOURCE:MEMORY"}


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch):
    """Call RunTask for a state, with an answer that has a failure; give what the state gets."""
    client = boto3.client(
        "ecs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    monkeypatch.setattr(field_names, "aws_client", lambda *_: client)
    for task_type in (StateTaskServiceEcs, StateTaskServiceAwsSdk):
        for name in ("_normalise_parameters", "_normalise_response"):
            monkeypatch.setattr(task_type, name, None)  # taken back after the test
    field_names.install(None)  # type: ignore[arg-type]

    def call(arn: str) -> Any:
        task = StateTaskServiceEcs()
        task.resource = resource.ServiceResource.from_resource_arn(arn)
        context = SimpleNamespace(source_event_id=1)
        env: Any = SimpleNamespace(stack=[], next_state_name="Run", event_history_context=context)
        with Stubber(client) as stub:
            stub.add_response("run_task", {"tasks": [], "failures": [dict(FAILURE)]})
            synchronous_tasks._place_task(client, task, env, {"taskDefinition": "family"})
        return env.stack.pop()

    return call


@pytest.mark.parametrize("pattern", ["sync", "waitForTaskToken"])
def test_a_state_that_waits_fails_as_unknown_with_the_answer_as_its_cause(place, pattern: str):
    with pytest.raises(FailureEventException) as raised:
        place(f"arn:aws:states:::ecs:runTask.{pattern}")
    details = raised.value.failure_event.event_details["taskFailedEventDetails"]
    assert details["error"] == "AmazonECS.Unknown"
    assert json.loads(details["cause"])["Failures"] == [
        {"Arn": INSTANCE, "Reason": "RESOURCE:MEMORY"}
    ]


def test_a_state_that_does_not_wait_goes_on_with_the_answer(place):
    assert place("arn:aws:states:::ecs:runTask") == {
        "Tasks": [],
        "Failures": [{"Arn": INSTANCE, "Reason": "RESOURCE:MEMORY"}],
    }
