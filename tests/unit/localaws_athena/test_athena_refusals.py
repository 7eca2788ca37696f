"""The engine's own catalogs are not Athena's."""

import pytest

from localaws.athena.errors import QueryFailedError
from localaws.athena.refusals import refuse_hidden_catalogs


@pytest.mark.parametrize(
    "sql",
    [
        "select * from iceberg.db.t",
        'select * from a join "iceberg" . "db" . "t" on true',
        "insert into iceberg.db.t values (1)",
        "select * from system.runtime.queries",
    ],
)
def test_an_inner_catalog_does_not_exist(sql):
    with pytest.raises(QueryFailedError, match=r"CATALOG_NOT_FOUND: line 1:.*not found"):
        refuse_hidden_catalogs(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select iceberg.a.b from t as iceberg",
        "select * from awsdatacatalog.db.t",
        "select * from iceberg.t",
        "select 'from iceberg.db.t'",
    ],
)
def test_anything_else_is_let_through(sql):
    refuse_hidden_catalogs(sql)
