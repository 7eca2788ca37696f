"""VACUUM."""

from dataclasses import dataclass
from typing import ClassVar

from localaws.athena.catalog.iceberg_metadata import IcebergMetadata
from localaws.athena.engine.queries import run
from localaws.athena.engine.session import Session
from localaws.athena.sql.names import Name
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements.base import TextStatement
from localaws.athena.statements.iceberg import engine_name, require_iceberg

_DEFAULT_MAX_SNAPSHOT_AGE_SECONDS = 432_000


@dataclass(frozen=True)
class Vacuum(TextStatement):
    """VACUUM table."""

    name: Name
    TYPE: ClassVar[str] = "DML"
    SUBTYPE: ClassVar[str] = "VACUUM"

    def result_object(self, execution_id: str) -> str:
        """Return the name of the result's object."""
        return execution_id

    def lines(self, session: Session) -> list[str]:
        """Expire snapshots older than the table allows and remove files that no snapshot names."""
        name = session.qualify(self.name)
        table = require_iceberg(name, session, "VACUUM")
        kept = IcebergMetadata(table, session.objects).properties
        age = int(kept.get("vacuum_max_snapshot_age_seconds", _DEFAULT_MAX_SNAPSHOT_AGE_SECONDS))
        retention = f"(retention_threshold => '{age}s')"
        for procedure in ("expire_snapshots", "remove_orphan_files"):
            run(session, f"ALTER TABLE {engine_name(name)} EXECUTE {procedure}{retention}")
        return []


def parse(stream: TokenStream) -> Vacuum:
    """Read VACUUM."""
    stream.expect("VACUUM")
    name = stream.name()
    stream.end()
    return Vacuum(name)
