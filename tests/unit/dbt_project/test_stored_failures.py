"""Failing rows of any type can be stored as an Iceberg table."""

from types import SimpleNamespace

import pytest

from tests.support.rendered_macros import RenderedMacros

MACROS = RenderedMacros(
    "stored_failures.sql", adapter=SimpleNamespace(quote=lambda name: f'"{name}"')
)


@pytest.mark.parametrize(
    ("dtype", "selected"),
    [
        ("varchar", '"c"'),
        ("DECIMAL(10,2)", '"c"'),
        ("array", '"c"'),
        ("timestamp", 'cast("c" as timestamp(6)) as "c"'),
        ("timestamp(3)", 'cast("c" as timestamp(6)) as "c"'),
        ("timestamp with time zone", 'cast("c" as varchar) as "c"'),
        ("smallint", 'cast("c" as integer) as "c"'),
        ("time", 'cast("c" as varchar) as "c"'),
        ("char(3)", 'cast("c" as varchar) as "c"'),
        ("json", 'json_format("c") as "c"'),
    ],
)
def test_a_column_is_cast_to_what_iceberg_accepts(dtype: str, selected: str) -> None:
    column = SimpleNamespace(name="c", dtype=dtype)
    assert MACROS("storable_columns", [column]) == selected
