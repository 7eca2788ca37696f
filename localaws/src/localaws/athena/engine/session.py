"""What a statement needs while it runs."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from localaws.athena.catalog.glue import Catalog
from localaws.athena.catalog.object_store import ObjectStore
from localaws.athena.catalog.prepared_statements import PreparedStatements
from localaws.athena.errors import QueryCancelledError
from localaws.athena.execution import QueryExecution
from localaws.athena.sql.names import Name
from localaws.trino.client import RunningQuery, TrinoClient
from localaws.trino.configuration import HIVE_CATALOG

DEFAULT_DATABASE = "default"


@dataclass(frozen=True)
class Rounds:
    """How much one OPTIMIZE or VACUUM does; the defaults are Athena's."""

    optimize_partitions: int = 100
    vacuum_files: int = 20_000


class StopSignal:
    """Set by StopQueryExecution; also cancels what the engine is doing."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._running: RunningQuery | None = None

    def set(self) -> None:
        """Ask the statement to stop."""
        with self._lock:
            self._event.set()
            if self._running is not None:
                self._running.cancel()

    def watch(self, running: RunningQuery) -> None:
        """Set the engine's query that is cancelled with the statement."""
        with self._lock:
            self._running = running
            if self._event.is_set():
                running.cancel()

    def check(self) -> None:
        """Raise if the statement is to stop."""
        if self._event.is_set():
            raise QueryCancelledError


@dataclass
class Session:
    """One execution's surroundings.

    Attributes
    ----------
    execution
        The record to fill in.
    catalog, objects, prepared, engine
        Glue, S3, the account's prepared statements, and Trino.
    results_folder
        Folder of the workgroup's or the request's results; None if there is none.
    stop
        Set when the user cancels.
    bytes_cutoff
        The workgroup's limit of bytes scanned.
    rounds
        What OPTIMIZE and VACUUM do at a time.
    wait_for_engine
        Returns once the engine takes statements; called only by statements that need the engine.
    acts_as
        ARN of the role or user as whom the engine reads and writes S3.
    submitted
        The engine's query, if the statement was sent while its request waited.
    """

    execution: QueryExecution
    catalog: Catalog
    objects: ObjectStore
    prepared: PreparedStatements
    engine: TrinoClient
    results_folder: str | None
    wait_for_engine: Callable[[], None]
    acts_as: str
    bytes_cutoff: int | None = None
    rounds: Rounds = Rounds()
    submitted: RunningQuery | None = None
    stop: StopSignal = field(default_factory=StopSignal)

    @property
    def database(self) -> str:
        """The database of unqualified names."""
        return (self.execution.database or DEFAULT_DATABASE).lower()

    @property
    def engine_catalog(self) -> str:
        """The engine's catalog of unqualified names."""
        return (self.execution.catalog or HIVE_CATALOG).lower()

    def qualify(self, name: Name) -> Name:
        """Return a name completed with the query's database and the catalog."""
        return name.completed(self.database, HIVE_CATALOG)
