"""EventBridge Scheduler and EventBridge's rules: without a group or bus, the one named default.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/security_iam_service-with-iam.html
and https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-manage-iam-access.html
"""

from localaws.permissions.arns import is_arn, last_part
from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.reference import action_of
from localaws.permissions.rules.rule import Rule, ServiceRules


def _schedule(request: ApiRequest, _facts: AccountFacts) -> tuple[str, ...] | None:
    action = action_of("scheduler", request.operation)
    kinds = {kind.name for kind in action.resource_types} if action else set()
    if request.text("ResourceArn"):
        return (request.text("ResourceArn"),)
    if kinds == {"schedule"}:
        group = request.text("GroupName") or "default"
        return (request.arn(f"schedule/{group}/{request.text('Name') or '*'}"),)
    if kinds == {"schedule-group"}:
        return (request.arn(f"schedule-group/{request.text('Name') or '*'}"),)
    return None


def _rule(request: ApiRequest, _facts: AccountFacts) -> tuple[str, ...] | None:
    action = action_of("events", request.operation)
    kinds = {kind.name for kind in action.resource_types} if action else set()
    if "rule-on-default-event-bus" not in kinds or request.text("ResourceARN"):
        return None
    bus, name = last_part(request.text("EventBusName")), request.text("Name", "Rule") or "*"
    inside = "" if bus in {"", "default"} else f"{bus}/"
    return (request.arn(f"rule/{inside}{name}"),)


def _put_events(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    entries = request.get("Entries")
    names = [
        str(entry.get("EventBusName") or "default")
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict)
    ]
    buses = dict.fromkeys(names or ["default"])
    arns = [bus if is_arn(bus) else request.arn(f"event-bus/{bus}") for bus in buses]
    return [Need(request.action, tuple(arns))]


def _put_targets(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    targets = request.get("Targets")
    arns = [
        str(target.get("Arn"))
        for target in (targets if isinstance(targets, list) else [])
        if isinstance(target, dict) and target.get("Arn")
    ]
    context = {"events:TargetArn": arns} if arns else {}
    return [Need(request.action, _rule(request, facts) or ("*",), context)]


_EVENTS: dict[str, Rule] = {"PutEvents": _put_events, "PutTargets": _put_targets}

SCHEDULER = ServiceRules(resources=_schedule)
EVENTS = ServiceRules(operations=_EVENTS, resources=_rule)
