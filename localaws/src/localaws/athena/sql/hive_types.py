"""Column types: Hive's words in DDL and in Glue, Trino's words in the engine."""

from localaws.athena.sql.names import Column
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.sql.tokens import Kind, Language

_SIMPLE = frozenset(
    {
        *("BOOLEAN", "TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE"),
        *("STRING", "BINARY", "DATE", "TIMESTAMP", "UUID"),
    }
)
_TO_TRINO = {"int": "integer", "float": "real", "string": "varchar", "binary": "varbinary"}
_TO_HIVE = {
    "integer": "int",
    "real": "float",
    "varbinary": "binary",
    "json": "string",
    "uuid": "string",
    "ipaddress": "string",
    "unknown": "string",
    "time": "string",
    "time with time zone": "string",
    "timestamp with time zone": "timestamp",
}


def hive_type(stream: TokenStream) -> str:
    """Return a type in the form that Glue keeps.

    Examples
    --------
    >>> hive_type(TokenStream("MAP < string, decimal(10, 2) >", Language.HIVE))
    'map<string,decimal(10,2)>'
    """
    token = stream.peek()
    word = token.text.upper() if token.kind is Kind.WORD else ""
    if word in _SIMPLE:
        stream.take()
        return word.lower()
    if word in {"DECIMAL", "VARCHAR", "CHAR"}:
        stream.take()
        return _with_parameters(stream, word.lower())
    if word == "ARRAY":
        stream.take()
        stream.expect_symbol("<")
        item = hive_type(stream)
        _close(stream)
        return f"array<{item}>"
    if word == "MAP":
        stream.take()
        stream.expect_symbol("<")
        key = hive_type(stream)
        stream.expect_symbol(",")
        value = hive_type(stream)
        _close(stream)
        return f"map<{key},{value}>"
    if word == "STRUCT":
        stream.take()
        return _struct(stream)
    raise stream.unexpected()


def _with_parameters(stream: TokenStream, word: str) -> str:
    if not stream.accept_symbol("("):
        if word == "decimal":
            return "decimal(10,0)"
        raise stream.unexpected("(")
    numbers = [str(stream.integer())]
    while word == "decimal" and stream.accept_symbol(","):
        numbers.append(str(stream.integer()))
    stream.expect_symbol(")")
    if word == "decimal" and len(numbers) == 1:
        numbers.append("0")
    return f"{word}({','.join(numbers)})"


def _struct(stream: TokenStream) -> str:
    stream.expect_symbol("<")
    fields: list[str] = []
    while True:
        token = stream.take()
        if token.kind not in {Kind.WORD, Kind.IDENTIFIER}:
            stream.seek_back()
            raise stream.unexpected()
        stream.accept_symbol(":")
        fields.append(f"{token.value.lower()}:{hive_type(stream)}")
        if stream.accept("COMMENT"):
            stream.string()
        if not stream.accept_symbol(","):
            break
    _close(stream)
    return f"struct<{','.join(fields)}>"


def _close(stream: TokenStream) -> None:
    stream.expect_symbol(">")


def column_list(stream: TokenStream) -> tuple[Column, ...]:
    """Read ``(name type [COMMENT 'text'], …)``."""
    return tuple(stream.in_parentheses(column))


def column(stream: TokenStream) -> Column:
    """Read ``name type [COMMENT 'text']``."""
    name = stream.identifier()
    stream.accept_symbol(":")
    kind = hive_type(stream)
    comment = stream.string() if stream.accept("COMMENT") else None
    return Column(name, kind, comment)


def to_trino(kind: str, *, iceberg: bool = False) -> str:
    """Translate a type of Glue into Trino's words.

    Examples
    --------
    >>> to_trino("struct<a:int,b c:array<string>>")
    'row("a" integer, "b c" array(varchar))'
    """
    return _to_trino(TokenStream(kind, Language.HIVE), iceberg=iceberg)


def _to_trino(stream: TokenStream, *, iceberg: bool) -> str:
    word = stream.take().text.lower()
    if word in {"array", "map"}:
        stream.expect_symbol("<")
        parts = [_to_trino(stream, iceberg=iceberg)]
        while stream.accept_symbol(","):
            parts.append(_to_trino(stream, iceberg=iceberg))
        _close(stream)
        return f"{word}({', '.join(parts)})"
    if word == "struct":
        stream.expect_symbol("<")
        fields: list[str] = []
        while True:
            name = _field_name(stream).replace('"', '""')
            stream.expect_symbol(":")
            fields.append(f'"{name}" {_to_trino(stream, iceberg=iceberg)}')
            if not stream.accept_symbol(","):
                break
        _close(stream)
        return f"row({', '.join(fields)})"
    if stream.peek().is_symbol("("):
        return f"{word}({stream.balanced().text})"
    if word == "timestamp" and iceberg:
        return "timestamp(6)"
    return _TO_TRINO.get(word, word)


def _field_name(stream: TokenStream) -> str:
    """Read the name of a field: Glue writes it without quotes, also one of several words."""
    first = last = stream.take()
    while not stream.peek().is_symbol(":") and stream.peek().kind is not Kind.END:
        last = stream.take()
    return first.value if first is last else stream.sql[first.start : last.end]


def from_trino(kind: str) -> str:
    """Translate a type as Trino writes it into Glue's words.

    Examples
    --------
    >>> from_trino('row("a" integer, b array(varchar))')
    'struct<a:int,b:array<string>>'
    """
    return _from_trino(TokenStream(kind, Language.TRINO))


def _from_trino(stream: TokenStream) -> str:
    word = stream.take().text.lower()
    if word in {"array", "map"}:
        stream.expect_symbol("(")
        parts = [_from_trino(stream)]
        while stream.accept_symbol(","):
            parts.append(_from_trino(stream))
        stream.expect_symbol(")")
        return f"{word}<{','.join(parts)}>"
    if word == "row":
        return _from_row(stream)
    parameters = stream.balanced().text if stream.peek().is_symbol("(") else ""
    if word in {"timestamp", "time"} and stream.accept_any("WITH", "WITHOUT") == "WITH":
        word += " with time zone"
        stream.expect("TIME", "ZONE")
    if word == "varchar":
        return f"varchar({parameters})" if parameters else "string"
    if word in {"char", "decimal"}:
        return f"{word}({parameters.replace(' ', '')})"
    return _TO_HIVE.get(word, word)


def _from_row(stream: TokenStream) -> str:
    fields: list[str] = []
    stream.expect_symbol("(")
    while True:
        named = stream.peek(1).kind in {Kind.WORD, Kind.IDENTIFIER}
        name = stream.take().value.lower() if named else f"field{len(fields)}"
        fields.append(f"{name}:{_from_trino(stream)}")
        if not stream.accept_symbol(","):
            break
    stream.expect_symbol(")")
    return f"struct<{','.join(fields)}>"
