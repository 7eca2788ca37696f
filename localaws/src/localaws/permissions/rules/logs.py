"""CloudWatch Logs: the ARN of a log group goes on to its streams.

A group is asked for as ``…:log-group:NAME:log-stream:``, so a policy must name it with ``:*`` at
the end; only tags, and parameters that are ARNs, take it without.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html;
the form is the one in AWS's own refusals ("is not authorized to perform: logs:CreateLogGroup on
resource: arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:log-stream:").
"""

from localaws.permissions.arns import is_arn
from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.reference import action_of
from localaws.permissions.rules.rule import Rule, ServiceRules

_ONE_GROUP = ("logGroupName", "logGroupIdentifier", "resourceIdentifier")
_GROUPS = ("logGroupNames", "logGroupIdentifiers", "logGroupArnList", "logGroupArns")
_NAMES = {
    "GetLogObject": "GetLogRecord",
}


def _resources(request: ApiRequest, _facts: AccountFacts) -> tuple[str, ...] | None:
    action = action_of("logs", request.operation)
    if action is None:
        return None
    kinds = {kind.name for kind in action.resource_types}
    if not kinds & {"log-group", "log-stream"} or request.text("resourceArn"):
        return None
    groups = request.texts(*_ONE_GROUP) or request.texts(*_GROUPS)
    streams = [""]
    if "log-stream" in kinds:
        streams = request.texts("logStreamName", "logStreamNames") or ["*"]
    return tuple(
        f"{_group_arn(request, group)}:log-stream:{stream}"
        for group in groups or ["*"]
        for stream in streams
    )


def _group_arn(request: ApiRequest, group: str) -> str:
    if is_arn(group):
        return group.removesuffix(":*")
    return request.arn(f"log-group:{group}")


def _tagging(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    arn = request.text("resourceArn")
    if not arn:
        arn = request.arn(f"log-group:{request.text('logGroupName') or '*'}")
    return [Need(request.action, (arn.removesuffix(":*"),))]


_OPERATIONS: dict[str, Rule] = dict.fromkeys(
    ("ListTagsForResource", "TagResource", "UntagResource"), _tagging
)

RULES = ServiceRules(operations=_OPERATIONS, names=_NAMES, resources=_resources)
