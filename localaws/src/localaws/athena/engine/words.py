"""Names and values as Trino's SQL writes them."""

from collections.abc import Mapping, Sequence


def quoted(*parts: str | None) -> str:
    """Write a name for Trino.

    Examples
    --------
    >>> quoted("db", 'my"table')
    '"db"."my""table"'
    """
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts if part is not None)


def literal(text: str) -> str:
    """Write a string for Trino."""
    return "'" + text.replace("'", "''") + "'"


def string_map(values: Mapping[str, str]) -> str:
    """Write a map of strings for Trino."""
    keys = ", ".join(literal(key) for key in values)
    items = ", ".join(literal(value) for value in values.values())
    return f"MAP(ARRAY[{keys}], ARRAY[{items}])"


def string_array(values: Sequence[str]) -> str:
    """Write an array of strings for Trino."""
    return f"ARRAY[{', '.join(literal(value) for value in values)}]"
