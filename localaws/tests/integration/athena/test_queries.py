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
            1301,
        ),
        (
            "select x from (select 1 a)",
            "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved or requester is not authorized to access requested resources",
            1006,
        ),
        ("select 1 / 0", "DIVISION_BY_ZERO: Division by zero", 1001),
        ("select nope(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'nope' not registered", 1303),
        (
            "select bitwise_xor_agg(1)",
            "FUNCTION_NOT_FOUND: line 1:8: Function 'bitwise_xor_agg' not registered",
            1303,
        ),
        (
            "create view {db}.v as select t_pdf(1, 2)",
            "FUNCTION_NOT_FOUND: line 1:41: Function 't_pdf' not registered",
            1303,
        ),
        (
            "select * from nowhere.db.t",
            "CATALOG_NOT_FOUND: line 1:15: Catalog 'nowhere' does not exist",
            1006,
        ),
        (
            "select 'a' + 1",
            "TYPE_MISMATCH: line 1:12: Cannot apply operator: varchar(1) + integer",
            1002,
        ),
        (
            "drop table nowhere",
            "FAILED: SemanticException [Error 10001]: Table not found nowhere",
            1003,
        ),
        (
            "select * from no_db.t",
            "SCHEMA_NOT_FOUND: line 1:15: Schema 'no_db' does not exist",
            1301,
        ),
    ],
)
def test_a_failure_has_athenas_words_and_category(athena, sql, reason, kind):
    status = athena.fail(sql.format(db=athena.database))
    assert status["StateChangeReason"] == reason.format(db=athena.database)
    assert status["AthenaError"]["ErrorCategory"] == 2
    assert status["AthenaError"]["ErrorType"] == kind


@pytest.mark.parametrize("sql", ["describe nowhere", "show columns in nowhere"])
def test_a_missing_table_cannot_be_described(athena, sql):
    with pytest.raises(ClientError, match="Entity Not Found"):
        athena.start(sql)


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
    # WHEN a plan is asked for
    execution = athena.run("explain select 1")
    (page,) = athena.pages(execution["QueryExecutionId"])
    lines = [row["Data"][0].get("VarCharValue") for row in page["ResultSet"]["Rows"]]
    # THEN it is text under the column's name, and nothing is read for it
    assert lines[0] == "Query Plan"
    assert any("Output" in line for line in lines)
    # AND a plan that is carried out says what it cost
    assert any("CPU" in str(row[0]) for row in athena.rows("explain analyze select 1"))


def test_functions_are_listed_under_a_header(athena):
    execution = athena.run("show functions")
    kind = execution["StatementType"], execution["SubstatementType"]
    assert kind == ("UTILITY", "SHOW_FUNCTIONS")
    first = next(athena.pages(execution["QueryExecutionId"]))["ResultSet"]["Rows"]
    names = [row["Data"][0]["VarCharValue"] for row in first]
    assert names[0] == "Function"
    assert "abs" in names


def test_maps_are_printed_in_the_order_of_their_keys(athena):
    sql = "select map(array['k', 'j'], array[1, 2]), map(array[10, 9], array['a', 'b'])"
    assert athena.rows(sql) == [["{j=2, k=1}", "{9=b, 10=a}"]]


def test_runtime_statistics_count_rows_and_time(athena):
    execution = athena.run("select n from unnest(sequence(1, 25)) as t (n)")
    found = athena.client.get_query_runtime_statistics(
        QueryExecutionId=execution["QueryExecutionId"]
    )["QueryRuntimeStatistics"]
    assert found["Rows"]["OutputRows"] == 25
    assert found["OutputStage"]["State"] == "FINISHED"
    assert found["Timeline"]["TotalExecutionTimeInMillis"] > 0


def test_named_queries_are_kept(athena):
    made = athena.client.create_named_query(
        Name="q", Database=athena.database, QueryString="select 1"
    )
    identity = made["NamedQueryId"]
    athena.client.update_named_query(NamedQueryId=identity, Name="q2", QueryString="select 2")
    found = athena.client.batch_get_named_query(NamedQueryIds=[identity, str(uuid.uuid4())])
    assert found["NamedQueries"][0]["QueryString"] == "select 2"
    assert len(found["UnprocessedNamedQueryIds"]) == 1
    assert athena.client.get_named_query(NamedQueryId=identity)["NamedQuery"]["Name"] == "q2"
    assert identity in athena.client.list_named_queries()["NamedQueryIds"]
    athena.client.delete_named_query(NamedQueryId=identity)
    assert identity not in athena.client.list_named_queries()["NamedQueryIds"]


def test_prepared_statements_are_kept(athena):
    name = f"p_{uuid.uuid4().hex[:6]}"
    key = {"StatementName": name, "WorkGroup": "primary"}
    athena.client.create_prepared_statement(QueryStatement="select ?", **key)
    athena.client.update_prepared_statement(QueryStatement="select ? + 1", Description="d", **key)
    found = athena.client.batch_get_prepared_statement(
        PreparedStatementNames=[name, "nowhere"], WorkGroup="primary"
    )
    assert found["PreparedStatements"][0]["QueryStatement"] == "select ? + 1"
    assert len(found["UnprocessedPreparedStatementNames"]) == 1
    listed = athena.client.list_prepared_statements(WorkGroup="primary")["PreparedStatements"]
    assert name in {statement["StatementName"] for statement in listed}
    athena.client.delete_prepared_statement(**key)
    with pytest.raises(ClientError, match="was not found"):
        athena.client.get_prepared_statement(**key)


def test_executions_are_listed_and_got_in_batches(athena):
    first, second = athena.start("select 1"), athena.start("select 2")
    for identity in (first, second):
        athena.wait(identity)
    found = athena.client.batch_get_query_execution(QueryExecutionIds=[first, second, "nowhere"])
    assert [e["Query"] for e in found["QueryExecutions"]] == ["select 1", "select 2"]
    assert [e["QueryExecutionId"] for e in found["UnprocessedQueryExecutionIds"]] == ["nowhere"]
    assert athena.client.list_query_executions(MaxResults=2)["QueryExecutionIds"] == [second, first]


def test_a_workgroup_is_made_shown_and_deleted(athena):
    group = f"wg-{uuid.uuid4().hex[:6]}"
    athena.client.create_work_group(Name=group, Description="d", Configuration={})
    shown = athena.client.get_work_group(WorkGroup=group)["WorkGroup"]
    assert (shown["Description"], shown["State"]) == ("d", "ENABLED")
    engine = shown["Configuration"]["EngineVersion"]["EffectiveEngineVersion"]
    offered = athena.client.list_engine_versions()["EngineVersions"]
    assert engine in {version["EffectiveEngineVersion"] for version in offered}
    assert group in {g["Name"] for g in athena.client.list_work_groups()["WorkGroups"]}
    athena.client.delete_work_group(WorkGroup=group)
    with pytest.raises(ClientError, match="is not found"):
        athena.start("select 1", WorkGroup=group)


def test_data_catalogs_are_kept(athena):
    name = f"catalog_{uuid.uuid4().hex[:6]}"
    athena.client.create_data_catalog(Name=name, Type="GLUE", Parameters={"catalog-id": "1" * 12})
    athena.client.update_data_catalog(Name=name, Type="GLUE", Description="mine")
    assert athena.client.get_data_catalog(Name=name)["DataCatalog"]["Description"] == "mine"
    listed = athena.client.list_data_catalogs()["DataCatalogsSummary"]
    assert {"AwsDataCatalog", name} <= {catalog["CatalogName"] for catalog in listed}
    athena.client.delete_data_catalog(Name=name)
    listed = athena.client.list_data_catalogs()["DataCatalogsSummary"]
    assert name not in {catalog["CatalogName"] for catalog in listed}


def test_tags_and_reservations_are_kept(athena):
    group, name = f"wg-{uuid.uuid4().hex[:6]}", f"capacity-{uuid.uuid4().hex[:6]}"
    athena.client.create_work_group(Name=group, Configuration={})
    account = athena.aws.account_id
    arn = f"arn:aws:athena:{athena.aws.region}:{account}:workgroup/{group}"
    athena.client.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert athena.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "a", "Value": "b"}
    ]
    athena.client.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert athena.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == []
    athena.client.create_capacity_reservation(Name=name, TargetDpus=24)
    athena.client.update_capacity_reservation(Name=name, TargetDpus=32)
    found = athena.client.get_capacity_reservation(Name=name)["CapacityReservation"]
    assert found["TargetDpus"] == 32
    listed = athena.client.list_capacity_reservations()["CapacityReservations"]
    assert name in {reservation["Name"] for reservation in listed}


def test_what_is_not_here_is_refused_by_name(athena):
    for call, options in (
        (athena.client.start_session, {"WorkGroup": "primary", "EngineConfiguration": {}}),
        (athena.client.get_capacity_assignment_configuration, {"CapacityReservationName": "x"}),
    ):
        with pytest.raises(ClientError, match="is not part of localaws") as refusal:
            call(**options)
        assert refusal.value.response["Error"]["Code"] == "InvalidRequestException"


def test_what_needs_other_catalogs_is_refused(athena):
    for sql in (
        "using external function f(x integer) returns integer lambda 'l' select f(1)",
        "create protected multi dialect view v as select 1 as a",
    ):
        with pytest.raises(ClientError) as refusal:
            athena.start(sql)
        assert refusal.value.response["Error"]["Code"] == "InvalidRequestException"
    reason = athena.fail("select * from lambda_catalog.db.t")["StateChangeReason"]
    assert reason.endswith("Catalog 'lambda_catalog' does not exist")
