"""Whatever DDL is sent, it runs, fails or is refused in Athena's words: nothing breaks inside."""

import uuid

import pytest
from botocore.exceptions import ClientError
from hypothesis import example, given, settings
from hypothesis import strategies as st

_NAMES = st.sampled_from(
    [
        "t",
        "u",
        "T",
        "`t`",
        "`ü`",
        "`a b`",
        '"t"',
        "db.t",
        "`x`.`t`",
        "t.t.t",
        "1t",
        "_t",
        "date",
        "``",
    ]
)
_TYPES = st.recursive(
    st.sampled_from(
        [
            *("int", "string", "timestamp", "date", "decimal(10,2)", "decimal(99,1)", "varchar(0)"),
            *("float", "binary", "boolean", "uuid", "char(3)", "integer", "row(a int)"),
        ]
    ),
    lambda inner: st.one_of(
        inner.map("array<{}>".format),
        st.tuples(inner, inner).map(lambda pair: f"map<{pair[0]},{pair[1]}>"),
        st.tuples(st.sampled_from(["a", "`b c`", "A", "1"]), inner).map(
            lambda pair: f"struct<{pair[0]}:{pair[1]}>"
        ),
    ),
    max_leaves=4,
)
_TEXTS = st.sampled_from(
    [
        "''",
        "'x'",
        "'a''b'",
        r"'\\'",
        r"'\\t'",
        "'ünï;'",
        "'s3://{bucket}/fuzz/x/'",
        "'s3://no-such-b/'",
        "'/'",
    ]
)
_COLUMNS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "`c d`", "A", "order"]), _TYPES).map(" ".join),
    min_size=1,
    max_size=3,
).map(", ".join)
_PROPERTIES = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("'table_type'", "'format'", "'write_compression'", "'projection.enabled'", "'k'"),
                *(
                    "'vacuum_max_snapshot_age_seconds'",
                    "'comment'",
                    "'skip.header.line.count'",
                    "''",
                ),
            ]
        ),
        st.one_of(st.sampled_from(["'iceberg'", "'parquet'", "'zstd'", "'-1'", "'true'"]), _TEXTS),
    ).map("=".join),
    max_size=3,
).map(lambda pairs: f"tblproperties ({', '.join(pairs)})" if pairs else "")
_PARTITIONS = st.sampled_from(
    [
        *("", "partitioned by (p string)", "partitioned by (a)", "partitioned by (bucket(4, a))"),
        *("partitioned by (bucket(0, a))", "partitioned by (day(b), nope(a))", "partitioned by ()"),
    ]
)
_SPECS = st.sampled_from(
    ["(p='1')", "(p=1, q='2')", "(a > '1')", "(p='{}')", "()", "(p=date '2026-01-01')"]
)


def _joined(*parts):
    return st.tuples(*(st.just(p) if isinstance(p, str) else p for p in parts)).map(" ".join)


_STATEMENTS = st.one_of(
    _joined(
        st.sampled_from(
            ["create external table", "create table", "create external table if not exists"]
        ),
        *(_NAMES, "(", _COLUMNS, ")", _PARTITIONS, "location", _TEXTS, _PROPERTIES),
    ),
    _joined(
        *(
            "create table",
            _NAMES,
            "with (",
            st.sampled_from(["table_type", "format", "external_location"]),
        ),
        *("=", _TEXTS, ", partitioned_by = array[", _TEXTS, "]) as select 1 as a, 'x' as p"),
    ),
    _joined(
        "alter table",
        _NAMES,
        st.sampled_from(["add columns (", "replace columns ("]),
        _COLUMNS,
        ")",
    ),
    _joined("alter table", _NAMES, "change column a", _COLUMNS),
    _joined("alter table", _NAMES, st.sampled_from(["add", "drop"]), "partition", _SPECS),
    _joined("alter table", _NAMES, "partition", _SPECS, "rename to partition", _SPECS),
    _joined("alter table", _NAMES, "set", _PROPERTIES),
    _joined("alter table", _NAMES, "set location", _TEXTS),
    _joined("alter table", _NAMES, "rename to", _NAMES),
    _joined("create database", _NAMES, "comment", _TEXTS, "location", _TEXTS),
    _joined(
        st.sampled_from(["drop table if exists", "drop view", "vacuum", "msck repair table"]),
        _NAMES,
    ),
    _joined(
        st.sampled_from(["describe", "describe formatted", "show create table", "show partitions"]),
        _NAMES,
    ),
    _joined("show tblproperties", _NAMES, "(", _TEXTS, ")"),
    _joined("show tables", _TEXTS),
    _joined("optimize", _NAMES, "rewrite data using bin_pack where a =", _TEXTS),
    _joined("unload (select 1 as a) to", _TEXTS, "with (format = ", _TEXTS, ")"),
)


@pytest.fixture(scope="module")
def fuzzed(athena):
    """A database for whatever the statements make."""
    name = f"fuzz_{uuid.uuid4().hex[:8]}"
    athena.run(f"create database {name}")
    athena.run(
        f"create table {name}.t (a int, p string) location 's3://{athena.bucket}/{name}/t/'"
        " tblproperties ('table_type'='iceberg')"
    )
    athena.run(
        f"create external table {name}.u (a int) partitioned by (p string)"
        f" location 's3://{athena.bucket}/{name}/u/'"
    )
    return name


@settings(max_examples=80, deadline=None)
@example(sql="alter table t change column a a struct<`b c`:int>")
@given(sql=_STATEMENTS)
def test_any_ddl_is_answered_as_athena_would(athena, fuzzed, sql):
    sql = sql.replace("{bucket}", athena.bucket)
    answer = _answer(athena, sql, fuzzed)
    if answer == "InvalidRequestException":
        return
    assert answer["State"] in {"SUCCEEDED", "FAILED"}, answer
    if answer["State"] == "FAILED":
        assert "localaws:" not in answer["StateChangeReason"]
        assert answer["AthenaError"]["ErrorMessage"] == answer["StateChangeReason"]


def _answer(athena, sql, database):
    """The error code with which a statement is refused, or the status in which it ends."""
    context = {"Catalog": "AwsDataCatalog", "Database": database}
    try:
        identity = athena.start(sql, QueryExecutionContext=context)
    except ClientError as refusal:
        return refusal.response["Error"]["Code"]
    return athena.wait(identity)["Status"]
