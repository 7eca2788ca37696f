"""Prepared statements, by workgroup and name."""

from datetime import UTC, datetime
from typing import Any

from moto.athena.models import AthenaBackend, PreparedStatement

from localaws.athena.errors import InvalidRequestError, NoSuchResourceError


class PreparedStatements:
    """The prepared statements of one account and region, by workgroup and name.

    Parameters
    ----------
    backend
        Moto's side of Athena, which keeps them.
    """

    def __init__(self, backend: AthenaBackend) -> None:
        self._backend = backend
        self._kept: dict[Any, PreparedStatement] = backend.prepared_statements

    def find(self, workgroup: str, name: str) -> PreparedStatement | None:
        """Return a statement; None if there is none."""
        return self._kept.get((workgroup, name.lower()))

    def get(self, workgroup: str, name: str) -> PreparedStatement:
        """Return a statement for EXECUTE."""
        found = self.find(workgroup, name)
        if found is None:
            raise InvalidRequestError(
                f"Prepared statement {name} was not found in workgroup {workgroup}"
            )
        return found

    def require(self, workgroup: str, name: str) -> PreparedStatement:
        """Return a statement for the API."""
        found = self.find(workgroup, name)
        if found is None:
            raise NoSuchResourceError(
                f"PreparedStatement {name} was not found in workGroup {workgroup}"
            )
        return found

    def put(self, workgroup: str, name: str, sql: str, description: str | None) -> None:
        """Add or replace a statement."""
        statement = PreparedStatement(name, workgroup, sql, description or "")
        statement.last_modified_time = datetime.now(UTC)
        self._kept[(workgroup, name.lower())] = statement

    def delete(self, workgroup: str, name: str) -> None:
        """Remove a statement."""
        self.require(workgroup, name)
        del self._kept[(workgroup, name.lower())]

    def of(self, workgroup: str) -> list[PreparedStatement]:
        """Return the statements of a workgroup, by name."""
        found = [statement for (owner, _), statement in self._kept.items() if owner == workgroup]
        return sorted(found, key=lambda statement: statement.statement_name)
