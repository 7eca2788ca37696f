"""Many at once, and what breaks."""

import contextlib
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


def test_a_table_whose_bucket_is_gone_fails_and_the_server_lives(athena):
    # GIVEN a table in a bucket of its own
    bucket, name = f"gone-{uuid.uuid4().hex[:8]}", f"gone_{uuid.uuid4().hex[:6]}"
    athena.s3.create_bucket(Bucket=bucket)
    athena.run(
        f"create table {name} with (table_type='iceberg', is_external=false,"
        f" location='s3://{bucket}/t/') as select 1 as n"
    )
    # WHEN the bucket is emptied and dropped
    for item in athena.s3.list_objects_v2(Bucket=bucket)["Contents"]:
        athena.s3.delete_object(Bucket=bucket, Key=item["Key"])
    athena.s3.delete_bucket(Bucket=bucket)
    # THEN reading, writing and describing it fail in Athena's form
    for sql in (f"select * from {name}", f"insert into {name} values (2)", f"describe {name}"):
        status = athena.fail(sql)
        assert status["AthenaError"]["ErrorMessage"] == status["StateChangeReason"]
        assert "localaws:" not in status["StateChangeReason"]
    assert athena.rows("select 1") == [["1"]]


@contextlib.contextmanager
def _no_room(athena, mib):
    """Let the server write no file larger than some MiB: all that it sees of a full disk."""
    endpoints = json.loads((athena.aws.settings.home / "endpoints.json").read_text())
    server = psutil.Process(endpoints["pids"]["server"])
    before = server.rlimit(psutil.RLIMIT_FSIZE)
    server.rlimit(psutil.RLIMIT_FSIZE, (mib << 20, before[1]))
    try:
        yield
    finally:
        server.rlimit(psutil.RLIMIT_FSIZE, before)


_LARGE = (
    "select n, rpad(cast(random() as varchar), 100, 'x') as v"
    " from unnest(sequence(1, 10000)) a (n), unnest(sequence(1, 9)) b (m)"
)


def test_a_full_disk_fails_the_query_and_the_server_lives(athena):
    name = f"full_{uuid.uuid4().hex[:6]}"
    into_table = (
        f"create table {name} with (format='textfile', write_compression='none') as {_LARGE}"
    )
    # GIVEN a machine with no room for 9 MB
    with _no_room(athena, 4):
        # THEN a result of that size fails, and says why
        status = athena.fail(_LARGE)
        assert status["StateChangeReason"].startswith(
            "GENERIC_INTERNAL_ERROR: This machine could not store what the query wrote: "
        )
        assert status["AthenaError"]["ErrorCategory"] == 1
        # AND so does a table
        assert athena.fail(into_table)["AthenaError"]["ErrorCategory"] in {1, 3}
        # AND what needs little room runs on
        assert athena.rows("select 1") == [["1"]]
    # WHEN there is room again, both run
    assert len(athena.rows(_LARGE)) == 90000
    athena.run(into_table)
    assert athena.rows(f"select count(*) from {name}") == [["90000"]]


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
