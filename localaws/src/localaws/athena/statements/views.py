"""CREATE VIEW and DROP VIEW, and the definition that a view's catalog entry carries."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from localaws.athena.catalog.glue import is_view, table_input
from localaws.athena.engine.queries import run
from localaws.athena.engine.session import Session
from localaws.athena.engine.words import quoted
from localaws.athena.errors import failure
from localaws.athena.sql.engine_only import refuse_engine_only
from localaws.athena.sql.hive_types import from_trino
from localaws.athena.sql.names import Name
from localaws.athena.sql.query import Query
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements.base import TextStatement
from localaws.trino.configuration import HIVE_CATALOG


@dataclass(frozen=True)
class CreateView(TextStatement):
    """CREATE [OR REPLACE] VIEW."""

    name: Name
    or_replace: bool
    query: Query
    SUBTYPE: ClassVar[str] = "CREATE_VIEW"

    def lines(self, session: Session) -> list[str]:
        """Create a view with the columns of its query."""
        refuse_engine_only(self.query, session.database)
        _create(self, session)
        return []


@dataclass(frozen=True)
class DropView(TextStatement):
    """DROP VIEW."""

    name: Name
    if_exists: bool
    SUBTYPE: ClassVar[str] = "DROP_VIEW"

    def lines(self, session: Session) -> list[str]:
        """Remove a view."""
        _drop(self, session)
        return []


def parse_create(stream: TokenStream, *, or_replace: bool) -> CreateView:
    """Read what follows CREATE VIEW."""
    name = stream.name()
    if stream.accept("COMMENT"):
        stream.string()
    stream.expect("AS")
    return CreateView(name, or_replace, stream.rest())


def parse_drop(stream: TokenStream) -> DropView:
    """Read DROP VIEW, the only DROP with Trino's quoting."""
    stream.expect("DROP", "VIEW")
    if_exists = stream.accept("IF", "EXISTS")
    name = stream.name()
    stream.end()
    return DropView(name, if_exists)


def _create(statement: CreateView, session: Session) -> None:
    name = session.qualify(statement.name)
    existing = session.catalog.table(name)
    shown = f"{name.catalog}.{name.database}.{name.table}"
    if existing is not None and not is_view(existing):
        raise failure("TABLE_ALREADY_EXISTS", f"line 1:1: Table '{shown}' already exists")
    if existing is not None and not statement.or_replace:
        raise failure("TABLE_ALREADY_EXISTS", f"line 1:1: View already exists: '{shown}'")
    replace = "OR REPLACE " if statement.or_replace else ""
    view = quoted(HIVE_CATALOG, name.database, name.table)
    run(session, f"CREATE {replace}VIEW {view} AS {statement.query.text}")
    _describe_view(name, session)


def _describe_view(name: Name, session: Session) -> None:
    """Fill in the columns, which Athena puts into the catalog and the engine does not."""
    entry = session.catalog.table(name)
    if entry is None:
        return
    definition = view_definition(entry)
    view = table_input(entry)
    view["StorageDescriptor"] = (view.get("StorageDescriptor") or {}) | {
        "Columns": [
            {"Name": column["name"].lower(), "Type": from_trino(column["type"])}
            for column in definition["columns"]
        ],
        "Location": "",
    }
    fake = session.catalog.fake_table(name)
    if fake is not None:
        # Athena writes the view once; a second version would be ours alone.
        fake.versions[str(fake._current_version)] = view


def _drop(statement: DropView, session: Session) -> None:
    name = session.qualify(statement.name)
    view = session.catalog.table(name)
    if view is None:
        if statement.if_exists:
            return
        raise failure(
            "VIEW_NOT_FOUND",
            f"line 1:1: View '{name.catalog}.{name.database}.{name.table}' does not exist",
        )
    if not is_view(view):
        raise failure(
            "GENERIC_USER_ERROR",
            f"line 1:1: View '{name.catalog}.{name.database}.{name.table}' does not exist, "
            "but a table with that name exists. Did you mean DROP TABLE?",
        )
    session.catalog.delete_table(name)


def view_definition(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition that a view's catalog entry carries."""
    text = str(entry.get("ViewOriginalText") or "")
    encoded = text.removeprefix("/* Presto View: ").removesuffix(" */")
    try:
        definition: dict[str, Any] = json.loads(base64.b64decode(encoded))
    except ValueError as error:
        raise failure("INVALID_VIEW", f"{entry.get('Name')} is not a view of Athena") from error
    return definition


def view_columns(entry: Mapping[str, Any]) -> list[str]:
    """Return a view's columns with the engine's names of their types, as Athena lists them."""
    return [f"{column['name']}\t{column['type']}" for column in view_definition(entry)["columns"]]
