"""DynamoDB and Systems Manager's parameters: several resources in one request.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/api-permissions-reference.html
and https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-access.html
"""

import re
from collections.abc import Iterator

from localaws.permissions.arns import is_arn
from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.rules.rule import Rule, ServiceRules

_WRITES = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
_PARTIQL = {
    "select": "PartiQLSelect",
    "insert": "PartiQLInsert",
    "update": "PartiQLUpdate",
    "delete": "PartiQLDelete",
    "exists": "PartiQLSelect",
}
_TABLE = re.compile(
    r"(?:from|into|update)\s+\"?(?P<table>[\w.-]+)\"?(?:\.\"?(?P<index>[\w.-]+))?", re.IGNORECASE
)


def _table_arn(request: ApiRequest, table: str, index: str = "") -> str:
    arn = table if is_arn(table) else request.arn(f"table/{table}")
    return f"{arn}/index/{index}" if index else arn


def _tables(request: ApiRequest, _facts: AccountFacts) -> tuple[str, ...] | None:
    table = request.text("TableName")
    if table:
        return (_table_arn(request, table, request.text("IndexName")),)
    items = request.get("RequestItems")
    if isinstance(items, dict):
        return tuple(_table_arn(request, name) for name in items) or None
    return None


def _transaction(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    needs = dict.fromkeys(_transacted(request))
    return [Need(f"dynamodb:{name}", (arn,)) for name, arn in needs]


def _transacted(request: ApiRequest) -> Iterator[tuple[str, str]]:
    for item in request.get("TransactItems") or ():
        for kind, content in item.items() if isinstance(item, dict) else ():
            if kind in _WRITES and isinstance(content, dict):
                yield _WRITES[kind], _table_arn(request, str(content.get("TableName", "*")))


def _statements(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    """https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html."""
    several = request.get("Statements", "TransactStatements") or [request.parameters]
    needs = []
    for item in several:
        text = str(item.get("Statement", ""))
        name = _PARTIQL.get(text.strip().partition(" ")[0].lower(), "PartiQLSelect")
        found = _TABLE.search(text)
        arn = _table_arn(request, found["table"], found["index"] or "") if found else "*"
        needs.append(Need(f"dynamodb:{name}", (arn,)))
    return needs


def _parameters(request: ApiRequest, _facts: AccountFacts) -> tuple[str, ...] | None:
    if "Parameter" not in request.operation or request.operation == "DescribeParameters":
        return None
    names = request.texts("Name", "Names", "Path")
    return tuple(_parameter_arn(request, name) for name in names) or None


def _parameter_arn(request: ApiRequest, name: str) -> str:
    # A version or label may follow; the ARN has no second slash before the name.
    return name if is_arn(name) else request.arn(f"parameter/{name.partition(':')[0].strip('/')}")


_DYNAMODB: dict[str, Rule] = {
    **dict.fromkeys(("TransactGetItems", "TransactWriteItems"), _transaction),
    **dict.fromkeys(
        ("BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"), _statements
    ),
}

DYNAMODB = ServiceRules(operations=_DYNAMODB, resources=_tables)
SSM = ServiceRules(resources=_parameters)
