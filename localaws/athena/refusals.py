"""What Trino would run and Athena does not."""

from localaws.athena.catalog import is_iceberg, is_view
from localaws.athena.errors import failure
from localaws.athena.session import Session
from localaws.athena.statements import EngineStatement, Statement

_ROW_CHANGES = frozenset({"UPDATE", "DELETE", "MERGE"})


def refuse(statement: Statement, session: Session) -> None:
    """Fail a statement that Athena would fail.

    Raises
    ------
    QueryFailedError
        In Athena's words.
    """
    if not isinstance(statement, EngineStatement) or statement.target is None:
        return
    table = session.catalog.table(session.qualify(statement.target))
    if table is None or is_view(table) or is_iceberg(table):
        return
    if statement.kind in _ROW_CHANGES:
        # Trino takes a DELETE of whole partitions as a change of the catalog.
        raise failure(
            "NOT_SUPPORTED", "Modifying Hive table rows is only supported for transactional tables"
        )
