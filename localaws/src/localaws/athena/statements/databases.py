"""CREATE, ALTER and DROP DATABASE."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from localaws.athena.catalog.glue import hive_error
from localaws.athena.engine.session import Session
from localaws.athena.errors import ddl_failure
from localaws.athena.sql.clauses import properties
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements.base import TextStatement


@dataclass(frozen=True)
class CreateDatabase(TextStatement):
    """CREATE DATABASE | SCHEMA."""

    name: str
    if_not_exists: bool
    comment: str | None
    location: str | None
    properties: Mapping[str, str]
    SUBTYPE: ClassVar[str] = "CREATE_DATABASE"

    def lines(self, session: Session) -> list[str]:
        """Add a database to the catalog."""
        if session.catalog.database(self.name) is not None:
            if self.if_not_exists:
                return []
            raise hive_error(f"Database {self.name} already exists")
        database: dict[str, object] = {"Name": self.name}
        if self.comment is not None:
            database["Description"] = self.comment
        if self.location is not None:
            database["LocationUri"] = self.location
        if self.properties:
            database["Parameters"] = dict(self.properties)
        session.catalog.create_database(self.name, database)
        return []


@dataclass(frozen=True)
class AlterDatabase(TextStatement):
    """ALTER DATABASE | SCHEMA … SET DBPROPERTIES."""

    name: str
    properties: Mapping[str, str]
    SUBTYPE: ClassVar[str] = "ALTER_DATABASE"

    def lines(self, session: Session) -> list[str]:
        """Set properties of a database."""
        session.catalog.require_database(self.name)
        backend = session.catalog.backend
        current = dict(backend.databases[self.name].input)
        current["Parameters"] = (current.get("Parameters") or {}) | dict(self.properties)
        session.catalog.update_database(self.name, current)
        return []


@dataclass(frozen=True)
class DropDatabase(TextStatement):
    """DROP DATABASE | SCHEMA."""

    name: str
    if_exists: bool
    cascade: bool
    SUBTYPE: ClassVar[str] = "DROP_DATABASE"

    def lines(self, session: Session) -> list[str]:
        """Remove a database; its tables too with CASCADE."""
        if session.catalog.database(self.name) is None:
            if self.if_exists:
                return []
            raise ddl_failure(
                f"SemanticException [Error 10072]: Database does not exist: {self.name}"
            )
        if session.catalog.tables(self.name) and not self.cascade:
            raise hive_error(
                f"InvalidOperationException(message:Database {self.name} is not empty. "
                "One or more tables exist.)"
            )
        session.catalog.backend.delete_database(self.name)
        return []


def parse_create(stream: TokenStream) -> CreateDatabase:
    """Read what follows CREATE DATABASE."""
    if_not_exists = stream.accept("IF", "NOT", "EXISTS")
    name = stream.identifier()
    comment = stream.string() if stream.accept("COMMENT") else None
    location = stream.string() if stream.accept("LOCATION") else None
    parameters = properties(stream) if stream.accept("WITH", "DBPROPERTIES") else {}
    return CreateDatabase(name, if_not_exists, comment, location, parameters)


def parse_alter(stream: TokenStream) -> AlterDatabase:
    """Read what follows ALTER DATABASE."""
    name = stream.identifier()
    stream.expect("SET", "DBPROPERTIES")
    return AlterDatabase(name, properties(stream))


def parse_drop(stream: TokenStream) -> DropDatabase:
    """Read what follows DROP DATABASE."""
    if_exists = stream.accept("IF", "EXISTS")
    name = stream.identifier()
    if stream.accept_symbol("."):
        name = stream.identifier()
    cascade = stream.accept_any("CASCADE", "RESTRICT") == "CASCADE"
    return DropDatabase(name, if_exists, cascade)
