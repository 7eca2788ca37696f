"""API Gateway, whose actions are HTTP methods, and the control API of S3.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-iam-policy-resource.html
and https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_AWS_S3_Control.html
"""

import re

from localaws.permissions.arns import partition_of
from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.models import model_of
from localaws.permissions.rules.rule import ServiceRules

_LABEL = re.compile(r"\{(\w+)\+?\}")


def _by_method(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    """Return the method on the path, as in ``arn:aws:apigateway:REGION::/restapis/ID``."""
    model = model_of(request.api) or {"operations": {}}
    operation = model["operations"].get(request.operation)
    if operation is None:
        return [Need("apigateway:*")]
    members = (
        model["shapes"][operation["input"]["shape"]]["members"] if "input" in operation else {}
    )
    names = {str(member.get("locationName", name)): name for name, member in members.items()}

    def value(label: re.Match[str]) -> str:
        return request.text(names.get(str(label[1]), str(label[1]))) or "*"

    path = _LABEL.sub(value, operation["http"]["requestUri"].partition("?")[0])
    arn = f"arn:{partition_of(request.region)}:apigateway:{request.region}::{path}"
    return [Need(f"apigateway:{operation['http']['method']}", (arn,))]


APIGATEWAY = ServiceRules(otherwise=_by_method)
S3_CONTROL = ServiceRules(
    names={
        "DeletePublicAccessBlock": "PutAccountPublicAccessBlock",
        "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
        "PutPublicAccessBlock": "PutAccountPublicAccessBlock",
    }
)
