"""Glue's operations on tables and their versions."""

import re
import threading
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.glue.exceptions import (
    EntityNotFoundException,
    GlueClientError,
    InvalidInputException,
    VersionNotFoundException,
)
from moto.glue.models import FakeTable
from moto.glue.responses import GlueResponse

from localaws.credentials import Kind, current_identity
from localaws.glue_catalog import iceberg_columns

Handler = Callable[[GlueResponse], ActionResult]

_update_lock = threading.Lock()
_MAX_RESULTS = 100


class ConcurrentModificationError(GlueClientError):
    """Somebody else changed the table since it was read."""

    def __init__(self) -> None:
        super().__init__(
            "ConcurrentModificationException",
            "Update table failed due to concurrent modifications.",
        )


def database_name(response: GlueResponse) -> str:
    """Return the request's database as the catalog keeps it."""
    return str(response.parameters.get("DatabaseName", "")).lower()


def table(response: GlueResponse, key: str = "TableName") -> FakeTable:
    """Return the request's table."""
    name = str(response.parameters.get(key, "")).lower()
    return response.glue_backend.get_table(database_name(response), name)


def create_table(response: GlueResponse) -> ActionResult:
    """Add a table; Glue keeps names in lower case."""
    table_input = response.parameters["TableInput"]
    table_input["Name"] = table_input["Name"].lower()
    iceberg_columns.complete(table_input, response.current_account)
    with _update_lock:
        response.glue_backend.create_table(
            database_name(response),
            table_input["Name"],
            table_input,
            response.parameters.get("OpenTableFormatInput"),
        )
    return EmptyResult()


def get_table(response: GlueResponse) -> ActionResult:
    """Show a table."""
    return ActionResult({"Table": _shown(table(response, "Name"))})


def _shown(found: FakeTable) -> dict[str, Any]:
    """Return a table; a view to Trino with the comment by which it recognizes one.

    dbt-athena writes a view's description there, which Athena does not mind.
    """
    shown: dict[str, Any] = found.as_dict()
    parameters = shown.get("Parameters") or {}
    if parameters.get("presto_view") == "true" and _asked_by_engine():
        shown["Parameters"] = {**parameters, "comment": "Presto View"}
        shown.pop("Description", None)  # Trino puts it in the comment's place
    return shown


def _asked_by_engine() -> bool:
    asker = current_identity()
    return asker is not None and asker.kind is Kind.ENGINE


def update_table(response: GlueResponse) -> ActionResult:
    """Replace a table's definition, if it is still the version that the caller has read."""
    parameters = response.parameters
    table_input = parameters["TableInput"]
    name = (parameters.get("Name") or table_input["Name"]).lower()
    expected = parameters.get("VersionId")
    iceberg_columns.complete(table_input, response.current_account)
    with _update_lock:
        found = response.glue_backend.get_table(database_name(response), name)
        current = str(found._current_version)
        if expected is not None and str(expected) != current:
            raise ConcurrentModificationError
        found.update(table_input)
        if parameters.get("SkipArchive"):
            found.versions.pop(current, None)
    return EmptyResult()


def get_tables(response: GlueResponse) -> ActionResult:
    """List a database's tables by name, page by page."""
    expression = response.parameters.get("Expression")
    tables = response.glue_backend.get_database(database_name(response)).tables
    names = sorted(tables)
    if expression:
        try:
            pattern = re.compile(expression, re.IGNORECASE)
        except re.error as error:
            raise InvalidInputException("GetTables", f"Expression: {error}") from error
        names = [name for name in names if pattern.fullmatch(name)]
    shown, more = page(names, response)
    return ActionResult({"TableList": [_shown(tables[name]) for name in shown], **more})


def page(items: list[Any], response: GlueResponse) -> tuple[list[Any], dict[str, str]]:
    """Cut the request's page out of a list.

    Returns
    -------
    tuple
        The page's items, and ``{"NextToken": …}`` if there are more.
    """
    token = str(response.parameters.get("NextToken") or "0")
    if not token.isdigit():
        raise InvalidInputException("Glue", "Invalid NextToken")
    start = int(token)
    end = start + int(response.parameters.get("MaxResults") or _MAX_RESULTS)
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}


def delete_table(response: GlueResponse) -> ActionResult:
    """Remove a table."""
    name = str(response.parameters.get("Name", "")).lower()
    with _update_lock:
        response.glue_backend.delete_table(database_name(response), name)
    return EmptyResult()


def get_table_versions(response: GlueResponse) -> ActionResult:
    """List a table's versions, the newest first."""
    found = table(response)
    versions = sorted(found.versions, key=int, reverse=True)
    shown, more = page(versions, response)
    listed = [{"Table": found.as_dict(version), "VersionId": version} for version in shown]
    return ActionResult({"TableVersions": listed, **more})


def delete_table_version(response: GlueResponse) -> ActionResult:
    """Remove an old version of a table."""
    _delete_version(table(response), str(response.parameters["VersionId"]))
    return EmptyResult()


def _delete_version(found: FakeTable, version: str) -> None:
    if version not in found.versions:
        raise VersionNotFoundException
    if version == str(found._current_version):
        raise InvalidInputException("DeleteTableVersion", "The current version cannot be deleted.")
    found.delete_version(version)


def batch_delete_table_version(response: GlueResponse) -> ActionResult:
    """Remove several old versions of a table."""
    found = table(response)
    errors: list[dict[str, Any]] = []
    for version in response.parameters.get("VersionIds") or []:
        try:
            _delete_version(found, str(version))
        except (EntityNotFoundException, InvalidInputException) as error:
            detail = {"ErrorCode": error.error_type, "ErrorMessage": error.message}
            errors.append(
                {"TableName": found.name, "VersionId": str(version), "ErrorDetail": detail}
            )
    return ActionResult({"Errors": errors} if errors else {})


OPERATIONS: dict[str, Handler] = {
    "create_table": create_table,
    "get_table": get_table,
    "update_table": update_table,
    "get_tables": get_tables,
    "delete_table": delete_table,
    "get_table_versions": get_table_versions,
    "delete_table_version": delete_table_version,
    "batch_delete_table_version": batch_delete_table_version,
}
