"""Secrets Manager: six random characters end the ARN of a secret, whatever name it is asked for by.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html
"""

from localaws.permissions.arns import is_arn
from localaws.permissions.context import Context
from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.rules.rule import Rule, ServiceRules


def _secret_arn(request: ApiRequest, facts: AccountFacts, secret_id: str) -> str:
    """Return the ARN; that of the name alone for a secret that does not exist."""
    known = facts.secret_arn(request.region, secret_id)
    return known or (secret_id if is_arn(secret_id) else request.arn(f"secret:{secret_id}"))


def _on_a_secret(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    if request.operation in _WITHOUT_RESOURCE:
        return [Need(request.action)]
    secret_id = request.text("SecretId")
    if not secret_id:
        name = request.text("Name")
        return [Need(request.action, (request.arn(f"secret:{name}") if name else "*",))]
    arn = _secret_arn(request, facts, secret_id)
    return [Need(request.action, (arn,), _tags(facts, arn))]


def _several(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    """Return the list itself, and each secret that it will show.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html
    """
    arns = [_secret_arn(request, facts, name) for name in request.texts("SecretIdList")]
    each = [Need("secretsmanager:GetSecretValue", (arn,), _tags(facts, arn)) for arn in arns]
    return [Need(request.action), *each]


def _tags(facts: AccountFacts, arn: str) -> Context:
    context: Context = {}
    for key, value in facts.tags(arn).items():
        context[f"secretsmanager:ResourceTag/{key}"] = value
        context[f"aws:ResourceTag/{key}"] = value
    return context


_WITHOUT_RESOURCE = ("GetRandomPassword", "ListSecrets")

_OPERATIONS: dict[str, Rule] = {
    "BatchGetSecretValue": _several,
}

RULES = ServiceRules(operations=_OPERATIONS, otherwise=_on_a_secret)
