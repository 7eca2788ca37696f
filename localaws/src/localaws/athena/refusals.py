"""What Trino would run and Athena does not."""

import functools
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from localaws.athena.catalog import is_iceberg, is_view
from localaws.athena.errors import failure
from localaws.athena.session import Session
from localaws.athena.statements import (
    CreateTableAs,
    CreateView,
    EngineStatement,
    Explain,
    Statement,
    Unload,
)
from localaws.athena.tokens import Kind, Language, Token, position, tokens
from localaws.trino.configuration import HIVE_CATALOG, ICEBERG_CATALOG

_ROW_CHANGES = frozenset({"UPDATE", "DELETE", "MERGE"})
_BEFORE_TABLES = ("FROM", "JOIN", "INTO", "UPDATE", "USING")
_HIDDEN_CATALOGS = frozenset({ICEBERG_CATALOG, "system"})
"""Catalogs that the engine has and Athena does not."""
_NAME_KINDS = frozenset({Kind.WORD, Kind.IDENTIFIER})


@functools.cache
def lacking() -> dict[str, list[dict[str, Any]]]:
    """Read ``lacking.toml``: what the engine has and Athena lacks."""
    with (Path(__file__).parent / "lacking.toml").open("rb") as file:
        return tomllib.load(file)


@functools.cache
def _names(kind: str) -> frozenset[str]:
    return frozenset(entry["name"] for entry in lacking()[kind])


def refuse(statement: Statement, session: Session) -> None:
    """Fail a statement that Athena would fail.

    Raises
    ------
    QueryFailedError
        In Athena's words.
    """
    for sql in _engine_sql(statement):
        refuse_in_query(sql, session.database)
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


def _engine_sql(statement: Statement) -> Iterator[str]:
    """Give the part of a statement that the engine gets as it was typed."""
    match statement:
        case EngineStatement(sql=sql) | Explain(sql=sql):
            yield sql
        case CreateTableAs(query=sql) | CreateView(query=sql) | Unload(query=sql):
            yield sql


def refuse_in_query(sql: str, database: str) -> None:
    """Fail a query that names what only the engine has: its catalogs, newer functions and tables.

    Parameters
    ----------
    sql
        A query in Trino's SQL.
    database
        Where its unqualified names are looked up.

    Raises
    ------
    QueryFailedError
        As for any catalog, function or table that does not exist.
    """
    read = list(tokens(sql, Language.TRINO))
    for index, token in enumerate(read):
        if token.kind not in _NAME_KINDS:
            continue
        _refuse_hidden_catalog(sql, read, index)
        _refuse_metadata_table(sql, read, index, database)
        if token.value.lower() in _names("function") and read[index + 1].is_symbol("("):
            _refuse_function(sql, token)


def _refuse_hidden_catalog(sql: str, read: Sequence[Token], index: int) -> None:
    catalog = read[index]
    if catalog.value.lower() not in _HIDDEN_CATALOGS or index == 0:
        return
    first_dot, second_dot = read[min(index + 1, len(read) - 1)], read[min(index + 3, len(read) - 1)]
    if not (first_dot.is_symbol(".") and second_dot.is_symbol(".")):
        return
    before = read[index - 1]
    is_function = before.is_symbol("(") and index > 1 and read[index - 2].is_word("TABLE")
    if before.is_word(*_BEFORE_TABLES) or is_function:
        raise failure(
            "CATALOG_NOT_FOUND",
            f"{position(sql, catalog.start)}: Catalog '{catalog.value}' does not exist",
        )


def _refuse_metadata_table(sql: str, read: Sequence[Token], index: int, database: str) -> None:
    table, _, kind = read[index].value.lower().rpartition("$")
    if not table or kind not in _names("metadata_table") or index == 0:
        return
    start = index
    while start > 1 and read[start - 1].is_symbol(".") and read[start - 2].kind in _NAME_KINDS:
        start -= 2
    if start == 0 or not read[start - 1].is_word(*_BEFORE_TABLES):
        return
    parts = [read[i].value.lower() for i in range(start, index + 1, 2)]
    missing = [HIVE_CATALOG, database][: 3 - len(parts)]
    name = ".".join([*missing, *parts])
    place = position(sql, read[start].start)
    raise failure("TABLE_NOT_FOUND", f"{place}: Table '{name}' does not exist")


def _refuse_function(sql: str, token: Token) -> None:
    """Fail a call; the same name may also stand before the columns of a table's alias."""
    if _is_called(sql, token.value.lower()):
        place = position(sql, token.start)
        raise failure("FUNCTION_NOT_FOUND", f"{place}: Function '{token.value}' not registered")


def _is_called(sql: str, name: str) -> bool:
    # Half a second of import that only a query with such a name pays.
    import sqlglot  # noqa: PLC0415

    try:
        tree = sqlglot.parse_one(sql, dialect="trino", error_level=sqlglot.ErrorLevel.IGNORE)
    except sqlglot.errors.SqlglotError:
        return True
    return any(name in _function_names(node) for node in tree.find_all(sqlglot.exp.Func))


def _function_names(node: Any) -> set[str]:
    return {node.name.lower(), *(name.lower() for name in node.sql_names())}
