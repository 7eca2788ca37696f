"""The Lambda that turns a failed state into a message for a person, and ends the execution.

It needs only what Lambda itself provides: it works even when the other functions' package is what
broke.
"""

import json
import os
import re
from typing import Any
from urllib.parse import quote

CAUSE_LIMIT_CHARACTERS = 1500
SHOWN_FINDINGS = 5
SUBJECT_LIMIT_CHARACTERS = 100  # SNS refuses a longer e-mail subject

# Exit codes of orchestration.dbt_task, repeated here because this file is packaged alone.
DBT_ERRORS = {2: "DbtTestsFailed", 3: "DbtInfrastructureError", 4: "SourcesAreStale"}

_TASK_ENDED = "The dbt task ended with exit code"

# What Glue writes before the message of the job's own exception.
_GLUE_PREFIX = re.compile(r"(Error Category: \w+; )?(Failed Line Number: \d+; )?")

# A redrive repeats what led to these: it keeps the execution's input and what the run has landed.
NEW_NIGHT_HINTS = {
    "InvalidInput": "Start a new night with the right input; a redrive keeps the wrong one.",
    "UnknownMedia": "Start a new night with the right media ids; a redrive keeps the wrong ones.",
    "LeaseLost": "Start a new night for the same AS_OF; another night has taken over the lease.",
    "RunAlreadySealed": "Start a new night for the same AS_OF; this run can no longer write.",
}
TIMED_OUT = "TimedOut"
RETRY_HINTS = {
    "RunInProgress": "Another night holds the lease: wait for its end, then start this one again.",
    "CrawlIncomplete": "Compare the tables with the template (runbook, 'A table is not crawled').",
    "DbtTestsFailed": "Look at the failing rows (runbook, 'A data test failed'), fix, redrive.",
    "SourcesAreStale": "Wistia sent nothing new for too long (runbook, 'Sources are stale').",
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Describe a failure, or end the execution with it.

    Parameters
    ----------
    event
        ``{"action": "describe", "failed_state", "night", "execution"}`` or
        ``{"action": "stop", "failed_state", "report", "execution"}``.

    Returns
    -------
    dict
        For ``describe`` the report; for ``stop`` the state at which a redriven night resumes.

    Raises
    ------
    Exception
        For ``stop`` if the execution was not redriven: named after the error of the night.
    """
    if event["action"] == "describe":
        return describe(event["failed_state"], event["night"], event["execution"])
    report = event["report"]
    if _redrive_count(event["execution"]) > report["redrive_count"] >= 0:
        return {"failed_state": event["failed_state"]}
    # Step Functions shows the class name as the error of the execution.
    raise type(report["error"], (Exception,), {})(report["cause"])


def describe(failed_state: str, night: dict[str, Any], execution: dict[str, Any]) -> dict[str, Any]:
    """Return the report: subject and message of the notification, error, cause and log link."""
    caught = night.get("error", {})
    run_id = night.get("planned", {}).get("plan", {}).get("run_id")
    summary = _read_summary(failed_state, run_id) if failed_state.startswith("Dbt") else None
    error, cause = explain(
        failed_state, caught.get("Error", "Unknown"), caught.get("Cause", ""), summary
    )
    log = _log_link(failed_state, _parsed(caught.get("Cause", "")))
    run_id = run_id or "none yet (the plan failed)"
    stack = os.environ["STACK_NAME"]
    message = "\n".join(
        [
            f"{failed_state} failed: {error}",
            "",
            cause,
            "",
            f"Run:        {run_id}",
            f"Execution:  {execution['Id']}",
            f"Log:        {log}",
            "",
            *_next_steps(error, str(execution["Id"])),
            "The watermarks did not move: the next night repeats this one's window.",
            "More: docs/runbook.md",
        ]
    )
    return {
        "subject": f"{stack}: {failed_state} failed ({error})"[:SUBJECT_LIMIT_CHARACTERS],
        "message": message,
        "error": error,
        "cause": cause,
        "log": log,
        "redrive_count": _redrive_count(execution),
    }


def _next_steps(error: str, execution: str) -> list[str]:
    if error in NEW_NIGHT_HINTS:
        return [f"What to do: {NEW_NIGHT_HINTS[error]}"]
    hint = RETRY_HINTS.get(error, "Fix the cause, then redrive: nothing that succeeded runs again.")
    if error.endswith(TIMED_OUT):
        hint = "Find out why (runbook, 'A step took too long'), then redrive."
    return [
        f"How to resume: {hint}",
        f"  aws stepfunctions redrive-execution --execution-arn {execution}",
        f"  (or: make redrive EXECUTION={execution})",
    ]


def explain(failed_state: str, error: str, cause: str, summary: Any = None) -> tuple[str, str]:
    """Return a caught error in words for a person.

    Parameters
    ----------
    failed_state
        Name of the state, empty if the execution did not end in one.
    error, cause
        As Step Functions caught them.
    summary
        Summary that the state's dbt task wrote, if there is one.

    Returns
    -------
    tuple
        The error's name, and its cause with the reason first.
    """
    details = _parsed(cause)
    short = str(cause)
    if error == "States.Timeout":
        short = f"{failed_state} took longer than its time limit, and was stopped"
    elif "Containers" in details:
        error, short = _explain_task(error, details, summary)
    elif "Failures" in details:
        error, short = "TaskDidNotStart", _reason_of_placement(details["Failures"])
    elif failed_state == "Normalize":
        short = _reason_of_job(str(details.get("ErrorMessage") or cause))
        error = f"Normalize{TIMED_OUT}" if details.get("JobRunState") == "TIMEOUT" else error
    elif error == "CrawlTimedOut":
        minutes = int(details.get("CrawlElapsedTime", 0)) // 60_000
        short = f"The crawler {details.get('Name', '?')} ran for {minutes} minutes and was stopped"
    elif failed_state == "RefreshCatalog":
        short = _reason_of_crawl(details) or cause
    elif "errorMessage" in details:
        error = str(details.get("errorType") or error)
        short = str(details["errorMessage"])
    if failed_state and error.startswith("States."):
        # Step Functions gives its own error names a meaning, so `Stop` must not raise one of them.
        error = failed_state + (TIMED_OUT if error == "States.Timeout" else "Failed")
    return error, short[:CAUSE_LIMIT_CHARACTERS] or "no cause was given"


def _lines_of_cause(findings: list[str], ended: str) -> str:
    """Return findings and last line, with the longest findings shortened until everything fits."""
    ended = ended[:CAUSE_LIMIT_CHARACTERS]
    room = CAUSE_LIMIT_CHARACTERS - len(ended) - len(findings)  # a line end after each
    lengths = sorted(map(len, findings))
    while lengths and lengths[0] <= room // len(lengths):
        room -= lengths.pop(0)  # short enough: the longer ones get what is left
    longest = max(room // len(lengths), 1) if lengths else CAUSE_LIMIT_CHARACTERS
    shown = [it if len(it) <= longest else it[: longest - 1] + "…" for it in findings]
    return "\n".join([*shown, ended])


def _log_link(failed_state: str, details: dict[str, Any]) -> str:
    stack = os.environ["STACK_NAME"]
    if failed_state.startswith("Dbt"):
        task = str(details.get("TaskArn", "")).rsplit("/", 1)[-1]
        return _log_group_link(f"/ecs/{stack}-dbt", f"dbt/dbt/{task}" if task else "")
    if failed_state == "Normalize":
        # Glue adds to the run's id what wrote the stream, such as -driver.
        prefix = str(details.get("Id", ""))
        return _log_group_link(f"/aws-glue/{stack}-normalize/output", streams=prefix)
    if failed_state == "RefreshCatalog":
        return _log_group_link("/aws-glue/crawlers", f"{stack}-staging")
    return _log_group_link(f"/aws/lambda/{stack}-{failed_state.lower()}")


def _explain_task(error: str, task: dict[str, Any], summary: Any) -> tuple[str, str]:
    container: dict[str, Any] = next(iter(task["Containers"]), {})
    exit_code = container.get("ExitCode")
    reason = container.get("Reason") or task.get("StoppedReason") or "no reason given"
    if exit_code is None:
        return "TaskDidNotStart", f"{reason} (the dbt task ended before its container ran)"
    name = DBT_ERRORS.get(int(exit_code), error)
    ended = f"{_TASK_ENDED} {exit_code}: {reason}"
    return name, _lines_of_cause(_findings(summary, int(exit_code)), ended)


def summary_key(failed_state: str, run_id: str) -> str:
    """Return the S3 key of the summary that the dbt task of a state writes."""
    command = failed_state.removeprefix("Dbt").lower()
    return f"artifacts/dbt/{run_id}/{command}_summary.json"


def _read_summary(failed_state: str, run_id: str) -> Any:
    """Return the summary, None on any error: a report without it is better than none."""
    try:
        import boto3  # noqa: PLC0415 - Lambda provides it, and most failures do not need it

        key = summary_key(failed_state, run_id)
        body = boto3.client("s3").get_object(Bucket=os.environ["DATA_BUCKET"], Key=key)["Body"]
        return json.loads(body.read())
    except Exception:  # noqa: BLE001
        return None


def with_findings(error: str, cause: str, summary: Any) -> str:
    """Return the cause of a failed dbt task with its findings first, each once.

    For a report that could not read the findings or had to shorten them: the cause is rebuilt from
    the summary and the report's last line. A summary of another failure is ignored: the task resets
    it when it starts.
    """
    if not isinstance(summary, dict) or DBT_ERRORS.get(summary.get("exit_code", 0)) != error:
        return cause
    findings = _findings(summary, summary["exit_code"])
    ended = cause[max(cause.rfind(_TASK_ENDED), 0) :]
    return _lines_of_cause(findings, ended)


def _findings(summary: Any, exit_code: int) -> list[str]:
    """Return the findings of a task about this failure, one line each."""
    try:
        if summary["exit_code"] != exit_code:
            return []  # the task was killed before it wrote any
        found = [f"{it['kind']} {it['name']}: {it['message']}" for it in summary["failures"]]
        found += [summary["error"]] if summary["error"] else []
    except (KeyError, TypeError):
        return []
    more = len(found) - SHOWN_FINDINGS
    return [*found[:SHOWN_FINDINGS], f"and {more} more, see the log"] if more > 0 else found


def _reason_of_job(message: str) -> str:
    """Return Glue's message with the exception's message first."""
    place = _GLUE_PREFIX.match(message)
    prefix = place.group().rstrip("; ") if place else ""
    words = message[len(place.group()) :] if place else message
    return f"{words} ({prefix})" if prefix and words else message


def _reason_of_placement(failures: list[dict[str, Any]]) -> str:
    """Return why ECS placed no task: its answer's failures."""
    reasons = [" ".join(filter(None, (it.get("Reason"), it.get("Detail")))) for it in failures]
    return f"ECS could not place the dbt task: {'; '.join(reasons)} (repeated for some minutes)"


def _reason_of_crawl(crawler: dict[str, Any]) -> str:
    """Return Glue's reason for the failure of a crawler's last crawl."""
    crawl = crawler.get("LastCrawl")
    if not isinstance(crawl, dict):
        return str(crawler.get("ErrorMessage") or "")
    reason = crawl.get("ErrorMessage") or "Glue gives no reason; its log may"
    status = str(crawl.get("Status", "without a status"))
    return f"{reason} (crawler {crawler.get('Name', '?')}, last crawl {status})"


def _parsed(cause: str) -> dict[str, Any]:
    try:
        value = json.loads(cause)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _redrive_count(execution: dict[str, Any]) -> int:
    return int(execution.get("RedriveCount", 0))


def _log_group_link(group: str, stream: str = "", *, streams: str = "") -> str:
    """Return the console's page of a log group, of one stream, or of streams with a prefix."""

    # The console escapes twice, with $ in place of %.
    def escaped(text: str) -> str:
        return quote(quote(text, safe=""), safe="").replace("%", "$")

    region = os.environ["AWS_REGION"]
    link = (
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#logsV2:log-groups/log-group/{escaped(group)}"
    )
    if streams:
        return f"{link}$3FlogStreamNameFilter$3D{escaped(streams)}"
    return f"{link}/log-events/{escaped(stream)}" if stream else link
