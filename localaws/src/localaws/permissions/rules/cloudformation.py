"""CloudFormation: a stack's ARN ends in an id; templates in S3 are read as the caller.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html.
The calls that a stack makes for its resources are requests of their own.
"""

import re
from urllib.parse import unquote, urlsplit

from localaws.permissions.arns import is_arn
from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.reference import action_of
from localaws.permissions.rules.rule import Rule, ServiceRules
from localaws.permissions.rules.s3 import read_object

_VIRTUAL = re.compile(r"(?P<bucket>.+)\.(?:s3[.-].*|localhost.*)")


def _resources(request: ApiRequest, facts: AccountFacts) -> tuple[str, ...] | None:
    action = action_of("cloudformation", request.operation)
    if action is None or "stack" not in {kind.name for kind in action.resource_types}:
        return None
    stack = request.text("StackName", "ParentChangeSetId")
    if not stack:
        change_set = request.text("ChangeSetName")
        return (request.arn("stack/*"),) if change_set else None
    if is_arn(stack):
        return (stack,)
    known = facts.stack_id(request.region, stack)
    return (known or request.arn(f"stack/{stack}/*"),)


def _with_template(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    needs = [Need(request.action, _resources(request, facts) or ("*",))]
    place = _template_place(request.text("TemplateURL"))
    if place is not None:
        needs.append(read_object(request, *place))
    return needs


def _template_place(url: str) -> tuple[str, str] | None:
    """Return the bucket and key of a template's address.

    Examples
    --------
    >>> _template_place("https://b.s3.eu-west-1.amazonaws.com/t/night.yml")
    ('b', 't/night.yml')
    >>> _template_place("http://127.0.0.1:4566/b/night.yml")
    ('b', 'night.yml')
    """
    if not url:
        return None
    parts = urlsplit(url)
    path = unquote(parts.path.lstrip("/"))
    found = _VIRTUAL.fullmatch(parts.netloc)
    bucket, key = (found["bucket"], path) if found else path.partition("/")[::2]
    return (bucket, key) if key else None


_OPERATIONS: dict[str, Rule] = dict.fromkeys(
    ("CreateChangeSet", "CreateStack", "UpdateStack", "ValidateTemplate", "EstimateTemplateCost",
     "GetTemplateSummary"),
    _with_template,
)  # fmt: skip

RULES = ServiceRules(operations=_OPERATIONS, resources=_resources)
