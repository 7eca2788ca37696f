"""SNS and SQS: batches are the single action, and queues go by URL.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
and https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
"""

from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.rules.rule import ServiceRules

_SNS_NAMES = {"PublishBatch": "Publish"}
_SQS_NAMES = {
    "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
    "DeleteMessageBatch": "DeleteMessage",
    "SendMessageBatch": "SendMessage",
}


def _topic(request: ApiRequest, _facts: AccountFacts) -> tuple[str, ...] | None:
    subscription = request.text("SubscriptionArn")
    if subscription:
        return (subscription.rpartition(":")[0],)
    if request.text("PhoneNumber"):
        return ("*",)  # A text message goes to no resource.
    arn = request.text(
        "TopicArn", "TargetArn", "ResourceArn", "EndpointArn", "PlatformApplicationArn"
    )
    if arn:
        return (arn,)
    return (request.arn(request.text("Name")),) if request.operation == "CreateTopic" else None


def _queue(request: ApiRequest, _facts: AccountFacts) -> tuple[str, ...] | None:
    url, name = request.text("QueueUrl"), request.text("QueueName")
    if url:
        name = url.rstrip("/").rpartition("/")[2]
    if not name:
        return None
    owner = request.text("QueueOwnerAWSAccountId") or request.account_id
    return (request.arn(name).replace(f":{request.account_id}:", f":{owner}:"),)


def _move(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    """Return what a redrive takes: it empties one queue as the caller and fills another.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    """
    source = (request.text("SourceArn"),)
    actions = ("StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    needs = [Need(f"sqs:{name}", source) for name in actions]
    target = request.text("DestinationArn")
    return [*needs, Need("sqs:SendMessage", (target or "*",))]


SNS = ServiceRules(names=_SNS_NAMES, resources=_topic)
SQS = ServiceRules(names=_SQS_NAMES, operations={"StartMessageMoveTask": _move}, resources=_queue)
