"""The message that a person gets when a night has failed."""

import io
import json
import sys
from typing import Any

import pytest

from orchestration.alerts import failure_report

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


def test_failed_data_tests_are_not_called_infrastructure() -> None:
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


def test_the_log_of_a_job_is_what_the_script_printed_in_this_run() -> None:
    log = _describe("Normalize", "States.TaskFailed", {"Id": "jr_1"})["log"]
    assert log.endswith(
        "log-group/$252Faws-glue$252Fwistia-analytics-normalize$252Foutput"
        "$3FlogStreamNameFilter$3Djr_1"
    )


def test_the_cause_of_a_glue_job_is_its_error_message() -> None:
    report = _describe(
        "Normalize", "States.TaskFailed", {"Id": "jr_1", "ErrorMessage": "OutOfMemory"}
    )
    assert report["cause"] == "OutOfMemory"
    assert report["error"] == "NormalizeFailed"


@pytest.mark.parametrize(
    ("state", "error", "cause", "named", "told"),
    [
        ("DbtBuild", "States.Timeout", "", "DbtBuildTimedOut", "longer than its time limit"),
        ("Normalize", "States.Timeout", "", "NormalizeTimedOut", "longer than its time limit"),
        (
            *("Normalize", "States.TaskFailed", {"Id": "jr_1", "JobRunState": "TIMEOUT"}),
            *("NormalizeTimedOut", "TIMEOUT"),
        ),
        (
            *("RefreshCatalog", "CrawlTimedOut"),
            {"Name": "c", "CrawlElapsedTime": 3_660_000, "LastCrawl": {"Status": "SUCCEEDED"}},
            *("CrawlTimedOut", "The crawler c ran for 61 minutes and was stopped"),
        ),
    ],
)
def test_a_time_out_says_what_took_too_long_and_where_to_read(
    state: str, error: str, cause: Any, named: str, told: str
) -> None:
    report = _describe(state, error, cause)
    assert report["error"] == named
    assert told in report["cause"]
    assert "(runbook, 'A step took too long')" in report["message"]


def test_a_task_for_which_there_is_no_room_says_so() -> None:
    failures = [
        {"Reason": "Capacity is unavailable at this time."},
        {"Arn": "arn:aws:ecs:::x", "Reason": "RESOURCE:MEMORY", "Detail": "no room"},
    ]
    report = _describe("DbtDocs", "AmazonECS.Unknown", {"Failures": failures, "Tasks": []})
    assert report["error"] == "TaskDidNotStart"
    assert "Capacity is unavailable at this time.; RESOURCE:MEMORY no room" in report["cause"]


def test_stop_fails_the_execution_with_the_error_of_the_night() -> None:
    report = _describe("DbtBuild", "States.TaskFailed", {"Containers": [{"ExitCode": 2}]})
    event = {"action": "stop", "failed_state": "DbtBuild", "report": report, "execution": EXECUTION}
    with pytest.raises(Exception, match="exit code 2") as raised:
        failure_report.handler(event, None)
    assert type(raised.value).__name__ == "DbtTestsFailed"


def test_stop_lets_a_redriven_execution_continue() -> None:
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


CRAWLER = {
    "Name": "wistia-analytics-staging",
    "State": "READY",
    "Description": "x" * 900,
    "LastCrawl": {
        "Status": "FAILED",
        "ErrorMessage": "Insufficient Lake Formation permission(s) on s3://b/staging",
        "LogGroup": "/aws-glue/crawlers",
    },
}
TASK = {
    "TaskArn": "arn:aws:ecs:us-east-1:1:task/c/abc",
    "Containers": [{"ExitCode": 2, "Reason": "Essential container in task exited"}],
}
REASONS = [
    ("Plan", "RunInProgress", {"errorType": "RunInProgress", "errorMessage": "REASON"}),
    (
        "Ingest",
        "WistiaUnauthorized",
        {"errorType": "W", "errorMessage": "REASON", "stackTrace": []},
    ),
    ("Seal", "Lambda.Unknown", {"errorType": "SealIncomplete", "errorMessage": "REASON"}),
    ("Commit", "X", {"errorMessage": "REASON", "errorType": "X"}),
    ("Normalize", "States.TaskFailed", {"Id": "jr_1", "ErrorMessage": "REASON"}),
    (
        "Normalize",
        "States.TaskFailed",
        {
            "ErrorMessage": "Error Category: UNCLASSIFIED_ERROR; Failed Line Number: 9; REASON",
            "Id": "jr_1",
        },
    ),
    ("RefreshCatalog", "CrawlFailed", CRAWLER | {"LastCrawl": {"ErrorMessage": "REASON"}}),
    ("RefreshCatalog", "Glue.EntityNotFoundException", "REASON"),
    (
        "Register",
        "CrawlIncomplete",
        {"errorType": "CrawlIncomplete", "errorMessage": "REASON", "stackTrace": []},
    ),
    ("DbtBuild", "States.TaskFailed", {"Containers": [{}], "StoppedReason": "REASON"}),
    ("DbtFreshness", "ECS.ClientException", "REASON"),
]


@pytest.mark.parametrize(("state", "error", "cause"), REASONS)
def test_the_reason_comes_first_in_every_state(state: str, error: str, cause: Any) -> None:
    report = _describe(state, error, cause)
    assert report["cause"].startswith("REASON")
    _, reason = report["message"].split("\n\n")[:2]
    assert reason.startswith("REASON")


def test_a_failed_crawl_has_glues_reason() -> None:
    report = _describe("RefreshCatalog", "CrawlFailed", CRAWLER)
    assert report["cause"] == (
        "Insufficient Lake Formation permission(s) on s3://b/staging "
        "(crawler wistia-analytics-staging, last crawl FAILED)"
    )
    assert report["error"] == "CrawlFailed"


@pytest.mark.parametrize("last", [{}, {"Status": "FAILED"}, None, "?"])
def test_a_failed_crawl_without_a_reason_says_so(last: Any) -> None:
    assert _describe("RefreshCatalog", "CrawlFailed", {"Name": "c", "LastCrawl": last})["cause"]


class _Bucket:
    """The part of the data bucket that the report reads."""

    def __init__(self, content: Any) -> None:
        self.content = content
        self.asked: list[str] = []

    def client(self, _: str) -> "_Bucket":
        return self

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "the-data-bucket"
        self.asked.append(Key)
        if self.content is None:
            raise OSError("no such key")
        return {"Body": io.BytesIO(json.dumps(self.content).encode())}


def _with_summary(monkeypatch: pytest.MonkeyPatch, content: Any) -> _Bucket:
    bucket = _Bucket(content)
    monkeypatch.setitem(sys.modules, "boto3", bucket)
    monkeypatch.setenv("DATA_BUCKET", "the-data-bucket")
    return bucket


def _finding(number: int) -> dict[str, str]:
    message = f"Got {number} results, configured to fail if != 0"
    return {"kind": "test", "name": f"test_{number}", "status": "fail", "message": message}


def test_a_failed_test_is_named_before_what_ecs_says(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = _with_summary(monkeypatch, {"exit_code": 2, "failures": [_finding(3)], "error": ""})
    report = _describe("DbtBuild", "States.TaskFailed", TASK)
    assert bucket.asked == ["artifacts/dbt/20260302T020000Z-1a2b3c4d/build_summary.json"]
    assert report["cause"].splitlines() == [
        "test test_3: Got 3 results, configured to fail if != 0",
        "The dbt task ended with exit code 2: Essential container in task exited",
    ]
    assert report["message"].index("test_3") < report["message"].index("Essential container")
    assert report["error"] == "DbtTestsFailed"


def test_many_failed_tests_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    findings = [_finding(number) for number in range(1, 10)]
    _with_summary(monkeypatch, {"exit_code": 2, "failures": findings, "error": ""})
    lines = _describe("DbtBuild", "States.TaskFailed", TASK)["cause"].splitlines()
    assert lines[0].startswith("test test_1:")
    assert lines[5] == "and 4 more, see the log"


def _long_finding(number: int, length: int) -> dict[str, str]:
    return {"kind": "test", "name": f"test_{number}", "status": "fail", "message": "x" * length}


@pytest.mark.parametrize(
    "lengths",
    [[500] * 5, [500] * 20, [10, 500, 500, 500, 500], [9000], [340] * 4, [1, 2, 3, 4, 5]],
    ids=str,
)
def test_long_findings_are_shortened_so_that_all_fit_and_the_end_is_kept(
    lengths: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = [_long_finding(number, length) for number, length in enumerate(lengths, 1)]
    _with_summary(monkeypatch, {"exit_code": 2, "failures": findings, "error": ""})
    cause = _describe("DbtBuild", "States.TaskFailed", TASK)["cause"]
    lines = cause.splitlines()
    assert len(cause) <= failure_report.CAUSE_LIMIT_CHARACTERS
    shown = min(len(lengths), failure_report.SHOWN_FINDINGS)
    assert [line.partition(":")[0] for line in lines[:shown]] == [
        f"test test_{number}" for number in range(1, shown + 1)
    ]
    assert lines[-1] == "The dbt task ended with exit code 2: Essential container in task exited"
    whole = [line for line in lines[:shown] if not line.endswith("…")]
    # No more is cut than necessary, and short findings stay whole.
    assert len(cause) > failure_report.CAUSE_LIMIT_CHARACTERS - 10 or len(whole) == shown
    assert all(f"test test_{n}: {'x' * m}" in whole for n, m in enumerate(lengths, 1) if m < 100)


@pytest.mark.parametrize("error", ["InvalidInput", "UnknownMedia", "LeaseLost", "RunAlreadySealed"])
def test_what_a_redrive_would_only_repeat_is_not_resumed(error: str) -> None:
    report = _describe("Plan", error, {"errorType": error, "errorMessage": "the reason"})
    assert "Start a new night" in report["message"]
    assert "make redrive" not in report["message"]
    assert "redrive-execution" not in report["message"]


@pytest.mark.parametrize(
    "content",
    [
        None,
        {},
        [],
        {"exit_code": 3, "failures": [_finding(1)], "error": ""},
        {"exit_code": -1, "failures": [], "error": ""},
        {"exit_code": 2, "failures": [{}], "error": ""},
    ],
    ids=["none", "empty", "list", "of another try", "of a killed try", "broken"],
)
def test_without_a_summary_of_this_failure_the_report_says_what_ecs_says(
    content: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _with_summary(monkeypatch, content)
    cause = _describe("DbtBuild", "States.TaskFailed", TASK)["cause"]
    assert cause == "The dbt task ended with exit code 2: Essential container in task exited"


def test_a_cause_that_the_report_did_not_explain_is_explained_by_the_commands() -> None:
    """GIVEN the plain report of a broken report Lambda WHEN explained THEN the reason is first."""
    error, cause = failure_report.explain("RefreshCatalog", "CrawlFailed", json.dumps(CRAWLER))
    assert error == "CrawlFailed"
    assert cause.startswith("Insufficient Lake Formation")
    assert failure_report.explain("RefreshCatalog", error, cause) == (error, cause)
