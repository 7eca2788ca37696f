"""What Trino accepts gives the same rows through Athena as straight from Trino."""

import pytest

from localaws.athena.result_types import formatter
from localaws.athena.trino_client import TrinoClient

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


@pytest.mark.parametrize("sql", _QUERIES, ids=range(len(_QUERIES)))
def test_rows_are_trinos_rows(athena, sql):
    running = TrinoClient(athena.aws.wait_for_trino()).start(
        sql, catalog="awsdatacatalog", schema="default"
    )
    straight = [row for page in running.pages() for row in page]
    forms = [formatter(column["typeSignature"]) for column in running.columns or []]
    printed = [
        [None if value is None else form(value) for form, value in zip(forms, row, strict=True)]
        for row in straight
    ]
    assert athena.rows(sql) == printed
