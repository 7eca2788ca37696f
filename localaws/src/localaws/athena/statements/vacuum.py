"""VACUUM."""

import time
from dataclasses import dataclass
from typing import ClassVar

from localaws.athena.catalog.iceberg_metadata import IcebergMetadata
from localaws.athena.engine.queries import run
from localaws.athena.engine.session import Session
from localaws.athena.sql.names import Name
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.statements import rounds
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
        metadata = IcebergMetadata(table, session.objects)
        given = metadata.properties.get("vacuum_max_snapshot_age_seconds")
        age = float(given or _DEFAULT_MAX_SNAPSHOT_AGE_SECONDS)
        location = str(table["StorageDescriptor"]["Location"])
        files = rounds.files_of(location, session)
        if len(files) > session.rounds.vacuum_files:
            self._expire_one_by_one(name, metadata, age, files, session)
        for procedure in ("expire_snapshots", "remove_orphan_files"):
            _execute(procedure, name, age, session)
        return []

    def _expire_one_by_one(
        self, name: Name, metadata: IcebergMetadata, age: float, files: set[str], session: Session
    ) -> None:
        """Expire old snapshots until as many files are gone as a round removes."""
        for committed in metadata.snapshot_times[:-1]:
            elapsed = time.time() - committed
            if elapsed <= age:
                return
            _execute("expire_snapshots", name, elapsed, session)
            removed = len(files - rounds.files_of(metadata.location, session))
            if removed >= session.rounds.vacuum_files:
                raise rounds.more_vacuums(removed)


def _execute(procedure: str, name: Name, age: float, session: Session) -> None:
    retention = f"(retention_threshold => '{age:.3f}s')"
    run(session, f"ALTER TABLE {engine_name(name)} EXECUTE {procedure}{retention}")


def parse(stream: TokenStream) -> Vacuum:
    """Read VACUUM."""
    stream.expect("VACUUM")
    name = rounds.name_of_table(stream)
    stream.end()
    return Vacuum(name)
