"""What a request needs: each action that its caller must be allowed to take, on which resources."""

from localaws.permissions.context import common_context, own_context
from localaws.permissions.facts import AccountFacts
from localaws.permissions.generic_needs import resources_of
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.passed_roles import passed_role_needs
from localaws.permissions.reference import action_of
from localaws.permissions.rules.rule import ServiceRules
from localaws.permissions.rules.s3 import needs_for_missing_key
from localaws.permissions.rules.tagging import tagging_needs
from localaws.permissions.service_rules import NO_RULES, S3_CONTROL, SERVICE_RULES

__all__ = ["Need", "needs_for_missing_key", "needs_of"]

_TAGS_OF_RESOURCE = "aws:ResourceTag/${TagKey}"


def needs_of(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    """Return what must be allowed for a request to pass: all of it.

    An operation that no reference knows needs the action of its name on everything; a request for
    no operation at all needs every action of the service.
    """
    if not request.operation:
        return [Need(f"{request.service}:*", ("*",), common_context(request))]
    rules = _rules(request)
    rule = rules.operations.get(request.operation) or rules.otherwise
    needs = rule(request, facts) if rule else _published(request, facts)
    if needs:
        needs = needs + tagging_needs(request, needs[0].resources)
    if rules.passes_roles:
        needs = needs + passed_role_needs(request)
    common = common_context(request)
    return [_with_context(request, need, common, facts) for need in needs]


def _rules(request: ApiRequest) -> ServiceRules:
    if request.api == "s3control":
        return S3_CONTROL
    return SERVICE_RULES.get(request.service, NO_RULES)


def _published(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    rules = _rules(request)
    name = rules.names.get(request.operation, request.operation)
    service, _, short = name.rpartition(":")
    action = action_of(service or request.service, short)
    if action is None:
        return [Need(name if service else f"{request.service}:{name}")]
    resources = rules.resources(request, facts) if rules.resources else None
    return [Need(action.full_name, resources or resources_of(request, action))]


def _with_context(
    request: ApiRequest, need: Need, common: dict[str, str | list[str]], facts: AccountFacts
) -> Need:
    service, _, name = need.action.partition(":")
    action = action_of(service, name)
    if action is None:
        return Need(need.action, need.resources, {**common, **need.context})
    context = {**common, **own_context(request, action.condition_keys)}
    if _TAGS_OF_RESOURCE in action.condition_keys and len(need.resources) == 1:
        tags = facts.tags(need.resources[0])
        context |= {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
    context |= need.context
    return Need(action.full_name, need.resources, context)
