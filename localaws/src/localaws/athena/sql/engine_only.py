"""What only the engine has: Athena's catalog, functions and tables are fewer than Trino's."""

import functools
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from localaws.athena.errors import failure
from localaws.athena.sql.query import Query
from localaws.athena.sql.tokens import Kind, Token
from localaws.trino.configuration import HIVE_CATALOG, ICEBERG_CATALOG

_BEFORE_TABLES = ("FROM", "JOIN", "INTO", "UPDATE", "USING")
_HIDDEN_CATALOGS = frozenset({ICEBERG_CATALOG, "system"})
"""Catalogs that the engine has and Athena does not."""
_NAME_KINDS = frozenset({Kind.WORD, Kind.IDENTIFIER})


@functools.cache
def lacking() -> dict[str, list[dict[str, Any]]]:
    """Return ``lacking.toml``: what the engine has and Athena lacks."""
    with (Path(__file__).parent / "lacking.toml").open("rb") as file:
        return tomllib.load(file)


@functools.cache
def _names(kind: str) -> frozenset[str]:
    return frozenset(entry["name"] for entry in lacking()[kind])


def refuse_engine_only(query: Query, database: str) -> None:
    """Fail a query that names what only the engine has: its catalogs, newer functions and tables.

    Parameters
    ----------
    query
        A query in Trino's SQL.
    database
        The database of its unqualified names.

    Raises
    ------
    QueryFailedError
        As for any catalog, function or table that does not exist.
    """
    for index, token in enumerate(query.tokens):
        if token.kind not in _NAME_KINDS:
            continue
        _refuse_hidden_catalog(query, index)
        _refuse_metadata_table(query, index, database)
        if token.value.lower() in _names("function") and query.tokens[index + 1].is_symbol("("):
            _refuse_function(query, token)


def _refuse_hidden_catalog(query: Query, index: int) -> None:
    read = query.tokens
    catalog = read[index]
    if catalog.value.lower() not in _HIDDEN_CATALOGS or index == 0:
        return
    first_dot, second_dot = _at(read, index + 1), _at(read, index + 3)
    if not (first_dot.is_symbol(".") and second_dot.is_symbol(".")):
        return
    before = read[index - 1]
    is_function = before.is_symbol("(") and index > 1 and read[index - 2].is_word("TABLE")
    if before.is_word(*_BEFORE_TABLES) or is_function:
        raise failure(
            "CATALOG_NOT_FOUND",
            f"{query.position(catalog)}: Catalog '{catalog.value}' does not exist",
        )


def _at(read: Sequence[Token], index: int) -> Token:
    """Return a token, the end of the query for every index behind it."""
    return read[min(index, len(read) - 1)]


def _refuse_metadata_table(query: Query, index: int, database: str) -> None:
    read = query.tokens
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
    raise failure(
        "TABLE_NOT_FOUND", f"{query.position(read[start])}: Table '{name}' does not exist"
    )


def _refuse_function(query: Query, token: Token) -> None:
    """Fail a call; the same name may also precede the columns of a table's alias."""
    if _is_called(query.text, token.value.lower()):
        raise failure(
            "FUNCTION_NOT_FOUND",
            f"{query.position(token)}: Function '{token.value}' not registered",
        )


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
