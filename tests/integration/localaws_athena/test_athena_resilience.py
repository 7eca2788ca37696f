"""Many at once, and what breaks."""

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from botocore.exceptions import ClientError


def test_eight_writers_of_eight_tables_do_not_disturb_each_other(athena):
    # GIVEN eight threads, each with tables of its own
    def build(number):
        name = f"thread_{number}_{uuid.uuid4().hex[:6]}"
        athena.run(
            f"create table {name} with (table_type='iceberg', is_external=false,"
            f" location='{athena.location(name)}') as select {number} as n"
        )
        athena.run(f"insert into {name} values ({number + 100})")
        return athena.rows(f"select n from {name} order by n")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(build, range(8)))
    # THEN each sees its own rows
    assert found == [[[str(n)], [str(n + 100)]] for n in range(8)]


def test_an_iceberg_conflict_is_told_as_such_or_resolved(athena):
    # GIVEN writers of the same rows of one table
    name = f"conflict_{uuid.uuid4().hex[:6]}"
    athena.run(
        f"create table {name} with (table_type='iceberg', is_external=false,"
        f" location='{athena.location(name)}') as select 1 as id, 0 as n"
    )

    def update(_):
        status = athena.wait(athena.start(f"update {name} set n = n + 1 where id = 1"))["Status"]
        return status["State"], status.get("AthenaError", {})

    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(update, range(4)))
    # THEN whoever succeeded is counted, and the others know that it was a conflict
    succeeded = sum(state == "SUCCEEDED" for state, _ in ends)
    assert athena.rows(f"select n from {name}") == [[str(succeeded)]]
    for state, error in ends:
        if state == "FAILED":
            assert error["ErrorType"] == 233
            assert error["ErrorMessage"].startswith("ICEBERG_COMMIT_ERROR: ")


def test_a_result_whose_bucket_is_gone_fails_and_the_server_lives(athena):
    bucket = f"gone-{uuid.uuid4().hex[:8]}"
    athena.s3.create_bucket(Bucket=bucket)
    identity = athena.start(
        "select count(*) from unnest(sequence(1, 3000)) a (x), unnest(sequence(1, 3000)) b (y)",
        ResultConfiguration={"OutputLocation": f"s3://{bucket}/"},
    )
    athena.s3.delete_bucket(Bucket=bucket)
    status = athena.wait(identity)["Status"]
    assert status["State"] == "FAILED"
    assert bucket in status["StateChangeReason"]
    assert athena.rows("select 1") == [["1"]]


def test_a_query_survives_neither_its_engine_nor_does_the_engine_stay_away(athena):
    # GIVEN a running query
    identity = athena.start(
        "select count(*) from unnest(sequence(1, 10000)) a (x), unnest(sequence(1, 10000)) b (y),"
        " unnest(sequence(1, 10000)) c (z) where x * y % 7 = z % 7"
    )
    time.sleep(1)
    # WHEN Trino is killed
    endpoints = athena.aws.settings.home / "endpoints.json"
    psutil.Process(json.loads(endpoints.read_text())["pids"]["trino"]).kill()
    # THEN the query fails as a failure of the system
    status = athena.wait(identity)["Status"]
    assert status["State"] == "FAILED"
    assert status["AthenaError"]["ErrorCategory"] == 1
    # AND the next query waits for the engine that is started again
    assert athena.rows("select 1") == [["1"]]


@pytest.mark.parametrize(
    "sql", ["select\0 1", "create table \U0001f600 (a int)", "alter", "'" * 1001]
)
def test_odd_input_is_refused_or_fails(athena, sql):
    try:
        status = athena.wait(athena.start(sql))["Status"]["State"]
    except ClientError as refusal:
        status = refusal.response["Error"]["Code"]
    assert status in {"FAILED", "InvalidRequestException"}
    assert athena.rows("select 1") == [["1"]]
