"""From the text of a statement to its kind: the one registry of kinds."""

from collections.abc import Callable

from localaws.athena.errors import MALFORMED_QUERY, InvalidRequestError
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.sql.tokens import Kind, Language, position
from localaws.athena.statements import (
    alter_table,
    create_table,
    create_table_as,
    databases,
    describe,
    drop_table,
    engine_statement,
    explain,
    optimize,
    prepared,
    repair_table,
    show,
    unload,
    vacuum,
    views,
)
from localaws.athena.statements.base import Statement

MAX_QUERY_BYTES = 262_144
"""Athena's limit of a query string."""

Parser = Callable[[TokenStream], Statement]


def parse(sql: str) -> Statement:
    """Parse one statement of Athena's SQL.

    Parameters
    ----------
    sql
        The query string of StartQueryExecution.

    Raises
    ------
    InvalidRequestError
        What Athena refuses before it runs: syntax errors, several statements, too long a text.

    Examples
    --------
    >>> parse("select 1; -- one").query.text
    'select 1'
    """
    if len(sql.encode("utf-8", "replace")) > MAX_QUERY_BYTES:
        raise InvalidRequestError(
            f"1 validation error detected: Value at 'queryString' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_QUERY_BYTES}"
        )
    stream = TokenStream(sql, Language.TRINO)
    first = stream.peek()
    if first.kind is Kind.END or first.is_symbol(";"):
        raise InvalidRequestError("Query string cannot be empty")
    if first.is_symbol("("):
        return engine_statement.parse_query(stream)
    parser = _PARSERS.get(first.text.upper() if first.kind is Kind.WORD else "")
    if parser is None:
        raise InvalidRequestError(
            f"{position(sql, first.start)}: mismatched input '{first.text}'. Expecting: "
            + ", ".join(f"'{word}'" for word in _EXPECTED)
            + ", <query>",
            MALFORMED_QUERY,
        )
    return parser(stream)


# ── words that Trino's language and Hive's both begin with ────────────────────────────────────────


def _create(stream: TokenStream) -> Statement:
    stream.expect("CREATE")
    if stream.accept("VIEW"):
        return views.parse_create(stream, or_replace=False)
    if stream.accept("OR", "REPLACE", "VIEW"):
        return views.parse_create(stream, or_replace=True)
    if stream.accept("PROTECTED") or stream.accept("OR", "REPLACE", "PROTECTED"):
        raise InvalidRequestError("Multi-dialect views are not supported")
    if stream.accept("OR", "REPLACE"):
        raise stream.unexpected("MATERIALIZED", "MULTI", "PROTECTED", "VIEW")
    created = create_table_as.parse(stream) if stream.accept("TABLE") else None
    return created or _hive(stream)


def _drop(stream: TokenStream) -> Statement:
    return views.parse_drop(stream) if stream.peek(1).is_word("VIEW") else _hive(stream)


def _show(stream: TokenStream) -> Statement:
    if stream.peek(1).is_word("CREATE") and stream.peek(2).is_word("VIEW"):
        return show.parse_create_view(stream)
    if stream.peek(1).is_word("FUNCTIONS"):
        return engine_statement.parse_show_functions(stream)
    return _hive(stream)


# ── Hive's language ───────────────────────────────────────────────────────────────────────────────


def _hive(stream: TokenStream) -> Statement:
    """Parse a DDL statement, from its beginning again: Hive's quotes are not Trino's."""
    hive = stream.in_hive()
    statement = _HIVE_PARSERS[hive.expect_any(*_HIVE_PARSERS)](hive)
    hive.end()
    return statement


def _hive_alter(stream: TokenStream) -> Statement:
    if stream.accept_any("DATABASE", "SCHEMA"):
        return databases.parse_alter(stream)
    stream.expect("TABLE")
    return alter_table.parse(stream)


def _hive_create(stream: TokenStream) -> Statement:
    word = stream.expect_any("EXTERNAL", "TABLE", "DATABASE", "SCHEMA")
    if word in {"DATABASE", "SCHEMA"}:
        return databases.parse_create(stream)
    if word == "EXTERNAL":
        stream.expect("TABLE")
    return create_table.parse(stream, external=word == "EXTERNAL")


def _hive_drop(stream: TokenStream) -> Statement:
    if stream.expect_any("DATABASE", "SCHEMA", "TABLE", "VIEW") == "TABLE":
        return drop_table.parse(stream)
    return databases.parse_drop(stream)


_HIVE_PARSERS: dict[str, Parser] = {
    "ALTER": _hive_alter,
    "CREATE": _hive_create,
    "DESC": describe.parse,
    "DESCRIBE": describe.parse,
    "DROP": _hive_drop,
    "MSCK": repair_table.parse,
    "SHOW": show.parse,
}
_PARSERS: dict[str, Parser] = {
    **dict.fromkeys(engine_statement.QUERY_WORDS, engine_statement.parse_query),
    **dict.fromkeys(engine_statement.WRITE_WORDS, engine_statement.parse_write),
    **dict.fromkeys(_HIVE_PARSERS, _hive),
    "CREATE": _create,
    "DEALLOCATE": prepared.parse_deallocate,
    "DROP": _drop,
    "EXECUTE": prepared.parse_execute,
    "EXPLAIN": explain.parse,
    "OPTIMIZE": optimize.parse,
    "PREPARE": prepared.parse_prepare,
    "SHOW": _show,
    "UNLOAD": unload.parse,
    "VACUUM": vacuum.parse,
}
# Athena counts these three as <query>.
_EXPECTED = sorted(set(_PARSERS) - {"SELECT", "TABLE", "VALUES"})
