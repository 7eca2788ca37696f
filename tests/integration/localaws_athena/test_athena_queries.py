"""Query executions: results, errors, stopping, reuse, workgroups."""

import time
import uuid

import pytest
from botocore.exceptions import ClientError


def test_a_result_is_rows_csv_and_metadata(athena):
    # WHEN a query with odd values runs
    execution = athena.run("select 1 as a, 'x\"y,\nz' as b, cast(null as varchar) as c, '' as d")
    # THEN its rows come with a header
    (page,) = athena.pages(execution["QueryExecutionId"])
    rows = [[d.get("VarCharValue") for d in row["Data"]] for row in page["ResultSet"]["Rows"]]
    assert rows == [["a", "b", "c", "d"], ["1", 'x"y,\nz', None, ""]]
    kinds = [c["Type"] for c in page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]]
    assert kinds == ["integer", "varchar", "varchar", "varchar"]
    # AND its CSV is quoted as Athena quotes, with the metadata beside it
    location = execution["ResultConfiguration"]["OutputLocation"]
    key = location.removeprefix(f"s3://{athena.bucket}/")
    body = athena.s3.get_object(Bucket=athena.bucket, Key=key)["Body"].read()
    assert body == b'"a","b","c","d"\n"1","x""y,\nz",,""\n'
    metadata = athena.s3.get_object(Bucket=athena.bucket, Key=f"{key}.metadata")["Body"].read()
    assert b"integer" in metadata
    assert key.endswith(f"{execution['QueryExecutionId']}.csv")


def test_pages_cover_every_row_once(athena):
    execution = athena.run("select n from unnest(sequence(1, 2500)) as t (n)")
    pages = list(athena.pages(execution["QueryExecutionId"]))
    # THEN a page has 1,000 rows at most, the header among them
    assert [len(page["ResultSet"]["Rows"]) for page in pages] == [1000, 1000, 501]
    found = [
        int(r["Data"][0]["VarCharValue"])
        for p in pages
        for r in p["ResultSet"]["Rows"]
        if r["Data"][0]["VarCharValue"] != "n"
    ]
    assert sorted(found) == list(range(1, 2501))


def test_a_syntax_error_is_refused_at_once(athena):
    with pytest.raises(ClientError) as refusal:
        athena.start("select from where")
    error = refusal.value.response["Error"]
    assert error["Code"] == "InvalidRequestException"
    assert "mismatched input" in error["Message"]


@pytest.mark.parametrize(
    ("sql", "reason", "kind"),
    [
        (
            "select * from nowhere",
            "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.{db}.nowhere' does not exist",
            1110,
        ),
        (
            "select x from (select 1 a)",
            "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved or requester is not authorized to access requested resources",
            1004,
        ),
        ("select 1 / 0", "DIVISION_BY_ZERO: Division by zero", 1001),
        ("select nope(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'nope' not registered", 1303),
        (
            "describe nowhere",
            "FAILED: SemanticException [Error 10001]: Table not found {db}.nowhere",
            1003,
        ),
        (
            "drop table nowhere",
            "FAILED: SemanticException [Error 10001]: Table not found nowhere",
            1003,
        ),
        (
            "select * from no_db.t",
            "SCHEMA_NOT_FOUND: line 1:15: Schema 'no_db' does not exist",
            1004,
        ),
    ],
)
def test_a_failure_has_athenas_words_and_category(athena, sql, reason, kind):
    status = athena.fail(sql)
    assert status["StateChangeReason"] == reason.format(db=athena.database)
    assert status["AthenaError"]["ErrorCategory"] == 2
    assert status["AthenaError"]["ErrorType"] == kind


def test_a_running_query_really_stops(athena):
    # GIVEN a query that would take minutes
    identity = athena.start(
        "select count(*) from unnest(sequence(1, 10000)) a (x), unnest(sequence(1, 10000)) b (y),"
        " unnest(sequence(1, 10000)) c (z) where x * y % 7 = z % 7"
    )
    time.sleep(0.5)
    # WHEN it is stopped
    athena.client.stop_query_execution(QueryExecutionId=identity)
    # THEN it ends, and has no result
    assert athena.wait(identity)["Status"]["State"] == "CANCELLED"
    with pytest.raises(ClientError, match="Final query state: CANCELLED"):
        athena.client.get_query_results(QueryExecutionId=identity)


def test_parameters_and_prepared_statements_give_the_same(athena):
    assert athena.rows("select ? + 1, ?", ExecutionParameters=["41", "'a?'"]) == [["42", "a?"]]
    name = f"p_{uuid.uuid4().hex[:6]}"
    athena.run(f"prepare {name} from select ? + 1")
    assert athena.rows(f"execute {name} using 41") == [["42"]]
    shown = athena.client.get_prepared_statement(StatementName=name, WorkGroup="primary")
    assert shown["PreparedStatement"]["QueryStatement"] == "select ? + 1"
    athena.run(f"deallocate prepare {name}")
    with pytest.raises(ClientError, match="was not found"):
        athena.start(f"execute {name} using 41")


def test_a_recent_result_is_reused_if_asked_for(athena):
    sql = f"select '{uuid.uuid4()}' as a, random() as b"
    first = athena.rows(sql)
    options = {
        "ResultReuseConfiguration": {
            "ResultReuseByAgeConfiguration": {"Enabled": True, "MaxAgeInMinutes": 5}
        }
    }
    execution = athena.run(sql, **options)
    assert execution["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"]
    assert athena.rows(sql, **options) == first
    assert athena.rows(sql) != first


def test_a_request_token_starts_one_query_only(athena):
    token = uuid.uuid4().hex
    assert athena.start("select 1", ClientRequestToken=token) == athena.start(
        "select 1", ClientRequestToken=token
    )
    with pytest.raises(ClientError, match="Idempotent parameters do not match"):
        athena.start("select 2", ClientRequestToken=token)


def test_a_workgroup_enforces_its_location_and_its_cutoff(athena):
    # GIVEN a workgroup that enforces its configuration
    group = f"wg-{uuid.uuid4().hex[:6]}"
    location = f"s3://{athena.bucket}/{group}/"
    athena.client.create_work_group(
        Name=group,
        Configuration={
            "ResultConfiguration": {"OutputLocation": location},
            "EnforceWorkGroupConfiguration": True,
            "BytesScannedCutoffPerQuery": 10_000_000,
        },
    )
    # THEN the request's own location is ignored
    execution = athena.run("select 1", WorkGroup=group)
    assert execution["ResultConfiguration"]["OutputLocation"].startswith(location)
    # AND the list of its executions holds the query
    listed = athena.client.list_query_executions(WorkGroup=group)["QueryExecutionIds"]
    assert listed == [execution["QueryExecutionId"]]
    # AND a disabled one takes no query
    athena.client.update_work_group(WorkGroup=group, State="DISABLED")
    with pytest.raises(ClientError, match="is disabled"):
        athena.start("select 1", WorkGroup=group)


def test_a_query_without_a_place_for_its_result_is_refused(athena):
    with pytest.raises(ClientError, match="No output location provided"):
        athena.start("select 1", ResultConfiguration={})
    with pytest.raises(ClientError, match="Unable to verify/create output bucket no-such"):
        athena.start("select 1", ResultConfiguration={"OutputLocation": "s3://no-such/x/"})


def test_explain_is_text(athena):
    lines = athena.rows("explain select 1")
    assert any("Output" in str(line[0]) for line in lines)


def test_named_queries_are_kept(athena):
    made = athena.client.create_named_query(
        Name="q", Database=athena.database, QueryString="select 1"
    )
    identity = made["NamedQueryId"]
    athena.client.update_named_query(NamedQueryId=identity, Name="q2", QueryString="select 2")
    found = athena.client.batch_get_named_query(NamedQueryIds=[identity, str(uuid.uuid4())])
    assert found["NamedQueries"][0]["QueryString"] == "select 2"
    assert len(found["UnprocessedNamedQueryIds"]) == 1
    athena.client.delete_named_query(NamedQueryId=identity)
