"""What Trino would run and Athena does not."""

from localaws.athena.catalog import is_iceberg, is_view
from localaws.athena.errors import failure
from localaws.athena.session import Session
from localaws.athena.statements import EngineStatement, Statement
from localaws.athena.tokens import Kind, Language, Token, position, tokens
from localaws.trino_config import ICEBERG_CATALOG

_ROW_CHANGES = frozenset({"UPDATE", "DELETE", "MERGE"})
_BEFORE_TABLES = ("FROM", "JOIN", "INTO", "UPDATE", "USING")
_HIDDEN_CATALOGS = frozenset({ICEBERG_CATALOG, "system"})
"""Catalogs that the engine has and Athena does not."""


def refuse(statement: Statement, session: Session) -> None:
    """Fail a statement that Athena would fail.

    Raises
    ------
    QueryFailedError
        In Athena's words.
    """
    if not isinstance(statement, EngineStatement):
        return
    refuse_hidden_catalogs(statement.sql)
    if statement.target is None:
        return
    table = session.catalog.table(session.qualify(statement.target))
    if table is None or is_view(table) or is_iceberg(table):
        return
    if statement.kind in _ROW_CHANGES:
        # Trino takes a DELETE of whole partitions as a change of the catalog.
        raise failure(
            "NOT_SUPPORTED", "Modifying Hive table rows is only supported for transactional tables"
        )


def refuse_hidden_catalogs(sql: str) -> None:
    """Fail a query that names a catalog of the engine's own.

    Raises
    ------
    QueryFailedError
        As for any catalog that does not exist.
    """
    window: list[Token] = []
    for token in tokens(sql, Language.TRINO):
        window = [*window[-4:], token]
        if len(window) < 5 or not window[0].is_word(*_BEFORE_TABLES):
            continue
        catalog, first_dot, _, second_dot = window[1:]
        named = catalog.kind in {Kind.WORD, Kind.IDENTIFIER}
        if not (named and first_dot.is_symbol(".") and second_dot.is_symbol(".")):
            continue
        if catalog.value.lower() in _HIDDEN_CATALOGS:
            place = position(sql, catalog.start)
            raise failure("CATALOG_NOT_FOUND", f"{place}: Catalog '{catalog.value}' not found")
