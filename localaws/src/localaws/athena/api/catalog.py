"""The API's operations on data catalogs, databases and table metadata."""

import re
from collections.abc import Mapping
from typing import Any

from moto.athena.models import DataCatalog
from moto.athena.responses import AthenaResponse

from localaws.athena.api.errors import Handler, operation, paged
from localaws.athena.errors import InvalidRequestError, MetadataError
from localaws.athena.executions.by_region import service_of
from localaws.athena.sql.names import Name

_GLUE_CATALOG = "awsdatacatalog"


def _own_catalog(response: AthenaResponse) -> dict[str, Any]:
    return {
        "Name": "AwsDataCatalog",
        "Description": "The AWS Glue data catalog of this account",
        "Type": "GLUE",
        "Parameters": {"catalog-id": response.current_account},
        "Status": "CREATE_COMPLETE",
    }


def _shown(catalog: DataCatalog) -> dict[str, Any]:
    return {
        "Name": catalog.name,
        "Description": catalog.description or "",
        "Type": catalog.type,
        "Parameters": catalog.parameters or {},
        "Status": "CREATE_COMPLETE",
    }


def _check_catalog(response: AthenaResponse, body: dict[str, Any]) -> None:
    name = str(body.get("CatalogName") or "")
    known = service_of(response).backend.data_catalogs
    if name.lower() == _GLUE_CATALOG or getattr(known.get(name), "type", None) == "GLUE":
        return
    raise MetadataError(f"Catalog {name} is not found: only Glue data catalogs hold databases here")


@operation
def list_data_catalogs(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """List the data catalogs."""
    catalogs = [_own_catalog(response)]
    catalogs += [_shown(c) for c in service_of(response).backend.data_catalogs.values()]
    names = [{"CatalogName": c["Name"], "Type": c["Type"], "Status": c["Status"]} for c in catalogs]
    found, more = paged(names, body, 50)
    return {"DataCatalogsSummary": found, **more}


@operation
def get_data_catalog(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Show a data catalog."""
    name = str(body.get("Name") or "")
    if name.lower() == _GLUE_CATALOG:
        return {"DataCatalog": _own_catalog(response)}
    found = service_of(response).backend.data_catalogs.get(name)
    if found is None:
        raise InvalidRequestError(f"DataCatalog {name} was not found")
    return {"DataCatalog": _shown(found)}


@operation
def update_data_catalog(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Change a data catalog."""
    found = service_of(response).backend.data_catalogs.get(str(body.get("Name")))
    if found is None:
        raise InvalidRequestError(f"DataCatalog {body.get('Name')} was not found")
    found.type = body.get("Type", found.type)
    found.description = body.get("Description", found.description)
    found.parameters = body.get("Parameters", found.parameters)
    return {}


@operation
def delete_data_catalog(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Remove a data catalog."""
    catalogs = service_of(response).backend.data_catalogs
    if catalogs.pop(str(body.get("Name")), None) is None:
        raise InvalidRequestError(f"DataCatalog {body.get('Name')} was not found")
    return {}


def _database(database: Mapping[str, Any]) -> dict[str, Any]:
    shown = {"Name": database["Name"], "Description": database.get("Description")}
    shown["Parameters"] = database.get("Parameters") or {}
    return {key: value for key, value in shown.items() if value is not None}


@operation
def list_databases(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """List the databases of a catalog."""
    _check_catalog(response, body)
    databases = [_database(database) for database in service_of(response).catalog.databases()]
    found, more = paged(databases, body, 50)
    return {"DatabaseList": found, **more}


@operation
def get_database(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Show a database."""
    _check_catalog(response, body)
    name = str(body.get("DatabaseName"))
    found = service_of(response).catalog.database(name)
    if found is None:
        raise _not_found("Database", name, response)
    return {"Database": _database(found)}


def _not_found(kind: str, name: str, response: AthenaResponse) -> MetadataError:
    return MetadataError(
        f"EntityNotFoundException: {kind} {name} not found. (Service: AmazonDataCatalog; "
        f"Status Code: 400; Error Code: EntityNotFoundException; Region: {response.region})"
    )


def _columns(columns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = ("Name", "Type", "Comment")
    return [
        {key: column[key] for key in kept if column.get(key) is not None}
        for column in columns
        if (column.get("Parameters") or {}).get("iceberg.field.current") != "false"
    ]


def _table(table: Mapping[str, Any]) -> dict[str, Any]:
    storage = table.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    parameters = {
        **(table.get("Parameters") or {}),
        "inputformat": storage.get("InputFormat"),
        "location": storage.get("Location"),
        "outputformat": storage.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
        **{f"serde.param.{k}": v for k, v in (serde.get("Parameters") or {}).items()},
    }
    shown: dict[str, Any] = {
        "Name": table["Name"],
        "TableType": table.get("TableType") or "",
        "Columns": _columns(storage.get("Columns") or []),
        "PartitionKeys": _columns(table.get("PartitionKeys") or []),
        "Parameters": {key: value for key, value in parameters.items() if value is not None},
    }
    if table.get("CreateTime") is not None:
        shown["CreateTime"] = table["CreateTime"].timestamp()
        shown["LastAccessTime"] = 0.0
    return shown


@operation
def list_table_metadata(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """List the tables and views of a database."""
    _check_catalog(response, body)
    name = str(body.get("DatabaseName"))
    catalog = service_of(response).catalog
    if catalog.database(name) is None:
        raise _not_found("Database", name, response)
    expression = body.get("Expression")
    try:
        matches = re.compile(expression or ".*", re.IGNORECASE)
    except re.error as error:
        raise InvalidRequestError(f"Expression {expression} is not a pattern: {error}") from error
    tables = [_table(t) for t in catalog.tables(name) if matches.fullmatch(t["Name"])]
    found, more = paged(tables, body, 50)
    return {"TableMetadataList": found, **more}


@operation
def get_table_metadata(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
    """Show a table or view."""
    _check_catalog(response, body)
    name = Name(str(body.get("TableName")).lower(), str(body.get("DatabaseName")).lower())
    found = service_of(response).catalog.table(name)
    if found is None:
        raise _not_found("Table", name.table, response)
    return {"TableMetadata": _table(found)}


OPERATIONS: dict[str, Handler] = {
    "list_data_catalogs": list_data_catalogs,
    "get_data_catalog": get_data_catalog,
    "update_data_catalog": update_data_catalog,
    "delete_data_catalog": delete_data_catalog,
    "list_databases": list_databases,
    "get_database": get_database,
    "list_table_metadata": list_table_metadata,
    "get_table_metadata": get_table_metadata,
}
