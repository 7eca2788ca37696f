"""Athena judges a query by the tables that it names."""

import pytest

from localaws.athena.sql.names import Name
from localaws.athena.sql.query import Query
from localaws.athena.sql.referenced_tables import referenced_tables

CASES = {
    "select 1": [],
    "select * from plays": ["plays"],
    'select * from "Lake"."Plays"': ["lake.plays"],
    "select * from awsdatacatalog.lake.plays p": ["awsdatacatalog.lake.plays"],
    "select a, b from x, y as other, lake.z where a in (1, 2)": ["x", "y", "lake.z"],
    "select * from x left join lake.y on x.id = y.id cross join z": ["x", "lake.y", "z"],
    "select * from (select * from x) union all (select * from y)": ["x", "y"],
    "select * from (x join y using (id)), z": ["x", "y", "z"],
    "with a as (select * from x), b (c) as (select 1) select * from a, b": ["x"],
    "with x as (select * from lake.x) select * from x": ["lake.x"],
    "select (select max(day) from x), b, c from y order by b, c": ["x", "y"],
    "select * from x where exists (select 1 from y) and z in (select id from w)": ["x", "y", "w"],
    "insert into x select * from y": ["x", "y"],
    "update x set a = (select max(a) from y)": ["x", "y"],
    "delete from x where id in (select id from y)": ["x", "y"],
    "merge into x using y on x.id = y.id when matched then delete": ["x", "y"],
    "merge into x t using (select * from y) s on t.id = s.id when matched then delete": ["x", "y"],
    "table x": ["x"],
    "explain select * from x": ["x"],
    'select * from "plays$partitions"': ["plays"],
    "select * from unnest(array[1, 2]) as t (n), x": ["x"],
    "select * from x, unnest(x.tags) as t (tag)": ["x"],
    "select -- from nowhere\n 'from nothing' from x /* from none */": ["x"],
    "select a, x from y group by a, x having count(*) > 1": ["y"],
    "select row_number() over (partition by a, b order by c, d) from x": ["x"],
}


def written(name: Name) -> str:
    return ".".join(filter(None, (name.catalog, name.database, name.table)))


@pytest.mark.parametrize("sql", CASES)
def test_the_tables_of_a_query_are_found(sql: str) -> None:
    assert [written(name) for name in referenced_tables(Query.of(sql))] == CASES[sql]
