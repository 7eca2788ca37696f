"""GetPartitions expressions, read by a real SQL parser.

Moto's own reader knows no digits in column names and no nested conditions; the engine sends both.

Conditions have SQL's three values: what compares a null partition is unknown, NOT of it is unknown,
too, and only what is true is selected (AWS's GetPartitions names SQL as the expression's syntax).
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
Truth = bool | None
"""None is SQL's unknown."""
_Condition = Callable[[Row], Truth]

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
    condition = _condition(tree, lowered)
    return lambda row: condition(row) is True


def _condition(node: exp.Expression, types: Mapping[str, str]) -> _Condition:
    match node:
        case exp.Paren():
            return _condition(node.this, types)
        case exp.And():
            left, right = _condition(node.left, types), _condition(node.right, types)
            return lambda row: _and(left(row), right(row))
        case exp.Or():
            left, right = _condition(node.left, types), _condition(node.right, types)
            return lambda row: _not(_and(_not(left(row)), _not(right(row))))
        case exp.Not():
            inner = _condition(node.this, types)
            return lambda row: _not(inner(row))
    return _test(node, types)


def _test(node: exp.Expression, types: Mapping[str, str]) -> _Condition:  # noqa: PLR0911 - one per operator
    """Return a condition that has no conditions in it."""
    match node:
        case exp.In():
            return _in(node, types)
        case exp.Between():
            read = _column(node.this, types)
            low = _constant(node.args["low"], read.kind)
            high = _constant(node.args["high"], read.kind)
            return lambda row: _known(
                read(row), lambda v: _and(_compared(_le, low, v), _compared(_le, v, high))
            )
        case exp.Like():
            read = _column(node.this, types)
            text = _constant(node.expression, "string")
            if text is None:
                return lambda _row: None
            pattern = _like(str(text))
            return lambda row: _known(read(row), lambda v: bool(pattern.fullmatch(str(v))))
        case exp.Is():
            return _is(node, types)
        case exp.Boolean():
            truth = bool(node.this)
            return lambda _row: truth
        case exp.Null():
            return lambda _row: None
    return _comparison(node, types)


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _and(left: Truth, right: Truth) -> Truth:
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def _known(value: Value, test: Callable[[Value], Truth]) -> Truth:
    return None if value is None else test(value)


def _compared(compare: Callable[[Value, Value], bool], left: Value, right: Value) -> Truth:
    return None if left is None or right is None else compare(left, right)


def _le(left: Value, right: Value) -> bool:
    return bool(left <= right)


def _in(node: exp.In, types: Mapping[str, str]) -> _Condition:
    """Return the condition of a list: a null in it leaves unknown what is not found."""
    read = _column(node.this, types)
    listed = {_constant(item, read.kind) for item in node.expressions}
    wanted, otherwise = listed - {None}, None if None in listed else False
    return lambda row: _known(read(row), lambda value: True if value in wanted else otherwise)


def _is(node: exp.Is, types: Mapping[str, str]) -> _Condition:
    read = _column(node.this, types)
    if not isinstance(node.expression, exp.Null):
        raise ExpressionError(f"Unsupported expression '{node.sql()}'")
    return lambda row: read(row) is None


_COMPARE: dict[type[exp.Expression], Callable[[Value, Value], bool]] = {
    exp.EQ: lambda a, b: bool(a == b),
    exp.NEQ: lambda a, b: bool(a != b),
    exp.LT: lambda a, b: bool(a < b),
    exp.LTE: lambda a, b: bool(a <= b),
    exp.GT: lambda a, b: bool(a > b),
    exp.GTE: lambda a, b: bool(a >= b),
}


def _comparison(node: exp.Expression, types: Mapping[str, str]) -> _Condition:
    compare = _COMPARE.get(type(node))
    if compare is None:
        raise ExpressionError(f"Unsupported expression '{node.sql()}'")
    left, right = node.this, node.expression
    if isinstance(left, exp.Column):
        read = _column(left, types)
        constant = _constant(right, read.kind)
        return lambda row: _compared(compare, read(row), constant)
    read = _column(right, types)
    constant = _constant(left, read.kind)
    return lambda row: _compared(compare, constant, read(row))


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
    if isinstance(node, exp.Null):
        return None
    if isinstance(node, exp.Neg):
        value = _constant(node.this, kind)
        return None if value is None else -value
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
