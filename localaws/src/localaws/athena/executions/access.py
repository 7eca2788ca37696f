"""What a statement needs of Glue and S3: Athena asks both as the caller.

Which actions a statement needs: Athena's user guide, "Configure access to databases and tables in
the AWS Glue Data Catalog" and "Access to Amazon S3". The engine reads and writes S3 with a session
of the caller, so what it does there is judged when it does it; Glue, which it asks with a key of
its own, is judged here, before the statement runs.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from localaws.athena.catalog.glue import Catalog, is_iceberg, is_view
from localaws.athena.catalog.object_store import Location
from localaws.athena.engine.session import DEFAULT_DATABASE
from localaws.athena.errors import QueryFailedError, denied_path, permission_failure
from localaws.athena.execution import QueryExecution
from localaws.athena.sql.names import Name
from localaws.athena.sql.query import Query
from localaws.athena.sql.referenced_tables import referenced_tables
from localaws.athena.statements.alter_base import AlterTable
from localaws.athena.statements.alter_partitions import (
    AddPartitions,
    DropPartitions,
    RenamePartition,
)
from localaws.athena.statements.alter_properties import SetLocation
from localaws.athena.statements.base import Statement
from localaws.athena.statements.create_table import CreateTable
from localaws.athena.statements.create_table_as import CreateTableAs
from localaws.athena.statements.databases import AlterDatabase, CreateDatabase, DropDatabase
from localaws.athena.statements.describe import Describe
from localaws.athena.statements.drop_table import DropTable
from localaws.athena.statements.engine_statement import EngineStatement
from localaws.athena.statements.explain import Explain
from localaws.athena.statements.optimize import Optimize
from localaws.athena.statements.prepared import Deallocate, Execute, Prepare
from localaws.athena.statements.repair_table import RepairTable
from localaws.athena.statements.show import Show
from localaws.athena.statements.unload import Unload
from localaws.athena.statements.vacuum import Vacuum
from localaws.athena.statements.views import CreateView, DropView, view_definition
from localaws.context.access import AccessControl
from localaws.credentials import Identity
from localaws.permissions.model import Need
from localaws.trino.configuration import HIVE_CATALOG

_DEEPEST_VIEW = 10
FORWARDED: dict[str, str | list[str]] = {
    "aws:ViaAWSService": "true",
    "aws:CalledVia": ["athena.amazonaws.com"],
}
"""Condition keys of what Athena asks as the caller: IAM user guide, "Forward access sessions"."""


@dataclass(frozen=True)
class Scope:
    """Where a statement's names are looked up."""

    catalog: Catalog
    database: str
    region: str
    account_id: str

    def qualify(self, name: Name) -> Name:
        """Return a full name."""
        return name.completed(self.database, HIVE_CATALOG)

    def in_database(self, action: str, database: str) -> Need:
        """Return the need of an action on a database; its catalog must allow it, too."""
        return Need(action, (self._arn("catalog"), self._arn(f"database/{database}")), {})

    def on_table(self, action: str, name: Name) -> Need:
        """Return the need of an action on a table; database and catalog must allow it, too."""
        full = self.qualify(name)
        return Need(
            action,
            (
                self._arn("catalog"),
                self._arn(f"database/{full.database}"),
                self._arn(f"table/{full.database}/{full.table}"),
            ),
            {},
        )

    def _arn(self, resource: str) -> str:
        return f"arn:aws:glue:{self.region}:{self.account_id}:{resource}"


def failure_of_denied(
    access: AccessControl,
    caller: Identity,
    statement: Statement,
    scope: Scope,
    execution: QueryExecution,
) -> QueryFailedError | None:
    """Return how a statement fails that its caller may not run; None if nothing forbids it.

    Parameters
    ----------
    access
        The account's policies.
    caller
        Who sent the statement.
    statement, scope
        The statement, and where its names are looked up.
    execution
        Its execution, which names the catalog and the result's place.
    """
    if execution.catalog is not None and execution.catalog.lower() != HIVE_CATALOG:
        return None  # another catalog has no Glue
    needs = [*needs_of_statement(statement, scope), *needs_of_result(execution.output_location)]
    reads = [need for need in needs if need.action == "s3:GetObject"]
    others = [need for need in needs if need not in reads]
    if reason := access.why_denied(caller, others, FORWARDED):
        return permission_failure(reason)
    for need in reads:
        if access.why_denied(caller, [need], FORWARDED):
            return denied_path(need.resources[0].replace("arn:aws:s3:::", "s3://"))
    return None


def needs_of_statement(statement: Statement, scope: Scope) -> Iterator[Need]:
    """Yield what the caller must be allowed for a statement to run.

    Parameters
    ----------
    statement
        The parsed statement.
    scope
        Catalog and database of its names.
    """
    # The guide: every user of Athena needs the database "default" and the catalog.
    for database in dict.fromkeys((DEFAULT_DATABASE, scope.database)):
        yield scope.in_database("glue:GetDatabase", database)
    for kind in type(statement).__mro__:
        reader = _NEEDS.get(kind)
        if reader is not None:
            yield from reader(statement, scope)
            return
    raise NotImplementedError(f"no needs are written down for {type(statement).__name__}")


def needs_of_result(output_location: str | None) -> Iterator[Need]:
    """Yield what the caller needs where the result is left."""
    if output_location is None:
        return
    location = Location.parse(output_location)
    yield Need("s3:PutObject", (f"arn:aws:s3:::{location.bucket}/{location.key}",), {})


def need_to_find_bucket(location: Location) -> Need:
    """Return what StartQueryExecution needs of the bucket of its results."""
    return Need("s3:GetBucketLocation", (f"arn:aws:s3:::{location.bucket}",), {})


def need_to_read(address: str) -> Need:
    """Return what reading an object needs: GetQueryResults reads that of the result."""
    location = Location.parse(address)
    return Need("s3:GetObject", (f"arn:aws:s3:::{location.bucket}/{location.key}",), {})


def _of_query(query: Query, scope: Scope, depth: int = 0) -> Iterator[Need]:
    for name in referenced_tables(query):
        full = scope.qualify(name)
        table = scope.catalog.table(full)
        if table is None:
            continue
        yield scope.in_database("glue:GetDatabase", str(full.database))
        yield scope.on_table("glue:GetTable", full)
        if (metadata := (table.get("Parameters") or {}).get("metadata_location")) is not None:
            # The engine keeps what it read of Iceberg in memory, for whoever asks next.
            yield need_to_read(str(metadata))
        if is_view(table) and depth < _DEEPEST_VIEW:
            yield from _of_view(table, scope, depth)
        elif table.get("PartitionKeys") and not is_iceberg(table):
            yield scope.on_table("glue:GetPartitions", full)


def _of_view(view: Mapping[str, Any], scope: Scope, depth: int) -> Iterator[Need]:
    """Yield the needs of a view's tables: it is run as who asks."""
    try:
        definition = view_definition(view)
    except QueryFailedError:
        return  # the engine will say that it is no view
    database = str(definition.get("schema") or scope.database)
    inner = Scope(scope.catalog, database, scope.region, scope.account_id)
    yield from _of_query(Query.of(str(definition["originalSql"])), inner, depth + 1)


def _of_engine_statement(statement: EngineStatement, scope: Scope) -> Iterator[Need]:
    yield from _of_query(statement.query, scope)
    if statement.target is None:
        return
    table = scope.catalog.table(scope.qualify(statement.target))
    if table is None:
        return
    if is_iceberg(table):
        yield scope.on_table("glue:UpdateTable", statement.target)
    elif table.get("PartitionKeys"):
        yield scope.on_table("glue:BatchCreatePartition", statement.target)


def _of_create_table_as(statement: CreateTableAs, scope: Scope) -> Iterator[Need]:
    yield from _of_query(statement.query, scope)
    yield from _of_create(statement, scope)
    if statement.properties.get("partitioned_by"):
        yield scope.on_table("glue:BatchCreatePartition", statement.name)


def _of_create(statement: CreateTable | CreateTableAs, scope: Scope) -> Iterator[Need]:
    name = statement.name
    yield scope.in_database("glue:GetDatabase", str(scope.qualify(name).database))
    yield scope.on_table("glue:GetTable", name)
    yield scope.on_table("glue:CreateTable", name)


def _of_create_view(statement: CreateView, scope: Scope) -> Iterator[Need]:
    yield from _of_query(statement.query, scope)
    yield scope.on_table("glue:GetTable", statement.name)
    exists = scope.catalog.table(scope.qualify(statement.name)) is not None
    yield scope.on_table("glue:UpdateTable" if exists else "glue:CreateTable", statement.name)


def _of_drop(statement: DropTable | DropView, scope: Scope) -> Iterator[Need]:
    yield scope.on_table("glue:GetTable", statement.name)
    yield scope.on_table("glue:DeleteTable", statement.name)


def _of_alter_table(statement: AlterTable, scope: Scope) -> Iterator[Need]:
    yield scope.on_table("glue:GetTable", statement.name)
    yield scope.on_table("glue:UpdateTable", statement.name)


def _of_partitions(*actions: str) -> "Reader":
    def reader(statement: Any, scope: Scope) -> Iterator[Need]:
        yield scope.on_table("glue:GetTable", statement.name)
        yield from (scope.on_table(action, statement.name) for action in actions)

    return reader


def _of_set_location(statement: SetLocation, scope: Scope) -> Iterator[Need]:
    yield scope.on_table("glue:GetTable", statement.name)
    action = "glue:UpdateTable" if statement.partition is None else "glue:UpdatePartition"
    yield scope.on_table(action, statement.name)


def _of_repair(statement: RepairTable, scope: Scope) -> Iterator[Need]:
    yield from _of_partitions("glue:GetPartitions", "glue:BatchCreatePartition")(statement, scope)
    table = scope.catalog.table(scope.qualify(statement.name)) or {}
    address = (table.get("StorageDescriptor") or {}).get("Location")
    if address:
        location = Location.parse(str(address))
        bucket = (f"arn:aws:s3:::{location.bucket}",)
        yield Need("s3:ListBucket", bucket, {"s3:prefix": location.prefix})


def _of_maintenance(statement: Optimize | Vacuum, scope: Scope) -> Iterator[Need]:
    yield scope.on_table("glue:GetTable", statement.name)
    yield scope.on_table("glue:UpdateTable", statement.name)


def _of_database(*actions: str) -> "Reader":
    def reader(statement: Any, scope: Scope) -> Iterator[Need]:
        yield scope.in_database("glue:GetDatabase", statement.name)
        yield from (scope.in_database(action, statement.name) for action in actions)

    return reader


def _of_drop_database(statement: DropDatabase, scope: Scope) -> Iterator[Need]:
    yield from _of_database("glue:DeleteDatabase")(statement, scope)
    # Glue: to delete a database, what is in it must be allowed, too.
    every_table = Name("*", statement.name, HIVE_CATALOG)
    yield scope.on_table("glue:GetTables", every_table)
    if statement.cascade:
        yield scope.on_table("glue:DeleteDatabase", every_table)


def _of_show(statement: Show, scope: Scope) -> Iterator[Need]:
    name = statement.table_name(scope.database)
    if name is not None:
        yield scope.on_table("glue:GetTable", name)
        if statement.what == "PARTITIONS":
            yield scope.on_table("glue:GetPartitions", name)
    elif statement.what == "DATABASES":
        yield Need("glue:GetDatabases", (scope.in_database("", "").resources[0],), {})
    else:
        database = statement.database or scope.database
        yield scope.on_table("glue:GetTables", Name("*", database, HIVE_CATALOG))


def _of_describe(statement: Describe, scope: Scope) -> Iterator[Need]:
    yield scope.on_table("glue:GetTable", statement.name)
    if statement.partition is not None:
        yield scope.on_table("glue:GetPartition", statement.name)


def _of_unload(statement: Unload, scope: Scope) -> Iterator[Need]:
    yield from _of_query(statement.query, scope)


def _of_explain(statement: Explain, scope: Scope) -> Iterator[Need]:
    yield from _of_query(statement.query, scope)


def _nothing(_statement: Statement, _scope: Scope) -> Iterator[Need]:
    return iter(())


Reader = Callable[[Any, Scope], Iterator[Need]]
_NEEDS: Mapping[type[Statement], Reader] = {
    AddPartitions: _of_partitions("glue:BatchCreatePartition"),
    AlterDatabase: _of_database("glue:UpdateDatabase"),
    AlterTable: _of_alter_table,
    CreateDatabase: _of_database("glue:CreateDatabase"),
    CreateTable: _of_create,
    CreateTableAs: _of_create_table_as,
    CreateView: _of_create_view,
    Deallocate: _nothing,
    Describe: _of_describe,
    DropDatabase: _of_drop_database,
    DropPartitions: _of_partitions("glue:GetPartitions", "glue:DeletePartition"),
    DropTable: _of_drop,
    DropView: _of_drop,
    EngineStatement: _of_engine_statement,
    Execute: _nothing,
    Explain: _of_explain,
    Optimize: _of_maintenance,
    Prepare: _nothing,
    RenamePartition: _of_partitions("glue:GetPartition", "glue:UpdatePartition"),
    RepairTable: _of_repair,
    SetLocation: _of_set_location,
    Show: _of_show,
    Unload: _of_unload,
    Vacuum: _of_maintenance,
}
"""What each kind of statement needs; a test holds that no kind is missing."""
