"""What a statement needs while it runs."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from localaws.athena.catalog import Catalog
from localaws.athena.errors import QueryCancelledError
from localaws.athena.execution import QueryExecution
from localaws.athena.object_store import ObjectStore
from localaws.athena.statements import Name
from localaws.trino.client import RunningQuery, TrinoClient
from localaws.trino.configuration import HIVE_CATALOG

DEFAULT_DATABASE = "default"


def qualified(name: Name, database: str) -> Name:
    """Complete a name with a database and the catalog."""
    return replace(name, database=name.database or database, catalog=name.catalog or HIVE_CATALOG)


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
        """Name the engine's query that is to be cancelled with the statement."""
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
    catalog, objects, engine
        Glue, S3 and Trino.
    results_folder
        Folder of the workgroup's or the request's results; None if there is none.
    stop
        Set when the user cancels.
    bytes_cutoff
        The workgroup's limit of bytes scanned.
    wait_for_engine
        Returns once the engine takes statements; called by those that need it only.
    """

    execution: QueryExecution
    catalog: Catalog
    objects: ObjectStore
    engine: TrinoClient
    results_folder: str | None
    wait_for_engine: Callable[[], None]
    bytes_cutoff: int | None = None
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
        """Complete a name with the query's database and catalog."""
        return qualified(name, self.database)
