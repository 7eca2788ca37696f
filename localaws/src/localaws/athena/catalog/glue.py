"""The Glue catalog as Athena's DDL uses it, in moto's process without HTTP."""

import copy
from collections.abc import Mapping
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.glue.models import FakePartition, FakeTable, GlueBackend, glue_backends

from localaws.athena.errors import QueryFailedError, ddl_failure
from localaws.athena.sql.names import Name
from localaws.context import glue_limits

TableInput = dict[str, Any]

_READ_ONLY = frozenset(
    {"DatabaseName", "CreateTime", "UpdateTime", "VersionId", "CatalogId", "CreatedBy"}
)


def hive_error(message: str) -> QueryFailedError:
    """Return the failure of Hive's DDL task."""
    return ddl_failure(
        "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. " + message
    )


def refuse_beyond_limits(operation: str, parameters: Mapping[str, Any]) -> None:
    """Fail as Hive does when Glue refuses a request of its own."""
    try:
        glue_limits.refuse_beyond_limits(operation, parameters)
    except glue_limits.LimitError as error:
        raise hive_error(
            f"MetaException(message:{error} (Service: AWSGlue; Status Code: 400; Error Code: "
            "ValidationException))"
        ) from error


class Catalog:
    """The databases and tables of one account and region.

    Parameters
    ----------
    account_id, region
        Account and region of the catalog.
    """

    def __init__(self, account_id: str, region: str) -> None:
        self._account_id, self._region = account_id, region

    @property
    def backend(self) -> GlueBackend:
        """Moto's side of it."""
        return glue_backends[self._account_id][self._region]

    # ── databases ────────────────────────────────────────────────────────────────────────────────

    def databases(self) -> list[dict[str, Any]]:
        """Return all databases, by name."""
        found = [database.as_dict() for database in self.backend.get_databases()]
        return sorted(found, key=lambda database: database["Name"])

    def database(self, name: str) -> dict[str, Any] | None:
        """Return a database; None if there is none of this name."""
        found = self.backend.databases.get(name.lower())
        return None if found is None else found.as_dict()

    def require_database(self, name: str) -> None:
        """Fail as Hive does if there is no such database."""
        if name.lower() not in self.backend.databases:
            raise ddl_failure(f"SemanticException [Error 10072]: Database does not exist: {name}")

    # ── tables ───────────────────────────────────────────────────────────────────────────────────

    def tables(self, database: str) -> list[dict[str, Any]]:
        """Return all tables and views of a database, by name."""
        self.require_database(database)
        found = self.backend.get_tables(database.lower(), None)
        return sorted((table.as_dict() for table in found), key=lambda table: table["Name"])

    def fake_table(self, name: Name) -> FakeTable | None:
        """Return moto's table; None if there is none."""
        database = self.backend.databases.get((name.database or "").lower())
        return None if database is None else database.tables.get(name.table.lower())

    def table(self, name: Name) -> dict[str, Any] | None:
        """Return a table or view; None if there is none."""
        found = self.fake_table(name)
        return None if found is None else found.as_dict()

    def require_table(self, name: Name) -> dict[str, Any]:
        """Return a table or view, or fail as Hive does."""
        found = self.table(name)
        if found is None:
            raise ddl_failure(
                f"SemanticException [Error 10001]: Table not found {name.database}.{name.table}"
            )
        return found

    def create_table(self, name: Name, table: TableInput) -> None:
        """Add a table."""
        if self.fake_table(name) is not None:
            raise hive_error(f"AlreadyExistsException(message:Table {name.table} already exists.)")
        refuse_beyond_limits("CreateTable", {"TableInput": {**table, "Name": name.table}})
        self.backend.create_table(str(name.database), name.table, table)

    def update_table(self, name: Name, table: Mapping[str, Any]) -> None:
        """Replace a table's definition: a new version, as Glue counts."""
        changed = table_input(table)
        refuse_beyond_limits("UpdateTable", {"TableInput": changed})
        self.backend.update_table(str(name.database), name.table, changed)

    def create_database(self, name: str, database: Mapping[str, Any]) -> None:
        """Add a database."""
        refuse_beyond_limits("CreateDatabase", {"DatabaseInput": {**database, "Name": name}})
        self.backend.create_database(name, dict(database))

    def update_database(self, name: str, database: Mapping[str, Any]) -> None:
        """Replace a database's definition."""
        refuse_beyond_limits("UpdateDatabase", {"DatabaseInput": database})
        self.backend.update_database(name, dict(database))

    def delete_table(self, name: Name) -> None:
        """Remove a table from the catalog; its objects stay."""
        try:
            self.backend.delete_table(str(name.database), name.table)
        except JsonRESTError as error:
            raise hive_error(str(error.message)) from error

    # ── partitions ───────────────────────────────────────────────────────────────────────────────

    def partitions(self, name: Name) -> list[FakePartition]:
        """Return a table's partitions in the order of their values."""
        table = self.fake_table(name)
        found = [] if table is None else list(table.partitions.values())
        return sorted(found, key=lambda partition: partition.values)


def table_input(table: Mapping[str, Any]) -> TableInput:
    """Return what UpdateTable takes from what GetTable gives, as a copy that may be changed."""
    return {key: copy.deepcopy(value) for key, value in table.items() if key not in _READ_ONLY}


def is_iceberg(table: Mapping[str, Any]) -> bool:
    """Return whether a table of the catalog is an Iceberg table."""
    return (table.get("Parameters") or {}).get("table_type", "").lower() == "iceberg"


def is_view(table: Mapping[str, Any]) -> bool:
    """Return whether an entry of the catalog is a view."""
    return table.get("TableType") == "VIRTUAL_VIEW"


def current_columns(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a table's columns without those that an Iceberg table once had."""
    columns = (table.get("StorageDescriptor") or {}).get("Columns") or []
    return [
        column
        for column in columns
        if (column.get("Parameters") or {}).get("iceberg.field.current") != "false"
    ]
