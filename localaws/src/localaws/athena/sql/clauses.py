"""Clauses that several statements have."""

from localaws.athena.sql.names import PartitionSpec, PropertyValue
from localaws.athena.sql.token_stream import TokenStream
from localaws.athena.sql.tokens import Kind


def properties(stream: TokenStream) -> dict[str, str]:
    """Read Hive's ``('key' = 'value', …)``."""
    return dict(stream.in_parentheses(_property))


def _property(stream: TokenStream) -> tuple[str, str]:
    key = stream.string()
    stream.expect_symbol("=")
    return key, stream.string()


def with_properties(stream: TokenStream) -> dict[str, PropertyValue]:
    """Read Trino's ``WITH (name = value, …)``, if it comes next."""
    return dict(stream.in_parentheses(_with_property)) if stream.accept("WITH") else {}


def _with_property(stream: TokenStream) -> tuple[str, PropertyValue]:
    name = stream.identifier()
    stream.expect_symbol("=")
    return name, _property_value(stream)


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


def partition_spec(stream: TokenStream) -> PartitionSpec:
    """Read ``(key = value, …)``."""
    return PartitionSpec(dict(stream.in_parentheses(_partition_value)))


def _partition_value(stream: TokenStream) -> tuple[str, str]:
    key = stream.identifier()
    stream.expect_symbol("=")
    return key, constant(stream)


def constant(stream: TokenStream) -> str:
    """Read a constant and return its text without quotes."""
    sign = "-" if stream.accept_symbol("-") else ""
    token = stream.peek()
    if token.is_word("DATE", "TIMESTAMP") and stream.peek(1).kind is Kind.STRING:
        stream.take()
        return stream.string()
    if token.kind in {Kind.STRING, Kind.NUMBER} or token.is_word("TRUE", "FALSE"):
        return sign + stream.take().value
    raise stream.unexpected("constant")
