"""Glue: an operation on the Data Catalog needs the resource and everything above it.

Source: https://docs.aws.amazon.com/glue/latest/dg/glue-specifying-resource-arns.html: "All
operations performed on a Data Catalog resource require permission on the resource and all the
ancestors"; "all delete operations require permission on all children of that resource".
"""

import re
from collections.abc import Iterator
from typing import Any

from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.passed_roles import pass_role, role_arn_of
from localaws.permissions.reference import Action, action_of
from localaws.permissions.rules.rule import Rule, ServiceRules

_ACCOUNT_ID = re.compile(r"\d{12}")
_ON_A_TABLE = {
    "CreateTable",
    "DeleteTable",
    "GetTable",
    "GetUnfilteredTableMetadata",
    "UpdateTable",
}
_NAMES = {
    # Lake Formation's engines read what the table's own action guards:
    # https://docs.aws.amazon.com/lake-formation/latest/dg/register-query-engine.html
    "GetUnfilteredPartitionMetadata": "GetPartition",
    "GetUnfilteredPartitionsMetadata": "GetPartitions",
    "GetUnfilteredTableMetadata": "GetTable",
}
_ROLE_PLACES = (("Role",), ("RoleArn",), ("JobUpdate", "Role"))


def _catalog_resources(request: ApiRequest, facts: AccountFacts) -> tuple[str, ...] | None:
    action = action_of("glue", _NAMES.get(request.operation, request.operation))
    if action is None or "rootcatalog" not in {kind.name for kind in action.resource_types}:
        return None
    account_id, _, catalog = request.text("CatalogId").partition(":")
    if not _ACCOUNT_ID.fullmatch(account_id):
        account_id, catalog = request.account_id, account_id or catalog
    root = request.arn("").replace(request.account_id, account_id)
    names = ["catalog"] + ([f"catalog/{catalog}"] if catalog else [])
    if request.operation != "GetDatabases":
        # That answer holds the databases that the caller may see; what is refused is the catalog.
        names += _below_the_catalog(request, facts, action)
    return tuple(dict.fromkeys(root + name for name in names))


def _below_the_catalog(request: ApiRequest, facts: AccountFacts, action: Action) -> Iterator[str]:
    operation = request.operation
    kinds = {kind.name.lower() for kind in action.resource_types if kind.required}
    database = _database(request)
    if "connection" in kinds:
        parameters = ("Name", "ConnectionName", "ConnectionNameList", "ConnectionInput")
        yield from (f"connection/{name}" for name in _names(request, *parameters) or ["*"])
    if "database" in kinds or database:
        yield f"database/{database or '*'}"
    if operation == "DeleteDatabase":
        yield f"table/{database}/*"
        yield f"userDefinedFunction/{database}/*"
    elif operation == "GetTables":
        yield from (f"table/{database}/{name}" for name in _listed_tables(request, facts, database))
    elif "table" in kinds:
        yield from (f"table/{database or '*'}/{name}" for name in _tables(request) or ["*"])
    if "userdefinedfunction" in kinds:
        functions = _names(request, "FunctionName", "FunctionInput") or ["*"]
        yield from (f"userDefinedFunction/{database or '*'}/{name}" for name in functions)


def _database(request: ApiRequest) -> str:
    if request.operation.endswith("Database") and request.text("Name"):
        return request.text("Name")
    inside = request.get("DatabaseInput")
    if isinstance(inside, dict):
        return str(inside.get("Name", ""))
    return request.text("DatabaseName")


def _tables(request: ApiRequest) -> list[str]:
    if request.operation in _ON_A_TABLE:
        return _names(request, "Name", "TableInput")
    return _names(request, "TableName", "TablesToDelete", "TableInput")


def _listed_tables(request: ApiRequest, facts: AccountFacts, database: str) -> list[str]:
    """Return the tables that a list will show: one that the caller may not see refuses the call."""
    tables, expression = facts.tables(request.region, database), request.text("Expression")
    try:
        wanted = re.compile(expression) if expression else None
    except re.error:
        wanted = None
    return [name for name in tables if wanted is None or wanted.fullmatch(name)]


def _names(request: ApiRequest, *parameters: str) -> list[str]:
    """Return the names in the first of these parameters that was sent: a text, a list, an input."""
    value = request.get(*parameters)
    if isinstance(value, dict):
        value = value.get("Name") or value.get("FunctionName")
    values = value if isinstance(value, list) else [value]
    return [item for item in values if isinstance(item, str) and item]


def _passing_its_role(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    """Glue takes a role by ARN or by name.

    https://docs.aws.amazon.com/glue/latest/dg/security-iam-awsmanpol.html and "iam:PassRole" in
    https://docs.aws.amazon.com/glue/latest/dg/attach-policy-iam-user.html
    """
    own = Need(request.action, _own_resource(request))
    for place in _ROLE_PLACES:
        role = _inside(request.parameters, place)
        if isinstance(role, str) and role:
            return [own, pass_role(request, role_arn_of(request, role), "glue.amazonaws.com")]
    return [own]


def _inside(value: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _own_resource(request: ApiRequest) -> tuple[str, ...]:
    kind = _KINDS_WITH_ROLES[request.operation]
    action = action_of("glue", request.operation)
    if not kind or action is None or not action.resource_types:
        return ("*",)
    name = request.text("Name", "JobName", "EndpointName", "Id", "TransformId")
    return (request.arn(f"{kind}/{name or '*'}"),)


_KINDS_WITH_ROLES = {
    "CreateCrawler": "crawler",
    "CreateDevEndpoint": "devEndpoint",
    "CreateJob": "job",
    "CreateMLTransform": "mlTransform",
    "CreateSession": "session",
    "UpdateCrawler": "crawler",
    "UpdateJob": "job",
    "UpdateMLTransform": "mlTransform",
}

_OPERATIONS: dict[str, Rule] = dict.fromkeys(_KINDS_WITH_ROLES, _passing_its_role)

RULES = ServiceRules(
    operations=_OPERATIONS,
    names=_NAMES,
    resources=_catalog_resources,
    passes_roles=False,
)
