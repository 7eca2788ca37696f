"""Athena: queries are guarded by their workgroup, metadata by the data catalog.

Source: https://docs.aws.amazon.com/athena/latest/ug/workgroups-iam-policy.html and
https://docs.aws.amazon.com/athena/latest/ug/datacatalogs-iam-policy.html
"""

from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest
from localaws.permissions.rules.rule import ServiceRules

_CATALOG_OPERATIONS = {
    "CreateDataCatalog",
    "DeleteDataCatalog",
    "GetDataCatalog",
    "GetDatabase",
    "GetTableMetadata",
    "ListDatabases",
    "ListTableMetadata",
    "UpdateDataCatalog",
}
_WORK_GROUP_BY_NAME = {"CreateWorkGroup"}
_WITHOUT_RESOURCE = {"ListDataCatalogs", "ListEngineVersions", "ListWorkGroups"}


def _resources(request: ApiRequest, facts: AccountFacts) -> tuple[str, ...] | None:
    operation = request.operation
    if operation in _WITHOUT_RESOURCE:
        return ("*",)
    if operation in _CATALOG_OPERATIONS:
        # Names of catalogs are not case-sensitive; policies name the default one as AWS shows it.
        name = request.text("CatalogName", "Name") or "AwsDataCatalog"
        return (request.arn(f"datacatalog/{_as_shown(name)}"),)
    region = request.region
    queries = request.texts("QueryExecutionId", "QueryExecutionIds")
    saved = request.texts("NamedQueryId", "NamedQueryIds")
    groups = [
        *(facts.query_work_group(region, query) for query in queries),
        *(facts.named_query_work_group(region, query) for query in saved),
    ]
    if not groups and operation in _WORK_GROUP_BY_NAME:
        groups.append(request.text("Name"))
    if not groups and request.text("WorkGroup", "WorkGroupName"):
        groups.append(request.text("WorkGroup", "WorkGroupName"))
    if not groups and operation in _OF_A_WORK_GROUP:
        groups.append("primary")
    if not groups:
        return None
    return tuple(dict.fromkeys(request.arn(f"workgroup/{group or '*'}") for group in groups))


_OF_A_WORK_GROUP = {
    "CreateNamedQuery",
    "ListNamedQueries",
    "ListQueryExecutions",
    "StartQueryExecution",
}
"""Operations that without a workgroup mean the one named primary."""


def _as_shown(catalog: str) -> str:
    return "AwsDataCatalog" if catalog.lower() == "awsdatacatalog" else catalog


RULES = ServiceRules(resources=_resources)
