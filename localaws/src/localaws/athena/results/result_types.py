"""How Athena prints values and describes columns."""

import base64
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

Signature = Mapping[str, Any]
Format = Callable[[Any], str]

_NAMES = {"real": "float"}
_PRECISION = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "float": 17,
    "double": 17,
    "varbinary": 1_073_741_824,
    "json": 2_147_483_647,
}
_NUMERIC = frozenset({"tinyint", "smallint", "integer", "bigint", "real", "double", "decimal"})
_UNBOUNDED = 2_147_483_647
_MILLISECONDS = 3
"""Digits of a second that Athena prints at least."""


def column_info(name: str, signature: Signature) -> dict[str, Any]:
    """Describe a column as ``ResultSetMetadata.ColumnInfo`` does.

    Parameters
    ----------
    name
        Its label.
    signature
        Type signature of Trino's client protocol.
    """
    raw = str(signature["rawType"]).lower()
    kind = _NAMES.get(raw, raw)
    numbers = [a["value"] for a in signature.get("arguments", ()) if a.get("kind") == "LONG"]
    precision, scale = _PRECISION.get(kind, 0), 0
    if kind in {"varchar", "char"}:
        precision = numbers[0] if numbers else _UNBOUNDED
    elif kind == "decimal":
        precision, scale = numbers
    elif kind.startswith(("time", "timestamp")):
        precision = max(numbers[0], _MILLISECONDS) if numbers else _MILLISECONDS
    return _column(name, kind, precision, scale)


def text_column_info(name: str, kind: str = "string") -> dict[str, Any]:
    """Describe a column of a result in plain text, such as that of SHOW TABLES."""
    return _column(name, kind, 0, 0)


def _column(name: str, kind: str, precision: int, scale: int) -> dict[str, Any]:
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": name,
        "Label": name,
        "Type": kind,
        "Precision": precision,
        "Scale": scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": kind in {"varchar", "char", "string"},
    }


ROWS_COLUMN = _column("rows", "bigint", 19, 0)
"""The one column of a writing statement's result."""


def formatter(signature: Signature) -> Format:
    """Return the function that prints a value of a type; it never gets a null.

    Examples
    --------
    >>> formatter({"rawType": "varbinary"})("AP8=")
    '00 ff'
    """
    raw = str(signature["rawType"]).lower()
    arguments = signature.get("arguments", ())
    simple_forms: dict[str, Format] = {"boolean": _boolean, "varbinary": _binary}
    simple = simple_forms.get(raw)
    if simple is not None:
        return simple
    if raw == "array":
        return _array(formatter(arguments[0]["value"]))
    if raw == "map":
        key, value = arguments[0]["value"], arguments[1]["value"]
        is_numeric = str(key["rawType"]).lower() in _NUMERIC
        return _map(formatter(key), formatter(value), numeric_keys=is_numeric)
    if raw == "row":
        names = [
            (argument["value"].get("fieldName") or {}).get("name", f"field{index}")
            for index, argument in enumerate(arguments)
        ]
        return _row(
            names, [formatter(argument["value"]["typeSignature"]) for argument in arguments]
        )
    if raw.startswith("time"):
        digits = next((a["value"] for a in arguments if a.get("kind") == "LONG"), _MILLISECONDS)
        if digits < _MILLISECONDS:
            return _time(digits)
    return str


def _time(digits: int) -> Format:
    """Print at least milliseconds; the zone, if any, follows the digits."""
    # HH:MM:SS, and a dot and digits where there are any; dates have no colon.
    length = len("MM:SS") + (digits + 1 if digits else 0)
    padding = "0" * (_MILLISECONDS - digits) if digits else "." + "0" * _MILLISECONDS

    def form(value: str) -> str:
        end = value.index(":") + 1 + length
        return value[:end] + padding + value[end:]

    return form


def _boolean(value: bool) -> str:
    return "true" if value else "false"


def _binary(value: str) -> str:
    return base64.b64decode(value).hex(" ")


def _nullable(form: Format, value: Any) -> str:
    return "null" if value is None else form(value)


def _array(form: Format) -> Format:
    return lambda value: f"[{', '.join(_nullable(form, item) for item in value)}]"


def _map(key_form: Format, form: Format, *, numeric_keys: bool) -> Format:
    # The protocol has keys as JSON object keys, so a boolean key is a string already.
    form_key = str if key_form is _boolean else key_form
    order = _number_order if numeric_keys else str
    return lambda value: (
        "{"
        + ", ".join(f"{form_key(k)}={_nullable(form, value[k])}" for k in sorted(value, key=order))
        + "}"
    )


def _number_order(key: str) -> tuple[bool, Decimal]:
    """Order numbers by value, NaN last: Decimal refuses to compare it."""
    number = Decimal(key)
    return number.is_nan(), number


def _row(names: list[str], forms: list[Format]) -> Format:
    return lambda value: (
        "{"
        + ", ".join(
            f"{name}={_nullable(form, item)}"
            for name, form, item in zip(names, forms, value, strict=True)
        )
        + "}"
    )
