"""What a person reads when a night has failed."""

import json
from typing import Any

import pytest

from orchestration import failure_report

EXECUTION = {"Id": "arn:aws:states:us-east-1:1:execution:wistia-analytics-nightly:n1"}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_NAME", "wistia-analytics")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


def _describe(state: str, error: str, cause: Any) -> dict[str, Any]:
    text = cause if isinstance(cause, str) else json.dumps(cause)
    night = {
        "error": {"Error": error, "Cause": text},
        "planned": {"plan": {"run_id": "20260302T020000Z-1a2b3c4d"}},
    }
    return failure_report.handler(
        {"action": "describe", "failed_state": state, "night": night, "execution": EXECUTION}, None
    )


def test_the_message_names_run_state_error_log_and_how_to_resume() -> None:
    report = _describe(
        "Ingest", "AuthorizationFailed", {"errorType": "AuthorizationFailed", "errorMessage": "401"}
    )
    assert report["subject"] == "wistia-analytics: Ingest failed (AuthorizationFailed)"
    for part in (
        "20260302T020000Z-1a2b3c4d",
        "Ingest",
        "401",
        "redrive-execution",
        EXECUTION["Id"],
    ):
        assert part in report["message"]
    assert "log-group/$252Faws$252Flambda$252Fwistia-analytics-ingest" in report["message"]


def test_failed_data_tests_are_told_from_infrastructure() -> None:
    task = {"TaskArn": "arn:aws:ecs:::task/c/abc", "Containers": [{"ExitCode": 2}]}
    assert _describe("DbtBuild", "States.TaskFailed", task)["error"] == "DbtTestsFailed"
    task["Containers"] = [{"ExitCode": 3}]
    assert _describe("DbtBuild", "States.TaskFailed", task)["error"] == "DbtInfrastructureError"
    task["Containers"] = [{"ExitCode": 4}]
    assert _describe("DbtFreshness", "States.TaskFailed", task)["error"] == "SourcesAreStale"


def test_a_task_that_never_ran_says_so() -> None:
    task = {"Containers": [{}], "StoppedReason": "CannotPullContainerError"}
    report = _describe("DbtBuild", "States.TaskFailed", task)
    assert report["error"] == "TaskDidNotStart"
    assert "CannotPullContainerError" in report["message"]


def test_the_cause_of_a_glue_job_is_its_error_message() -> None:
    report = _describe(
        "Normalize", "States.TaskFailed", {"Id": "jr_1", "ErrorMessage": "OutOfMemory"}
    )
    assert report["cause"] == "OutOfMemory"
    assert report["error"] == "NormalizeFailed"


def test_a_timeout_keeps_its_nature() -> None:
    assert _describe("Ingest", "States.Timeout", "")["error"] == "IngestTimedOut"


def test_stop_fails_the_execution_with_the_error_of_the_night() -> None:
    report = _describe("DbtBuild", "States.TaskFailed", {"Containers": [{"ExitCode": 2}]})
    event = {"action": "stop", "failed_state": "DbtBuild", "report": report, "execution": EXECUTION}
    with pytest.raises(Exception, match="exit code 2") as raised:
        failure_report.handler(event, None)
    assert type(raised.value).__name__ == "DbtTestsFailed"


def test_stop_lets_a_redriven_execution_go_on() -> None:
    report = _describe("DbtBuild", "States.TaskFailed", {"Containers": [{"ExitCode": 2}]})
    event = {
        "action": "stop",
        "failed_state": "DbtBuild",
        "report": report,
        "execution": EXECUTION | {"RedriveCount": 1},
    }
    assert failure_report.handler(event, None) == {"failed_state": "DbtBuild"}


@pytest.mark.parametrize("cause", ["", "[]", "no json", "{", json.dumps({"Containers": []})])
def test_any_cause_gives_a_message(cause: str) -> None:
    assert _describe("Seal", "Unknown", cause)["message"]
