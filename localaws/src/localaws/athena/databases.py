"""CREATE, ALTER and DROP DATABASE."""

from localaws.athena.catalog import hive_error
from localaws.athena.errors import ddl_failure
from localaws.athena.session import Session
from localaws.athena.statements import AlterDatabase, CreateDatabase, DropDatabase


def create_database(statement: CreateDatabase, session: Session) -> list[str]:
    """Add a database to the catalog."""
    if session.catalog.database(statement.name) is not None:
        if statement.if_not_exists:
            return []
        raise hive_error(f"Database {statement.name} already exists")
    database: dict[str, object] = {"Name": statement.name}
    if statement.comment is not None:
        database["Description"] = statement.comment
    if statement.location is not None:
        database["LocationUri"] = statement.location
    if statement.properties:
        database["Parameters"] = dict(statement.properties)
    session.catalog.backend.create_database(statement.name, database)
    return []


def alter_database(statement: AlterDatabase, session: Session) -> list[str]:
    """Set properties of a database."""
    session.catalog.require_database(statement.name)
    backend = session.catalog.backend
    current = dict(backend.databases[statement.name].input)
    current["Parameters"] = (current.get("Parameters") or {}) | dict(statement.properties)
    backend.update_database(statement.name, current)
    return []


def drop_database(statement: DropDatabase, session: Session) -> list[str]:
    """Remove a database; its tables too with CASCADE."""
    if session.catalog.database(statement.name) is None:
        if statement.if_exists:
            return []
        raise ddl_failure(
            f"SemanticException [Error 10072]: Database does not exist: {statement.name}"
        )
    if session.catalog.tables(statement.name) and not statement.cascade:
        raise hive_error(
            f"InvalidOperationException(message:Database {statement.name} is not empty. "
            "One or more tables exist.)"
        )
    session.catalog.backend.delete_database(statement.name)
    return []
