"""What Trino accepts gives the same rows through Athena as straight from Trino."""

from decimal import Decimal

import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st

from localaws.athena.results.result_types import formatter
from localaws.trino.access import engine_headers
from localaws.trino.client import EngineError, TrinoClient

_QUERIES = [
    "select * from (values (1, 'a'), (2, null)) as t (x, y) order by 1",
    "select n, n * n, cast(n as double) / 3, cast(n as real) / 3 from unnest(sequence(1, 50)) as t (n) order by 1",
    "select cast(n as decimal(38, 10)) / 7 from unnest(sequence(-5, 5)) as t (n) order by 1",
    "select array_agg(n order by n), map_agg(n, cast(n as varchar)) from unnest(sequence(1, 5)) as t (n)",
    "select cast(row(1, row('a', null)) as row(a integer, b row(c varchar, d date)))",
    "select json_parse('{\"a\": [1, null]}'), json_extract_scalar('{\"a\": 1}', '$.a')",
    "select date '2026-01-01' + interval '1' month, interval '3' day, interval '14' month",
    "select timestamp '2026-01-01 00:00:00.123456 Europe/Berlin', timestamp '2026-01-01 00:00:00.123'",
    "select infinity(), nan(), -0e0, 1e-300, 1e300, real '1.17549435E-38'",
    "select 'ünï', '日本', chr(128512), '\"', ',', 'a' || chr(10) || 'b'",
    "with recursive r (n) as (select 1 union all select n + 1 from r where n < 5) select * from r order by 1",
    "select k, sum(v) over (partition by k order by v) from (values ('a', 1), ('a', 2), ('b', 3)) t (k, v) order by 1, 2",
    "select x from (values true, false, null) t (x) order by x nulls first",
    "select from_base64('AAECAwQ='), to_utf8('abc'), uuid '12151fd2-7586-11e9-8f9e-2a86e4085a59'",
]


def _running(athena, sql):
    trino = TrinoClient(athena.aws.wait_for_trino(), engine_headers(athena.aws.settings))
    return trino.start(sql, catalog="awsdatacatalog", schema="default")


def _straight(athena, sql):
    return [list(row) for page in _running(athena, sql).pages() for row in page]


@pytest.mark.parametrize("sql", _QUERIES, ids=range(len(_QUERIES)))
def test_rows_are_trinos_rows(athena, sql):
    running = _running(athena, sql)
    straight = [row for page in running.pages() for row in page]
    forms = [formatter(column["typeSignature"]) for column in running.columns or []]
    printed = [
        [None if value is None else form(value) for form, value in zip(forms, row, strict=True)]
        for row in straight
    ]
    assert athena.rows(sql) == printed


def _literal(text):
    return "'" + text.replace("'", "''") + "'"


# Types whose text Trino itself gives by a cast: the texts owe nothing to localaws.
_VALUES = {
    "bigint": st.integers(-(2**63) + 1, 2**63 - 1).map(str),
    "decimal(20, 5)": st.decimals(-(10**14), 10**14, places=5).map(lambda d: f"decimal '{d}'"),
    "double": st.floats(allow_nan=False, allow_infinity=False).map(lambda f: f"double '{f!r}'"),
    "varchar": st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(_literal),
    "boolean": st.sampled_from(["true", "false"]),
    "date": st.dates().map(lambda d: f"date '{d.isoformat()}'"),
    "timestamp(6)": st.datetimes().map(
        lambda t: f"timestamp '{t.isoformat(' ', timespec='microseconds')}'"
    ),
}
_NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=6)
_AROUND = st.sampled_from(
    [
        "{}",
        "{};",
        "-- ';\n{}",
        '/* drop table x; */ {} -- "',
        "with q as ({}) select * from q",
        "({})",
    ]
)


@st.composite
def _tables(draw):
    """A query of typed literals, and the query that asks Trino for the same values as text."""
    kinds = draw(st.lists(st.sampled_from(sorted(_VALUES)), min_size=1, max_size=4))
    names = draw(
        st.lists(_NAMES, min_size=len(kinds), max_size=len(kinds), unique_by=lambda n: n.lower())
    )
    columns = ['"' + name.replace('"', '""') + '"' for name in names]
    count = draw(st.integers(1, 4))
    rows = [
        [draw(st.one_of(st.just("null"), _VALUES[kind])) for kind in kinds] for _ in range(count)
    ]
    values = ", ".join(f"({index}, {', '.join(row)})" for index, row in enumerate(rows))
    source = f"(values {values}) as t (position_of_row, {', '.join(columns)})"
    typed = [f"cast({c} as {k}) as {c}" for c, k in zip(columns, kinds, strict=True)]
    body = f"select {', '.join(typed)} from {source} order by position_of_row"
    as_text = ", ".join(
        f"cast(cast({c} as {k}) as varchar)" for c, k in zip(columns, kinds, strict=True)
    )
    return kinds, body, f"select {as_text} from {source} order by position_of_row"


def _as_java_prints(text):
    """A double as Java prints it, and so Athena: Trino's own cast writes 0E0 and 1.5E0."""
    value = float(text)
    shortest, two_digits = repr(value), f"{value:.1e}"  # Java prints two digits at least: 4.9E-324
    nearest = two_digits if float(two_digits) == value else shortest
    sign, digits, exponent = Decimal(nearest).normalize().as_tuple()
    written = "".join(map(str, digits))
    point = len(written) + exponent if any(digits) else 1
    if -3 < point <= 7:
        whole = written[:point].ljust(point, "0") if point > 0 else "0"
        part = "0" * -point + written[max(point, 0) :]
        return f"{'-' * sign}{whole}.{part or '0'}"
    return f"{'-' * sign}{written[0]}.{written[1:] or '0'}E{point - 1}"


@settings(max_examples=25, deadline=None)
@example(  # the smallest double has one digit in Python, two in Java
    table=(
        ["double"],
        "select a from (values double '4.9E-324', double '2E23') as t (a)",
        "select cast(a as varchar) from (values double '4.9E-324', double '2E23') as t (a)",
    ),
    around="{}",
)
@given(table=_tables(), around=_AROUND)
def test_any_values_are_trinos_values(athena, table, around):
    # GIVEN rows of any values under any names, in a query of any shape
    kinds, typed, as_text = table
    try:
        straight = [
            [
                _as_java_prints(value) if kind == "double" and value else value
                for kind, value in zip(kinds, row, strict=True)
            ]
            for row in _straight(athena, as_text)
        ]
    except EngineError:  # a few letters, such as a Turkish one, are no name to Trino
        reject()
    # THEN Athena prints what Trino calls them
    found = athena.rows(around.replace("{}", typed))
    if around.startswith("with"):
        found.sort(key=str)
        straight.sort(key=str)
    assert found == straight
