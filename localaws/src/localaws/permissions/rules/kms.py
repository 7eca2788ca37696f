"""KMS: keys go by id, ARN or alias; an alias is judged by its key.

Source: https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
"""

from localaws.permissions.arns import is_arn
from localaws.permissions.context import Context
from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.reference import action_of
from localaws.permissions.rules.rule import Rule, ServiceRules

_WITH_ALIAS = {"CreateAlias", "DeleteAlias", "UpdateAlias"}


def _key_arn(request: ApiRequest, facts: AccountFacts, key_id: str) -> str:
    known = facts.key_arn(request.region, key_id)
    if known or is_arn(key_id):
        return known or key_id
    # Without an id the ciphertext names the key. An unknown alias has none.
    return request.arn(f"key/{'*' if not key_id or key_id.startswith('alias/') else key_id}")


def _on_a_key(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    action = action_of("kms", request.operation)
    if action is not None and not action.resource_types:
        return [Need(request.action)]
    key = _key_arn(request, facts, request.text("KeyId", "TargetKeyId"))
    if request.operation in _WITH_ALIAS:
        alias = request.text("AliasName")
        key = key if request.text("TargetKeyId") else _key_arn(request, facts, alias)
        return [Need(request.action, (request.arn(alias), key))]
    return [Need(request.action, (key,), _context(request))]


def _re_encrypt(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    source = _key_arn(request, facts, request.text("SourceKeyId"))
    target = _key_arn(request, facts, request.text("DestinationKeyId"))
    return [Need("kms:ReEncryptFrom", (source,)), Need("kms:ReEncryptTo", (target,))]


def _context(request: ApiRequest) -> Context:
    context: Context = {}
    alias = request.text("KeyId")
    if "alias/" in alias:
        context["kms:RequestAlias"] = alias[alias.index("alias/") :]
    sent = request.get("EncryptionContext")
    if isinstance(sent, dict):
        context |= {f"kms:EncryptionContext:{name}": str(value) for name, value in sent.items()}
        context["kms:EncryptionContextKeys"] = [str(name) for name in sent]
    return context


_OPERATIONS: dict[str, Rule] = {"ReEncrypt": _re_encrypt}

RULES = ServiceRules(operations=_OPERATIONS, otherwise=_on_a_key)
