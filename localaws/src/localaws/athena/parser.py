"""From the text of a statement to what it asks for."""

from localaws.athena import hive_parser
from localaws.athena.errors import MALFORMED_QUERY, InvalidRequestError
from localaws.athena.statements import (
    CreateTableAs,
    CreateView,
    Deallocate,
    EngineStatement,
    Execute,
    Explain,
    Optimize,
    Prepare,
    PropertyValue,
    Show,
    Statement,
    Unload,
    Vacuum,
)
from localaws.athena.token_stream import TokenStream
from localaws.athena.tokens import Kind, Language, position

MAX_QUERY_BYTES = 262_144
"""Athena's limit of a query string."""

_QUERY_WORDS = ("SELECT", "WITH", "VALUES", "TABLE")
_DML_WORDS = ("INSERT", "UPDATE", "DELETE", "MERGE")
_STATEMENT_WORDS = (
    *("ALTER", "CREATE", "DEALLOCATE", "DELETE", "DESC", "DESCRIBE", "DROP", "EXECUTE", "EXPLAIN"),
    *(
        "INSERT",
        "MERGE",
        "MSCK",
        "OPTIMIZE",
        "PREPARE",
        "SHOW",
        "UNLOAD",
        "UPDATE",
        "VACUUM",
        "WITH",
    ),
)


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
    >>> parse("select 1; -- one").sql
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
    if first.is_word(*_QUERY_WORDS) or first.is_symbol("("):
        _refuse_newer_with(stream)
        return EngineStatement(_whole(stream), "SELECT")
    if first.is_word(*_DML_WORDS):
        return _write(stream)
    special = {
        "EXPLAIN": _explain,
        "UNLOAD": _unload,
        "PREPARE": _prepare,
        "EXECUTE": _execute,
        "DEALLOCATE": _deallocate,
        "OPTIMIZE": _optimize,
        "VACUUM": _vacuum,
        "CREATE": _create,
        "DROP": hive_parser.drop,
        "SHOW": _show,
    }.get(first.text.upper() if first.kind is Kind.WORD else "")
    if special is not None:
        return special(stream)
    if first.is_word("ALTER", "DESC", "DESCRIBE", "MSCK"):
        return hive_parser.parse(sql)
    raise InvalidRequestError(
        f"{position(sql, first.start)}: mismatched input '{first.text}'. Expecting: "
        + ", ".join(f"'{word}'" for word in _STATEMENT_WORDS)
        + ", <query>",
        MALFORMED_QUERY,
    )


def _refuse_newer_with(stream: TokenStream) -> None:
    """Refuse WITH SESSION and WITH FUNCTION, which the engine has and Athena does not.

    Both words may also name a common table expression.
    """
    if not stream.peek().is_word("WITH") or not stream.peek(1).is_word("SESSION", "FUNCTION"):
        return
    after = stream.peek(2)
    if not after.is_word("AS") and not after.is_symbol("("):
        stream.take()
        stream.take()
        raise stream.unexpected("(", "AS")


def _whole(stream: TokenStream) -> str:
    """Give the whole statement as typed, without a final semicolon; refuse a second one.

    What stands before the first token (comments) is kept, so that Trino's line numbers are the
    user's.
    """
    end = stream.taken_until
    while stream.peek().kind is not Kind.END:
        if stream.accept_symbol(";"):
            while stream.accept_symbol(";"):
                pass
            if stream.peek().kind is not Kind.END:
                raise InvalidRequestError(
                    f"Only one sql statement is allowed. Got: {stream.sql.strip()}"
                )
            break
        end = stream.take().end
    return stream.sql[:end]


_TARGET_WORDS = {"INSERT": "INTO", "DELETE": "FROM", "MERGE": "INTO", "UPDATE": None}


def _write(stream: TokenStream) -> Statement:
    """Read which table is written; the engine reads the rest."""
    kind = stream.expect_any(*_DML_WORDS)
    word = _TARGET_WORDS[kind]
    if word is not None:
        stream.expect(word)
    target = stream.name()
    return EngineStatement(_whole(stream), kind, target)


def _explain(stream: TokenStream) -> Statement:
    return Explain(_whole(stream))


def _properties(stream: TokenStream) -> dict[str, PropertyValue]:
    """Read ``(name = value, …)`` of a WITH clause."""
    properties: dict[str, PropertyValue] = {}
    stream.expect_symbol("(")
    while True:
        name = stream.identifier()
        stream.expect_symbol("=")
        properties[name] = _property_value(stream)
        if not stream.accept_symbol(","):
            break
    stream.expect_symbol(")")
    return properties


def _property_value(stream: TokenStream) -> PropertyValue:
    if stream.accept("ARRAY"):
        stream.expect_symbol("[")
        values: list[str] = []
        while not stream.accept_symbol("]"):
            values.append(stream.string())
            if not stream.peek().is_symbol("]"):
                stream.expect_symbol(",")
        return values
    if stream.accept("TRUE"):
        return True
    if stream.accept("FALSE"):
        return False
    token = stream.peek()
    if token.kind is Kind.STRING:
        return stream.string()
    negative = stream.accept_symbol("-")
    if stream.peek().kind is Kind.NUMBER:
        text = stream.take().text
        number: int | float = int(text) if text.isdigit() else float(text)
        return -number if negative else number
    raise stream.unexpected("<expression>")


def _create(stream: TokenStream) -> Statement:
    stream.expect("CREATE")
    if stream.accept("VIEW") or stream.accept("OR", "REPLACE", "VIEW"):
        return _create_view(stream)
    if stream.accept("PROTECTED") or stream.accept("OR", "REPLACE", "PROTECTED"):
        raise InvalidRequestError("Multi-dialect views are not supported")
    if stream.accept("OR", "REPLACE"):
        raise stream.unexpected("MATERIALIZED", "MULTI", "PROTECTED", "VIEW")
    created = _create_table_as(stream) if stream.accept("TABLE") else None
    return created or hive_parser.parse(stream.sql)


def _create_view(stream: TokenStream) -> Statement:
    or_replace = stream.peek(-1).is_word("VIEW") and stream.peek(-2).is_word("REPLACE")
    name = stream.name()
    if stream.accept("COMMENT"):
        stream.string()
    stream.expect("AS")
    return CreateView(name, or_replace, stream.rest())


def _create_table_as(stream: TokenStream) -> Statement | None:
    """Read what follows CREATE TABLE; None if this is Hive's CREATE TABLE, without AS."""
    try:
        if_not_exists = stream.accept("IF", "NOT", "EXISTS")
        name = stream.name()
        columns: list[str] = []
        if stream.accept_symbol("("):
            columns.append(stream.identifier())
            while stream.accept_symbol(","):
                columns.append(stream.identifier())
            if not stream.accept_symbol(")"):
                return None
        comment = stream.string() if stream.accept("COMMENT") else None
        is_with = stream.peek().is_word("WITH")
        if not is_with and not stream.peek().is_word("AS"):
            return None
    except InvalidRequestError:
        # Hive's quoting, perhaps: its parser has the last word.
        return None
    properties = _properties(stream) if stream.accept("WITH") else {}
    stream.expect("AS")
    if not stream.peek().is_word(*_QUERY_WORDS) and not stream.peek().is_symbol("("):
        raise stream.unexpected("<query>")
    query = stream.rest()
    return CreateTableAs(name, if_not_exists, properties, query, comment, tuple(columns))


def _unload(stream: TokenStream) -> Statement:
    stream.expect("UNLOAD")
    query = stream.balanced()
    stream.expect("TO")
    location = stream.string()
    properties = _properties(stream) if stream.accept("WITH") else {}
    stream.end()
    return Unload(query, location, properties)


def _prepare(stream: TokenStream) -> Statement:
    stream.expect("PREPARE")
    name = stream.identifier()
    stream.expect("FROM")
    return Prepare(name, stream.rest())


def _execute(stream: TokenStream) -> Statement:
    stream.expect("EXECUTE")
    name = stream.identifier()
    if not stream.accept("USING"):
        stream.end()
        return Execute(name, ())
    parameters: list[str] = []
    start, depth = stream.peek().start, 0
    while True:
        token = stream.peek()
        ends = token.kind is Kind.END or token.is_symbol(";")
        if ends or (depth == 0 and token.is_symbol(",")):
            parameters.append(stream.sql[start : token.start].strip())
            if ends:
                break
            stream.take()
            start = stream.peek().start
            continue
        depth += (token.text in "([{") - (token.text in ")]}") if token.kind is Kind.SYMBOL else 0
        stream.take()
    stream.end()
    return Execute(name, tuple(parameters))


def _deallocate(stream: TokenStream) -> Statement:
    stream.expect("DEALLOCATE", "PREPARE")
    name = stream.identifier()
    stream.end()
    return Deallocate(name)


def _optimize(stream: TokenStream) -> Statement:
    stream.expect("OPTIMIZE")
    name = stream.name()
    stream.expect("REWRITE", "DATA", "USING", "BIN_PACK")
    where = stream.rest() if stream.accept("WHERE") else None
    stream.end()
    return Optimize(name, where)


def _vacuum(stream: TokenStream) -> Statement:
    stream.expect("VACUUM")
    name = stream.name()
    stream.end()
    return Vacuum(name)


def _show(stream: TokenStream) -> Statement:
    if stream.peek(1).is_word("CREATE") and stream.peek(2).is_word("VIEW"):
        stream.expect("SHOW", "CREATE", "VIEW")
        name = stream.name()
        stream.end()
        return Show("CREATE VIEW", name=name)
    if stream.peek(1).is_word("FUNCTIONS"):
        return EngineStatement(_whole(stream), "SHOW_FUNCTIONS")
    return hive_parser.parse(stream.sql)
