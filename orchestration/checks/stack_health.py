"""After a night: the stack, its schedule, its last execution, its logs."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from orchestration.checks.check import Finding, NotHere, Site, bad, good
from orchestration.checks.schedules import longest_gap

_DRIFT_SECONDS = 120
_DRIFT_POLL_SECONDS = 3
_NO_NIGHT = "make nightly"
# Glue's own groups, which all jobs and crawlers of an account share.
_OF_GLUE = ("/aws-glue/jobs/", "/aws-glue/crawlers")


def deployed(site: Site) -> Iterator[Finding]:
    """Say whether the last deploy succeeded."""
    advice = f"make deploy{site.target}"
    if site.stack is None:
        yield bad(f"there is no stack {site.settings.stack_name}", advice)
        return
    status = str(site.stack["StackStatus"])
    if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        yield good(f"{site.settings.stack_name} is {status}")
    else:
        why = "its events in the CloudFormation console say what failed"
        yield bad(f"{site.settings.stack_name} is {status}", f"{advice}; {why}")


def drift(site: Site) -> Iterator[Finding]:
    """Let CloudFormation compare the resources with the template; it changes nothing."""
    if site.settings.is_local:
        raise NotHere("the local AWS does not detect drift")
    client, name = site.client("cloudformation"), site.settings.stack_name
    detection = client.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    deadline = time.monotonic() + _DRIFT_SECONDS
    while time.monotonic() < deadline:
        found = client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        time.sleep(_DRIFT_POLL_SECONDS)
    else:
        raise NotHere(f"the detection did not end in {_DRIFT_SECONDS} s; run this again")
    drifted = client.describe_stack_resource_drifts(
        StackName=name, StackResourceDriftStatusFilters=["MODIFIED", "DELETED"]
    )["StackResourceDrifts"]
    names = sorted(item["LogicalResourceId"] for item in drifted)
    if names:
        yield bad(f"changed by hand: {', '.join(names)}", "Undo it, or put it into template.yml")
    else:
        yield good("no resource differs from the template")


def schedule(site: Site) -> Iterator[Finding]:
    """Say whether nights are due, and whether the alarms expect them as often."""
    name = f"{site.settings.stack_name}-nightly"
    found = site.client("scheduler").get_schedule(Name=name)
    state, expression = found["State"], found["ScheduleExpression"]
    seen = f"{name} is {state}, {expression}"
    if state != "ENABLED" and not site.settings.is_local:
        yield bad(seen, "Set the stack's parameter ScheduleState to ENABLED", about="nights")
    else:
        yield good(seen, about="nights")
    hours, gap = int(site.parameters["NightHours"]), longest_gap(expression)
    if gap is None or not hours:
        text = "the alarm is off" if not hours else f"its longest gap is not known: {expression}"
        yield good(f"NightHours is {hours}: {text}", about="alarm")
        return
    apart = gap / timedelta(hours=1)
    if hours <= apart:
        advice = "Set NightHours to two more than the hours between two nights, or to 0"
        yield bad(f"NightHours is {hours}, nights are {apart:g} hours apart", advice, about="alarm")
    else:
        yield good(f"NightHours is {hours}, nights are {apart:g} hours apart", about="alarm")


def last_night(site: Site) -> Iterator[Finding]:
    """Say how the newest night ended, and whether it is new enough."""
    newest = site.client("stepfunctions").list_executions(
        stateMachineArn=site.cloud.state_machine_arn(), maxResults=1
    )["executions"]
    if not newest:
        yield bad("no night has run", f"{_NO_NIGHT}{site.target}")
        return
    night, now = newest[0], datetime.now(UTC)
    age = now - night["startDate"]
    seen = f"{night['name']} {night['status']}, started {night['startDate']:%Y-%m-%d %H:%M}"
    if night["status"] == "RUNNING":
        yield good(seen)
    elif night["status"] != "SUCCEEDED":
        yield bad(seen, f"make watch{site.target}; the runbook has 'A night failed'")
    elif age > timedelta(hours=int(site.parameters["NightHours"]) or 10**6):
        yield bad(f"{seen}: {age.days} days ago", "The runbook has 'No night started'")
    else:
        yield good(seen)


def log_groups(site: Site) -> Iterator[Finding]:
    """Say whether every log expires: those of the stack, and those that Glue makes for itself."""
    client = site.client("logs")
    own = set(site.of_type("AWS::Logs::LogGroup"))
    groups = [
        group
        for page in client.get_paginator("describe_log_groups").paginate()
        for group in page["logGroups"]
        if group["logGroupName"] in own
        or site.settings.stack_name in group["logGroupName"]
        or group["logGroupName"].startswith(_OF_GLUE)
    ]
    missing = own - {group["logGroupName"] for group in groups}
    if missing:
        advice = f"make deploy{site.target}"
        yield bad(f"the stack's {', '.join(sorted(missing))} are missing", advice)
    kept = sorted(group["logGroupName"] for group in groups if "retentionInDays" not in group)
    for name in kept:
        days = site.parameters["LogRetentionDays"]
        advice = f"aws logs put-retention-policy --log-group-name {name} --retention-in-days {days}"
        yield bad("never expires", advice, about=name)
    if not kept and not missing:
        yield good(f"each of {len(groups)} groups expires")
