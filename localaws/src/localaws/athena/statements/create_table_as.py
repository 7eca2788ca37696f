"""CREATE TABLE … AS: Athena's properties in the engine's words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from localaws.athena.catalog.glue import table_input
from localaws.athena.catalog.object_store import Location
from localaws.athena.engine.queries import run
from localaws.athena.engine.session import Session
from localaws.athena.engine.words import literal, quoted
from localaws.athena.errors import InvalidRequestError, failure
from localaws.athena.results.write import write_count
from localaws.athena.sql.clauses import with_properties
from localaws.athena.sql.engine_only import refuse_engine_only
from localaws.athena.sql.names import Name, PropertyValue
from localaws.athena.sql.query import Query
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements import iceberg
from localaws.athena.statements.base import Statement
from localaws.athena.statements.compression import codec_of_new_table
from localaws.athena.statements.engine_statement import QUERY_WORDS
from localaws.athena.statements.hive_files import hive_terms
from localaws.trino.configuration import HIVE_CATALOG

_HIVE_PROPERTIES = frozenset(
    {
        "bucket_count",
        "bucketed_by",
        "compression_level",
        "external_location",
        "field_delimiter",
        "format",
        "is_external",
        "orc_compression",
        "parquet_compression",
        "partitioned_by",
        "table_type",
        "write_compression",
    }
)
_ICEBERG_PROPERTIES = iceberg.KEPT_PROPERTIES | {
    "format",
    "is_external",
    "location",
    "partitioning",
    "table_type",
    "write_compression",
}


@dataclass(frozen=True)
class CreateTableAs(Statement):
    """CREATE TABLE … AS."""

    name: Name
    if_not_exists: bool
    properties: Mapping[str, PropertyValue]
    query: Query
    comment: str | None = None
    column_names: tuple[str, ...] = ()
    SUBTYPE: ClassVar[str] = "CREATE_TABLE_AS_SELECT"

    def result_object(self, execution_id: str) -> str:
        """Return the name below which the table's files are, if no location is given."""
        return f"tables/{execution_id}"

    def run(self, session: Session) -> None:
        """Refuse what Athena lacks and create the table."""
        refuse_engine_only(self.query, session.database)
        write_count(session, _create(self, session))

    def hint_after_failure(self, location: str) -> str:
        """Return where files of the table may be left."""
        return f"You may need to manually clean the data at location '{location}' before retrying."


def parse(stream: TokenStream) -> CreateTableAs | None:
    """Read what follows CREATE TABLE; return None if this is Hive's CREATE TABLE, without AS."""
    try:
        if_not_exists = stream.accept("IF", "NOT", "EXISTS")
        name = stream.name()
        columns: list[str] = []
        if stream.accept_symbol("("):
            columns.append(stream.identifier())
            while stream.accept_symbol(","):
                columns.append(stream.identifier())
            if not stream.accept_symbol(")"):
                return None
        comment = stream.string() if stream.accept("COMMENT") else None
        if not stream.peek().is_word("WITH", "AS"):
            return None
    except InvalidRequestError:
        # It may be Hive's quoting: Hive's parser decides.
        return None
    properties = with_properties(stream)
    stream.expect("AS")
    if not stream.peek().is_word(*QUERY_WORDS) and not stream.peek().is_symbol("("):
        raise stream.unexpected("<query>")
    query = stream.rest()
    return CreateTableAs(name, if_not_exists, properties, query, comment, tuple(columns))


def _create(statement: CreateTableAs, session: Session) -> int:
    """Create a table from a query and return the number of rows written."""
    name = session.qualify(statement.name)
    existing = session.catalog.table(name)
    if existing is not None:
        if statement.if_not_exists:
            return 0
        shown = f"{name.catalog}.{name.database}.{name.table}"
        raise failure(
            "TABLE_ALREADY_EXISTS", f"line 1:1: Destination table '{shown}' already exists"
        )
    if session.catalog.database(str(name.database)) is None:
        raise failure("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{name.database}' does not exist")
    kind = str(statement.properties.get("table_type", "HIVE")).upper()
    if kind == "ICEBERG":
        return _iceberg(statement, name, session)
    if kind != "HIVE":
        raise failure("INVALID_TABLE_PROPERTY", f"Unsupported table type: {kind}")
    return _hive(statement, name, session)


def _known(properties: Mapping[str, PropertyValue], known: frozenset[str]) -> None:
    for key in properties:
        if key not in known:
            raise failure("INVALID_TABLE_PROPERTY", f"Unsupported table property key: {key}")


def _location(statement: CreateTableAs, key: str, session: Session) -> str:
    given = statement.properties.get(key)
    if given is None:
        if session.results_folder is None:
            raise failure("INVALID_TABLE_PROPERTY", f"Table property '{key}' is required")
        return f"{session.results_folder}tables/{session.execution.id}"
    if not isinstance(given, str):
        raise failure("INVALID_TABLE_PROPERTY", f"Table property '{key}' must be a string")
    return given


def _refuse_full_location(location: str, name: Name, session: Session) -> None:
    if not session.objects.is_empty(Location.parse(location)):
        raise failure(
            "HIVE_PATH_ALREADY_EXISTS",
            f"Target directory for table '{name.catalog}.{name.database}.{name.table}' already "
            f"exists: {location}. You may need to manually clean the data at location "
            f"'{location}' before retrying. Athena will not delete data in your account.",
        )


def _header_then_query(header: str, statement: CreateTableAs, session: Session) -> str:
    """Return the engine's statement with the query at the place where it was typed.

    The engine's error positions are then those of the user's text.
    """
    typed = session.execution.query
    at = typed.find(statement.query.text)
    lines = typed.count("\n", 0, max(at, 0))
    column = at - (typed.rfind("\n", 0, max(at, 0)) + 1)
    padding = "\n" * lines + " " * column if lines else " "
    return f"{header}{padding}{statement.query.text}"


def _statement(name: str, statement: CreateTableAs, terms: list[str], session: Session) -> str:
    exists = "IF NOT EXISTS " if statement.if_not_exists else ""
    columns = (
        f" ({', '.join(quoted(c) for c in statement.column_names)})"
        if statement.column_names
        else ""
    )
    comment = f" COMMENT {literal(statement.comment)}" if statement.comment else ""
    header = f"CREATE TABLE {exists}{name}{columns}{comment} WITH ({', '.join(terms)}) AS"
    return _header_then_query(header, statement, session)


def _iceberg(statement: CreateTableAs, name: Name, session: Session) -> int:
    _known(statement.properties, _ICEBERG_PROPERTIES)
    if statement.properties.get("is_external") is True:
        raise failure(
            "INVALID_TABLE_PROPERTY", "External tables are not supported for table type ICEBERG"
        )
    location = _location(statement, "location", session)
    _refuse_full_location(location, name, session)
    terms, codec = iceberg.engine_properties(statement.properties, location)
    sql = _statement(iceberg.engine_name(name), statement, terms, session)
    return run(session, sql, properties=codec).update_count or 0


def _hive(statement: CreateTableAs, name: Name, session: Session) -> int:
    _known(statement.properties, _HIVE_PROPERTIES)
    if statement.properties.get("is_external") is False:
        raise failure(
            "INVALID_TABLE_PROPERTY", "Managed tables are not supported for table type HIVE"
        )
    location = _location(statement, "external_location", session)
    if not location.endswith("/"):
        location += "/"
    _refuse_full_location(location, name, session)
    terms, codec = hive_terms(statement.properties, location)
    sql = _statement(quoted(HIVE_CATALOG, name.database, name.table), statement, terms, session)
    count = run(session, sql, properties=codec).update_count or 0
    _keep_codec(statement, name, session)
    return count


def _keep_codec(statement: CreateTableAs, name: Name, session: Session) -> None:
    """Note the codec in the table's properties, as Athena does: later INSERTs write with it."""
    fake = session.catalog.fake_table(name)
    if fake is None:
        return
    is_parquet = str(statement.properties.get("format", "PARQUET")).upper() == "PARQUET"
    key = "parquet.compression" if is_parquet else "write.compression"
    entry = table_input(fake.as_dict())
    entry["Parameters"] = (entry.get("Parameters") or {}) | {
        key: codec_of_new_table(statement.properties)
    }
    # The table was made this moment: a second version would be ours alone.
    fake.versions[str(fake._current_version)] = entry
