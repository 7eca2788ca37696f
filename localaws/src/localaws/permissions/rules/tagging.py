"""Tags that are sent while something is made need the service's own action for tags as well.

Source: "tag on creation" in the guides of the services, as
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html,
https://docs.aws.amazon.com/step-functions/latest/dg/tag-based-policies.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html and
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html
"""

from localaws.permissions.context import sent_tags
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.reference import action_of

_CREATING = ("Create", "Register", "Run", "Start", "Put", "Publish")
_ACTIONS = {
    ("ec2", ""): "CreateTags",
    ("firehose", ""): "TagDeliveryStream",
    ("iam", "InstanceProfile"): "TagInstanceProfile",
    ("iam", "OpenIDConnectProvider"): "TagOpenIDConnectProvider",
    ("iam", "Policy"): "TagPolicy",
    ("iam", "Role"): "TagRole",
    ("iam", "User"): "TagUser",
    ("sqs", ""): "TagQueue",
    ("ssm", ""): "AddTagsToResource",
}
_NONE = {"cloudformation", "codebuild", "sts", "kinesis"}
"""Services that take tags at creation with the action of the creation alone."""


def tagging_needs(request: ApiRequest, created: tuple[str, ...]) -> list[Need]:
    """Return what the tags of a new resource need besides its creation.

    Parameters
    ----------
    created
        The resources of the action that makes it.
    """
    if not request.operation.startswith(_CREATING) or request.service in _NONE:
        return []
    if not any(True for _ in sent_tags(request.parameters)):
        return []
    kind = request.operation.removeprefix("Create")
    name = _ACTIONS.get((request.service, kind)) or _ACTIONS.get(
        (request.service, ""), "TagResource"
    )
    if action_of(request.service, name) is None:
        return []
    # Log groups are tagged under the ARN without their streams.
    tagged = tuple(arn.removesuffix(":log-stream:") for arn in created)
    return [Need(f"{request.service}:{name}", tagged)]
