"""The faults of a running account, from outside: for tests and the command."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from localaws.connections.control_client import call_control
from localaws.settings import Settings


class FaultClient:
    """Adds, lists and removes the faults of a running account.

    Parameters
    ----------
    settings
        Names its home.

    Examples
    --------
    >>> with aws.faults.during("s3:PutObject", status=503, times=1):  # doctest: +SKIP
    ...     upload()
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def add(self, operation: str, **fields: Any) -> str:
        """Add a fault; return its id.

        Parameters
        ----------
        operation
            Service and operation: ``s3:PutObject``, ``glue:*``.
        fields
            Those of ``localaws.faults.rules.Fault``.

        Raises
        ------
        LocalAwsError
            There is no such operation, or the fields do not fit together.
        """
        answer = call_control(self._settings, "fault-add", {"operation": operation, **fields})
        return str(answer["id"])

    def listed(self) -> list[dict[str, Any]]:
        """Return all faults, each with ``id`` and ``hits``."""
        found: list[dict[str, Any]] = call_control(self._settings, "fault-list")["faults"]
        return found

    def hits(self, name: str) -> int:
        """Return how many requests a fault has struck."""
        return next(int(fault["hits"]) for fault in self.listed() if fault["id"] == name)

    def remove(self, name: str) -> None:
        """Remove a fault."""
        call_control(self._settings, "fault-remove", {"id": name})

    def reset(self) -> None:
        """Remove all faults."""
        call_control(self._settings, "fault-reset")

    @contextmanager
    def during(self, operation: str, **fields: Any) -> Iterator[str]:
        """Have a fault for the duration of a ``with`` block; yields its id."""
        name = self.add(operation, **fields)
        try:
            yield name
        finally:
            self.remove(name)
