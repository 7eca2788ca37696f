"""The API's operations on workgroups, named queries and prepared statements."""

import time
from typing import Any

from moto.athena.models import PreparedStatement, WorkGroup
from moto.athena.responses import AthenaResponse

from localaws.athena.api.errors import Handler, operation, paged
from localaws.athena.errors import InvalidRequestError
from localaws.athena.execution import QueryExecution
from localaws.athena.executions.by_region import service_of

_ENGINE = {
    "SelectedEngineVersion": "AUTO",
    "EffectiveEngineVersion": "Athena engine version 3",
}


def _workgroup(response: AthenaResponse, name: str) -> WorkGroup:
    found = service_of(response).backend.work_groups.get(name)
    if found is None:
        raise InvalidRequestError(f"WorkGroup {name} is not found.")
    return found


@operation
def create_work_group(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Create a workgroup."""
    name = str(body.get("Name"))
    made = service_of(response).backend.create_work_group(
        name, body.get("Configuration") or {}, body.get("Description") or "", body.get("Tags") or []
    )
    if made is None:
        raise InvalidRequestError(f"WorkGroup {name} is already created")
    made.created_at = time.time()
    return {}


@operation
def get_work_group(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Show a workgroup."""
    found = _workgroup(response, str(body.get("WorkGroup")))
    return {
        "WorkGroup": {
            "Name": found.name,
            "State": found.state,
            "Configuration": {"EngineVersion": _ENGINE, **found.configuration},
            "Description": found.description,
            "CreationTime": getattr(found, "created_at", 0.0),
        }
    }


@operation
def list_work_groups(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """List the workgroups."""
    groups = [
        {
            "Name": group.name,
            "State": group.state,
            "Description": group.description,
            "CreationTime": getattr(group, "created_at", 0.0),
            "EngineVersion": _ENGINE,
        }
        for group in service_of(response).backend.work_groups.values()
    ]
    found, more = paged(groups, body, 50)
    return {"WorkGroups": found, **more}


@operation
def update_work_group(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Change a workgroup."""
    found = _workgroup(response, str(body.get("WorkGroup")))
    found.description = body.get("Description", found.description)
    found.state = body.get("State", found.state)
    updates = dict(body.get("ConfigurationUpdates") or {})
    results = updates.pop("ResultConfigurationUpdates", None)
    if updates.pop("RemoveBytesScannedCutoffPerQuery", False):
        found.configuration.pop("BytesScannedCutoffPerQuery", None)
    found.configuration.update(updates)
    if results is not None:
        current = dict(found.configuration.get("ResultConfiguration") or {})
        for key in [key for key in results if key.startswith("Remove")]:
            if results.pop(key):
                current.pop(key.removeprefix("Remove"), None)
        found.configuration["ResultConfiguration"] = current | results
    return {}


@operation
def delete_work_group(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Remove a workgroup."""
    name = str(body.get("WorkGroup"))
    if name == "primary":
        raise InvalidRequestError("Primary WorkGroup can not be deleted")
    _workgroup(response, name)
    backend = service_of(response).backend
    used = any(
        isinstance(execution, QueryExecution) and execution.workgroup == name
        for execution in backend.executions.values()
    )
    if used and not body.get("RecursiveDeleteOption"):
        raise InvalidRequestError(f"WorkGroup {name} is not empty")
    backend.delete_work_group(name)
    return {}


# ── named queries ─────────────────────────────────────────────────────────────────────────────────


def _named_query(response: AthenaResponse, identity: str) -> dict[str, Any]:
    found = service_of(response).backend.named_queries.get(identity)
    if found is None:
        raise InvalidRequestError(f"NamedQuery {identity} was not found")
    return {
        "Name": found.name,
        "Description": found.description or "",
        "Database": found.database,
        "QueryString": found.query_string,
        "NamedQueryId": found.id,
        "WorkGroup": found.workgroup.name,
    }


@operation
def get_named_query(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Show a named query."""
    return {"NamedQuery": _named_query(response, str(body.get("NamedQueryId")))}


@operation
def batch_get_named_query(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Show several named queries."""
    found: list[dict[str, Any]] = []
    missing: list[dict[str, str]] = []
    for identity in body.get("NamedQueryIds") or []:
        try:
            found.append(_named_query(response, identity))
        except InvalidRequestError as error:
            missing.append(
                {
                    "NamedQueryId": identity,
                    "ErrorCode": "INVALID_INPUT",
                    "ErrorMessage": error.message,
                }
            )
    return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}


@operation
def update_named_query(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Change a named query."""
    identity = str(body.get("NamedQueryId"))
    _named_query(response, identity)
    found = service_of(response).backend.named_queries[identity]
    found.name = body.get("Name", found.name)
    found.description = body.get("Description", found.description)
    found.query_string = body.get("QueryString", found.query_string)
    return {}


@operation
def delete_named_query(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Remove a named query."""
    identity = str(body.get("NamedQueryId"))
    _named_query(response, identity)
    del service_of(response).backend.named_queries[identity]
    return {}


# ── prepared statements ───────────────────────────────────────────────────────────────────────────


def _shown(statement: PreparedStatement) -> dict[str, Any]:
    return {
        "StatementName": statement.statement_name,
        "QueryStatement": statement.query_statement,
        "WorkGroupName": statement.workgroup,
        "Description": statement.description,
        "LastModifiedTime": statement.last_modified_time.timestamp(),
    }


@operation
def create_prepared_statement(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Create a prepared statement."""
    prepared, workgroup = service_of(response).prepared, str(body.get("WorkGroup"))
    name = str(body.get("StatementName"))
    _workgroup(response, workgroup)
    if prepared.find(workgroup, name) is not None:
        raise InvalidRequestError(
            f"PreparedStatement {name} already exists in WorkGroup {workgroup}"
        )
    prepared.put(workgroup, name, str(body.get("QueryStatement")), body.get("Description"))
    return {}


@operation
def update_prepared_statement(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Change a prepared statement."""
    prepared, workgroup = service_of(response).prepared, str(body.get("WorkGroup"))
    name = str(body.get("StatementName"))
    prepared.require(workgroup, name)
    prepared.put(workgroup, name, str(body.get("QueryStatement")), body.get("Description"))
    return {}


@operation
def get_prepared_statement(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Show a prepared statement."""
    prepared = service_of(response).prepared
    found = prepared.require(str(body.get("WorkGroup")), str(body.get("StatementName")))
    return {"PreparedStatement": _shown(found)}


@operation
def batch_get_prepared_statement(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Show several prepared statements."""
    prepared, workgroup = service_of(response).prepared, str(body.get("WorkGroup"))
    wanted = {
        name: prepared.find(workgroup, name) for name in body.get("PreparedStatementNames", [])
    }
    return {
        "PreparedStatements": [_shown(found) for found in wanted.values() if found is not None],
        "UnprocessedPreparedStatementNames": [
            {
                "StatementName": name,
                "ErrorCode": "INVALID_INPUT",
                "ErrorMessage": f"PreparedStatement {name} was not found in workGroup {workgroup}",
            }
            for name, found in wanted.items()
            if found is None
        ],
    }


@operation
def list_prepared_statements(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """List a workgroup's prepared statements."""
    statements = service_of(response).prepared.of(str(body.get("WorkGroup")))
    shown = [
        {
            "StatementName": statement.statement_name,
            "LastModifiedTime": statement.last_modified_time.timestamp(),
        }
        for statement in statements
    ]
    found, more = paged(shown, body, 50)
    return {"PreparedStatements": found, **more}


@operation
def delete_prepared_statement(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Remove a prepared statement."""
    service_of(response).prepared.delete(str(body.get("WorkGroup")), str(body.get("StatementName")))
    return {}


@operation
def list_engine_versions(_response: AthenaResponse, _body: dict[str, Any]) -> dict[str, Any]:
    """List the engine versions."""
    return {"EngineVersions": [_ENGINE]}


@operation
def create_capacity_reservation(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Keep a capacity reservation; moto's own handler fails where no tags are given."""
    service_of(response).backend.create_capacity_reservation(
        str(body.get("Name")), int(body.get("TargetDpus") or 0), body.get("Tags") or []
    )
    return {}


OPERATIONS: dict[str, Handler] = {
    "create_capacity_reservation": create_capacity_reservation,
    "create_work_group": create_work_group,
    "get_work_group": get_work_group,
    "list_work_groups": list_work_groups,
    "update_work_group": update_work_group,
    "delete_work_group": delete_work_group,
    "get_named_query": get_named_query,
    "batch_get_named_query": batch_get_named_query,
    "update_named_query": update_named_query,
    "delete_named_query": delete_named_query,
    "create_prepared_statement": create_prepared_statement,
    "update_prepared_statement": update_prepared_statement,
    "get_prepared_statement": get_prepared_statement,
    "batch_get_prepared_statement": batch_get_prepared_statement,
    "list_prepared_statements": list_prepared_statements,
    "delete_prepared_statement": delete_prepared_statement,
    "list_engine_versions": list_engine_versions,
}
