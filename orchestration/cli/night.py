"""Starts executions of the state machine and follows them to their end."""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from ingestion.errors import InvalidInput
from ingestion.planning import CLOCK_SKEW, RunRequest
from ingestion.timestamps import format_timestamp, parse_typed_date, parse_typed_timestamp
from orchestration.cloud import Cloud
from orchestration.errors import PipelineError

FIRST_SIMULATED_AS_OF = "2026-03-02T02:00:00Z"
# The make variable for each field of the state machine's input.
TYPED_NAMES = {
    "as_of": "AS_OF",
    "start_date": "FROM",
    "end_date": "TO",
    "media_ids": "MEDIA_IDS",
    "full_refresh": "FULL_REFRESH",
}
ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})
# The states that are shown; the others belong to one of them or handle a failure.
STEPS = (
    "Plan",
    "Ingest",
    "Seal",
    "Normalize",
    "RefreshCatalog",
    "Register",
    "DbtFreshness",
    "DbtBuild",
    "DbtDocs",
    "Commit",
)
_PART_OF = {
    "LookAtCrawler": "RefreshCatalog",
    "CrawlerDone": "RefreshCatalog",
    "WaitForCrawler": "RefreshCatalog",
}
_POLL_SECONDS_LOCAL = 0.4
_POLL_SECONDS_AWS = 2.0
_EVENTS_PER_PAGE = 20


@dataclass
class Step:
    """One step of a night, as the execution's history shows it."""

    name: str
    status: str = "waiting"
    """waiting, running, done, failed or skipped."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    tasks: int = 0
    tasks_done: int = 0
    is_from_before: bool = False
    """Whether it was done before the night was redriven, and so is not repeated."""

    def seconds(self, now: datetime) -> float | None:
        """Return how long it took, or has taken so far."""
        return (
            ((self.ended_at or now) - self.started_at).total_seconds() if self.started_at else None
        )


@dataclass
class Night:
    """One execution."""

    arn: str
    status: str = "RUNNING"
    steps: dict[str, Step] = field(default_factory=lambda: {name: Step(name) for name in STEPS})
    output: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    cause: str = ""
    failed_state: str = ""
    report: dict[str, Any] = field(default_factory=dict)
    """Answer of the failure report Lambda, if the night failed."""
    plan: dict[str, Any] = field(default_factory=dict)
    last_event_id: int = 0
    """Last event of the execution's history that the steps include."""

    def apply(self, events: list[dict[str, Any]]) -> None:
        """Update the steps with new events, oldest first."""
        for event in events:
            self._apply_one(event)
            self.last_event_id = int(event["id"])

    def _apply_one(self, event: dict[str, Any]) -> None:
        kind = str(event["type"])
        if kind == "ExecutionRedriven":
            self._forget_the_failure()
        elif kind == "MapIterationStarted":
            self.steps["Ingest"].tasks += 1
        elif kind == "MapIterationSucceeded":
            self.steps["Ingest"].tasks_done += 1
        elif kind.endswith("StateEntered"):
            self._enter(str(event["stateEnteredEventDetails"]["name"]), event["timestamp"])
        elif kind.endswith("StateExited"):
            self._exit(event["stateExitedEventDetails"], event["timestamp"])

    def _forget_the_failure(self) -> None:
        """Show a redriven night from where it resumes, not how it ended before."""
        self.failed_state, self.report = "", {}
        for step in self.steps.values():
            if step.status in {"failed", "running"}:
                step.status, step.started_at, step.ended_at = "waiting", None, None
            step.is_from_before = step.status == "done"

    def _enter(self, state: str, at: datetime) -> None:
        if state.endswith("Failed") and state.removesuffix("Failed") in self.steps:
            self.failed_state = state.removesuffix("Failed")
            failed = self.steps[self.failed_state]
            failed.status, failed.ended_at = "failed", at
            return
        step_name = _PART_OF.get(state, state)
        step = self.steps.get(step_name)
        if step is not None:
            if step.started_at is None or state == step_name:
                step.started_at = at  # again in a redriven night
            step.status, step.ended_at, step.is_from_before = "running", None, False
            if state == "Ingest":
                step.tasks = step.tasks_done = 0

    def _exit(self, details: dict[str, Any], at: datetime) -> None:
        state = str(details["name"])
        step = self.steps.get(_PART_OF.get(state, state))
        if step and step.status == "running":
            step.status, step.ended_at = "done", at
        if state == "Plan":
            self.plan = _parsed(details.get("output")).get("planned", {}).get("plan", {})
        elif state in {"DescribeFailure", "DescribePlainly"}:
            self.report = _parsed(details.get("output")).get("failure", {}).get("report", {})

    def finish(self, description: dict[str, Any]) -> None:
        """Take over status and output of an ended execution."""
        self.status = str(description["status"])
        self.error = str(description.get("error", ""))
        self.cause = str(description.get("cause", ""))
        self.output = _parsed(description.get("output"))
        for step in self.steps.values():
            if step.status == "waiting":
                step.status = "skipped"
            elif step.status == "running":
                step.status = "failed"
                self.failed_state = self.failed_state or step.name


def execution_input(
    *,
    as_of: str | None = None,
    start: str | None = None,
    end: str | None = None,
    media_ids: str | None = None,
    full_refresh: bool = False,
) -> dict[str, Any]:
    """Return the state machine's input for what a person typed; None was not typed.

    Raises
    ------
    PipelineError
        A value is blank or cannot be read, FROM or TO is missing, or MEDIA_IDS names no media.

    Examples
    --------
    >>> execution_input(start="2026-01-01", end="2026-01-31")
    {'start_date': '2026-01-01', 'end_date': '2026-01-31'}
    """
    for name, typed in (("AS_OF", as_of), ("FROM", start), ("TO", end)):
        # An empty variable in a script would start the next night, not the intended one.
        if typed is not None and not typed.strip():
            raise PipelineError(f"{name}={typed} is blank: give it a value, or leave {name} out.")
    made: dict[str, Any] = {}
    if as_of is not None:
        made["as_of"] = to_text(_moment(as_of))
    if (start is None) != (end is None):
        raise PipelineError(
            "FROM and TO go together: make nightly FROM=2026-01-01 TO=2026-01-31 "
            "(both inclusive, UTC)."
        )
    if start is not None and end is not None:
        made |= {"start_date": _day("FROM", start), "end_date": _day("TO", end)}
    if media_ids is not None:
        made["media_ids"] = _media_ids(media_ids)
    if full_refresh:
        made["full_refresh"] = True
    return made


def refuse_impossible(given: dict[str, Any], now: datetime) -> None:
    """Refuse what Plan would refuse, before anything is started.

    Raises
    ------
    PipelineError
        No run can have this logical time, window or medias; the text says why.
    """
    try:
        RunRequest.from_input(given, to_text(now), now=lambda: now, names=TYPED_NAMES)
    except InvalidInput as error:
        raise PipelineError(str(error)) from None


def next_simulated_as_of(last: str | None, now: datetime) -> str:
    """Return the logical time of the next simulated night: one day after the last one.

    Raises
    ------
    PipelineError
        The nights have reached the present: the next one would be in the future.
    """
    if last is None:
        return FIRST_SIMULATED_AS_OF
    following = to_text(_moment(last) + timedelta(days=1))
    if _moment(following) > now + CLOCK_SKEW:
        raise PipelineError(
            f"The simulated nights have reached the present: the last one was {last}, the next one "
            f"would be {following}, and the clock says {to_text(now)}. Run a night again with "
            "AS_OF=…, or wait until the next one has passed."
        )
    return following


def to_text(moment: datetime) -> str:
    """Return a moment in the form that the state machine expects."""
    return format_timestamp(moment.replace(microsecond=0))


def start(cloud: Cloud, given: dict[str, Any], *, kind: str = "nightly") -> str:
    """Start an execution and return its ARN.

    Raises
    ------
    PipelineError
        The state machine does not exist or does not accept the execution.
    """
    label = str(given.get("as_of", "now")).replace(":", "").replace("-", "")
    try:
        execution = cloud.client("stepfunctions").start_execution(
            stateMachineArn=cloud.state_machine_arn(kind),
            name=f"{label}-{uuid.uuid4().hex[:8]}",
            input=json.dumps(given),
        )
    except ClientError as error:
        raise PipelineError(
            f"The state machine could not be started: {error}. Deploy first (make up, make deploy)."
        ) from None
    return str(execution["executionArn"])


def redrive(cloud: Cloud, arn: str) -> int:
    """Resume a failed execution where it failed.

    Returns
    -------
    int
        How often it has been redriven, for `follow`.

    Raises
    ------
    PipelineError
        It cannot be redriven; the text contains AWS's reason.
    """
    client = cloud.client("stepfunctions")
    try:
        before = int(client.describe_execution(executionArn=arn).get("redriveCount", 0))
        client.redrive_execution(executionArn=arn)
    except ClientError as error:
        raise PipelineError(
            f"{arn} cannot be redriven: {error}. Start a new night instead (make nightly AS_OF=…): "
            "it repeats the window."
        ) from None
    return before + 1


def follow(cloud: Cloud, arn: str, *, redrives: int = 0) -> Iterator[Night]:
    """Yield the night repeatedly until it has ended; the last one is complete.

    Parameters
    ----------
    cloud, arn
        The execution, and the AWS that runs it.
    redrives
        The result of `redrive`: until AWS shows that many, it shows the end of the earlier try.
    """
    client = cloud.client("stepfunctions")
    poll = _POLL_SECONDS_LOCAL if cloud.settings.is_local else _POLL_SECONDS_AWS
    night = Night(arn)
    while True:
        description = client.describe_execution(executionArn=arn)
        night.apply(_events_after(client, arn, night.last_event_id))
        has_begun = int(description.get("redriveCount", 0)) >= redrives
        if description["status"] in ENDED and has_begun:
            night.finish(description)
            yield night
            return
        yield night
        time.sleep(poll)


def last_execution(cloud: Cloud, kind: str = "nightly") -> dict[str, Any] | None:
    """Return AWS's summary of the newest execution, None if there is none."""
    try:
        listed = cloud.client("stepfunctions").list_executions(
            stateMachineArn=cloud.state_machine_arn(kind), maxResults=1
        )["executions"]
    except ClientError:
        return None
    return dict(listed[0]) if listed else None


def _events_after(client: Any, arn: str, last_event_id: int) -> list[dict[str, Any]]:
    """Return the events after ``last_event_id``, oldest first.

    They are read from the newest back: reading the whole history several times a second costs a
    local AWS more than the night's own requests.
    """
    found: list[dict[str, Any]] = []
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=arn, reverseOrder=True, PaginationConfig={"PageSize": _EVENTS_PER_PAGE}
    )
    for page in pages:
        new = [event for event in page["events"] if event["id"] > last_event_id]
        found += new
        if len(new) < len(page["events"]):
            break
    return found[::-1]


def _parsed(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _moment(text: str) -> datetime:
    try:
        return parse_typed_timestamp(text)
    except ValueError:
        raise PipelineError(
            f"AS_OF={text} is not a valid timestamp; use the form 2026-03-02T02:00:00Z."
        ) from None


def _media_ids(text: str) -> list[str]:
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise PipelineError(
            f"MEDIA_IDS={text!r} contains an empty id; use the form MEDIA_IDS=abc123def4,"
            "ghi567jkl8, or leave MEDIA_IDS out for all medias."
        )
    return parts


def _day(name: str, text: str) -> str:
    try:
        return parse_typed_date(text).isoformat()
    except ValueError:
        raise PipelineError(
            f"{name}={text} is not a valid date; use the form 2026-01-31."
        ) from None
