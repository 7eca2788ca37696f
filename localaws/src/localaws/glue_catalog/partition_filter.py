"""GetPartitions expressions, read by a real SQL parser.

Moto's own reader knows no digits in column names and no nested conditions; the engine sends both.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import sqlglot
from sqlglot import exp

Value = Any
Row = Mapping[str, str]
Predicate = Callable[[Row], bool]

_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "long", "float", "double", "decimal")


class ExpressionError(ValueError):
    """The expression is not one that Glue takes."""


def compile_filter(expression: str | None, types: Mapping[str, str]) -> Predicate:
    """Make a predicate of a partition's values.

    Parameters
    ----------
    expression
        Such as ``event_date >= '2026-03-01' AND region IN ('eu', 'us')``; None takes everything.
    types
        Partition keys with their types.

    Raises
    ------
    ExpressionError
        It cannot be read, or names a column that is no partition key.

    Examples
    --------
    >>> compile_filter("n > 9", {"n": "int"})({"n": "10"})
    True
    """
    if not expression or not expression.strip():
        return lambda _row: True
    try:
        tree = sqlglot.parse_one(expression, read="athena")
    except sqlglot.errors.SqlglotError as error:
        raise ExpressionError(f"Unsupported expression '{expression}'") from error
    lowered = {name.lower(): kind.lower() for name, kind in types.items()}
    return _predicate(tree, lowered)


def _predicate(node: exp.Expression, types: Mapping[str, str]) -> Predicate:  # noqa: PLR0911 - one per operator
    match node:
        case exp.Paren():
            return _predicate(node.this, types)
        case exp.And():
            left, right = _predicate(node.left, types), _predicate(node.right, types)
            return lambda row: left(row) and right(row)
        case exp.Or():
            left, right = _predicate(node.left, types), _predicate(node.right, types)
            return lambda row: left(row) or right(row)
        case exp.Not():
            inner = _predicate(node.this, types)
            return lambda row: not inner(row)
        case exp.In():
            read = _column(node.this, types)
            wanted = {_constant(item, read.kind) for item in node.expressions}
            return lambda row: (value := read(row)) is not None and value in wanted
        case exp.Between():
            read = _column(node.this, types)
            low = _constant(node.args["low"], read.kind)
            high = _constant(node.args["high"], read.kind)
            return lambda row: (value := read(row)) is not None and low <= value <= high
        case exp.Like():
            read = _column(node.this, types)
            pattern = _like(str(_constant(node.expression, "string")))
            return lambda row: (
                (value := read(row)) is not None and bool(pattern.fullmatch(str(value)))
            )
        case exp.Is():
            read = _column(node.this, types)
            return lambda row: read(row) is None
        case exp.Boolean():
            truth = bool(node.this)
            return lambda _row: truth
    return _comparison(node, types)


_COMPARE: dict[type[exp.Expression], Callable[[Value, Value], bool]] = {
    exp.EQ: lambda a, b: bool(a == b),
    exp.NEQ: lambda a, b: bool(a != b),
    exp.LT: lambda a, b: bool(a < b),
    exp.LTE: lambda a, b: bool(a <= b),
    exp.GT: lambda a, b: bool(a > b),
    exp.GTE: lambda a, b: bool(a >= b),
}


def _comparison(node: exp.Expression, types: Mapping[str, str]) -> Predicate:
    compare = _COMPARE.get(type(node))
    if compare is None:
        raise ExpressionError(f"Unsupported expression '{node.sql()}'")
    left, right = node.this, node.expression
    if isinstance(left, exp.Column):
        read = _column(left, types)
        constant = _constant(right, read.kind)
        return lambda row: (value := read(row)) is not None and compare(value, constant)
    read = _column(right, types)
    constant = _constant(left, read.kind)
    return lambda row: (value := read(row)) is not None and compare(constant, value)


class _Read:
    """Reads one partition key of a row, as its type."""

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.kind = name, kind

    def __call__(self, row: Row) -> Value:
        text = row.get(self.name)
        return None if text is None or text == _HIVE_NULL else _typed(text, self.kind)


def _column(node: exp.Expression, types: Mapping[str, str]) -> _Read:
    if not isinstance(node, exp.Column) or node.name.lower() not in types:
        raise ExpressionError(f"'{node.sql()}' is not a partition key")
    name = node.name.lower()
    return _Read(name, types[name])


def _constant(node: exp.Expression, kind: str) -> Value:
    if isinstance(node, exp.Paren | exp.Cast):
        return _constant(node.this, kind)
    if isinstance(node, exp.Neg):
        return -_constant(node.this, kind)
    if isinstance(node, exp.Literal):
        return _typed(str(node.this), kind)
    if isinstance(node, exp.Boolean):
        return _typed(str(node.this).lower(), kind)
    raise ExpressionError(f"'{node.sql()}' is not a constant")


def _typed(text: str, kind: str) -> Value:
    if kind.startswith(_NUMBERS):
        try:
            return Decimal(text)
        except InvalidOperation as error:
            raise ExpressionError(f"'{text}' is not a number") from error
    if kind == "date":
        try:
            return dt.date.fromisoformat(text[:10])
        except ValueError as error:
            raise ExpressionError(f"'{text}' is not a date") from error
    if kind == "timestamp":
        try:
            # Trino writes 2026-03-02 00:00:00.0 into a partition's name, users write no fraction.
            return dt.datetime.fromisoformat(text)
        except ValueError as error:
            raise ExpressionError(f"'{text}' is not a timestamp") from error
    return text


def _like(pattern: str) -> re.Pattern[str]:
    parts = {"%": ".*", "_": "."}
    return re.compile("".join(parts.get(c, re.escape(c)) for c in pattern), re.DOTALL)
