"""Names and values as Trino's SQL writes them."""

from collections.abc import Mapping, Sequence


def quoted(*parts: str | None) -> str:
    """Return a name as Trino's SQL writes it.

    Examples
    --------
    >>> quoted("db", 'my"table')
    '"db"."my""table"'
    """
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts if part is not None)


def literal(text: str) -> str:
    """Return a string literal."""
    return "'" + text.replace("'", "''") + "'"


def string_map(values: Mapping[str, str]) -> str:
    """Return a map of strings."""
    keys = ", ".join(literal(key) for key in values)
    items = ", ".join(literal(value) for value in values.values())
    return f"MAP(ARRAY[{keys}], ARRAY[{items}])"


def string_array(values: Sequence[str]) -> str:
    """Return an array of strings."""
    return f"ARRAY[{', '.join(literal(value) for value in values)}]"
