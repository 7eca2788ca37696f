"""The Lambda that turns a failed state into a message for a person, and ends the execution.

It has no dependency, so that it works when the package of the other functions is what broke.
"""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import quote

CAUSE_LIMIT_CHARACTERS = 700
SUBJECT_LIMIT_CHARACTERS = 100  # SNS refuses a longer e-mail subject

# Exit codes of orchestration.dbt_task, repeated here because this file is packaged alone.
DBT_ERRORS = {2: "DbtTestsFailed", 3: "DbtInfrastructureError", 4: "SourcesAreStale"}

RETRY_HINTS = {
    "RunInProgress": "Another night holds the lease: wait for its end, then start this one again.",
    "DbtTestsFailed": "Look at the failing rows (runbook, 'A data test failed'), mend, redrive.",
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
        The report of ``describe``; for ``stop`` the state at which a redriven night goes on.

    Raises
    ------
    Exception
        For ``stop`` of an execution that was not redriven: named after the error of the night.
    """
    if event["action"] == "describe":
        return describe(event["failed_state"], event["night"], event["execution"])
    report = event["report"]
    if _redrive_count(event["execution"]) > report["redrive_count"] >= 0:
        return {"failed_state": event["failed_state"]}
    # Step Functions shows the class name as the error of the execution.
    raise type(report["error"], (Exception,), {})(report["cause"])


def describe(failed_state: str, night: dict[str, Any], execution: dict[str, Any]) -> dict[str, Any]:
    """Build subject and message of the notification from the state's data at the failure."""
    caught = night.get("error", {})
    error, cause, log = explain(
        failed_state, caught.get("Error", "Unknown"), caught.get("Cause", "")
    )
    run_id = night.get("planned", {}).get("plan", {}).get("run_id", "none yet (the plan failed)")
    stack = os.environ["STACK_NAME"]
    hint = RETRY_HINTS.get(
        error, "Mend the cause, then redrive: nothing that succeeded runs again."
    )
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
            f"How to resume: {hint}",
            f"  aws stepfunctions redrive-execution --execution-arn {execution['Id']}",
            f"  (or: make redrive EXECUTION={execution['Id']})",
            "The watermarks did not move: the next night repeats this one's window in any case.",
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


def explain(failed_state: str, error: str, cause: str) -> tuple[str, str, str]:
    """Return the error's name, a short cause and the link to the log of a caught error."""
    details = _parsed(cause)
    log = _log_group_link(f"/aws/lambda/{os.environ['STACK_NAME']}-{failed_state.lower()}")
    short = str(cause)
    if "Containers" in details:
        error, short = _explain_task(error, details)
        stream = f"dbt/dbt/{details.get('TaskArn', '').rsplit('/', 1)[-1]}"
        log = _log_group_link(f"/ecs/{os.environ['STACK_NAME']}-dbt", stream)
    elif failed_state.startswith("Dbt"):
        log = _log_group_link(f"/ecs/{os.environ['STACK_NAME']}-dbt")
    elif failed_state == "Normalize":
        short = str(details.get("ErrorMessage") or cause)
        log = _log_group_link("/aws-glue/jobs/error", str(details.get("Id", "")))
    elif failed_state == "RefreshCatalog":
        short = str(details.get("ErrorMessage") or cause)
        log = _log_group_link("/aws-glue/crawlers", f"{os.environ['STACK_NAME']}-staging")
    elif "errorMessage" in details:
        error = str(details.get("errorType") or error)
        short = str(details["errorMessage"])
    if error.startswith("States."):
        # A class cannot tell itself from Step Functions' own errors, which have a meaning there.
        error = failed_state + ("TimedOut" if error == "States.Timeout" else "Failed")
    return error, short[:CAUSE_LIMIT_CHARACTERS] or "no cause was given", log


def _explain_task(error: str, task: dict[str, Any]) -> tuple[str, str]:
    container: dict[str, Any] = next(iter(task["Containers"]), {})
    exit_code = container.get("ExitCode")
    reason = container.get("Reason") or task.get("StoppedReason") or "no reason given"
    if exit_code is None:
        return "TaskDidNotStart", f"The dbt task ended before its container ran: {reason}"
    name = DBT_ERRORS.get(int(exit_code), error)
    return name, f"The dbt task ended with exit code {exit_code}: {reason}"


def _parsed(cause: str) -> dict[str, Any]:
    try:
        value = json.loads(cause)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _redrive_count(execution: dict[str, Any]) -> int:
    return int(execution.get("RedriveCount", 0))


def _log_group_link(group: str, stream: str = "") -> str:
    # The console escapes twice, with $ in place of %.
    def escaped(text: str) -> str:
        return quote(quote(text, safe=""), safe="").replace("%", "$")

    region = os.environ["AWS_REGION"]
    link = (
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#logsV2:log-groups/log-group/{escaped(group)}"
    )
    return f"{link}/log-events/{escaped(stream)}" if stream else link
