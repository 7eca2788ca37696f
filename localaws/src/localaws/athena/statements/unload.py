"""UNLOAD."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from localaws.athena.catalog.object_store import Location
from localaws.athena.engine.queries import run
from localaws.athena.engine.session import Session
from localaws.athena.engine.words import quoted
from localaws.athena.errors import failure
from localaws.athena.results.write import write_count
from localaws.athena.sql.clauses import with_properties
from localaws.athena.sql.engine_only import refuse_engine_only
from localaws.athena.sql.names import Name, PropertyValue
from localaws.athena.sql.query import Query
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements.base import Statement
from localaws.athena.statements.hive_files import hive_terms
from localaws.trino.configuration import HIVE_CATALOG


@dataclass(frozen=True)
class Unload(Statement):
    """UNLOAD (query) TO location."""

    query: Query
    location: str
    properties: Mapping[str, PropertyValue]
    TYPE: ClassVar[str] = "DML"
    SUBTYPE: ClassVar[str] = "UNLOAD"

    def result_object(self, execution_id: str) -> str:
        """Return the name of the manifest's object."""
        return execution_id

    def run(self, session: Session) -> None:
        """Write the query's rows into files at the location."""
        refuse_engine_only(self.query, session.database)
        write_count(session, self._rows_written(session))

    def _rows_written(self, session: Session) -> int:
        properties = {key.lower(): value for key, value in self.properties.items()}
        if "format" not in properties:
            raise failure("INVALID_TABLE_PROPERTY", "UNLOAD needs the property 'format'")
        compression = properties.pop("compression", None)
        if compression is not None:
            properties["write_compression"] = compression
        known = {
            "format",
            "write_compression",
            "partitioned_by",
            "field_delimiter",
            "compression_level",
        }
        for key in properties:
            if key not in known:
                raise failure("INVALID_TABLE_PROPERTY", f"Unsupported UNLOAD property: {key}")
        location = Location.parse(self.location)
        if not session.objects.is_empty(location):
            raise failure(
                "HIVE_PATH_ALREADY_EXISTS",
                f"Target directory {self.location} already exists: UNLOAD needs an empty one",
            )
        terms, codec = hive_terms(properties, f"s3://{location.bucket}/{location.prefix}")
        # UNLOAD leaves no table: the engine writes into one that is removed afterwards.
        name = Name(
            f"unload_{session.execution.id.replace('-', '_')}", session.database, HIVE_CATALOG
        )
        try:
            running = run(
                session,
                f"CREATE TABLE {quoted(HIVE_CATALOG, name.database, name.table)} "
                f"WITH ({', '.join(terms)}) AS {self.query.text}",
                properties=codec,
            )
        finally:
            if session.catalog.table(name) is not None:
                session.catalog.delete_table(name)
        return running.update_count or 0


def parse(stream: TokenStream) -> Unload:
    """Read UNLOAD."""
    stream.expect("UNLOAD")
    query = stream.balanced()
    stream.expect("TO")
    location = stream.string()
    properties = with_properties(stream)
    stream.end()
    return Unload(query, location, properties)
