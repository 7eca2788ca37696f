"""A stack with other database names: commands find its databases and leave all others alone."""

import csv
import io
import json
import os
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from localaws.testing import LocalAws
from orchestration.alerts import failure_report
from orchestration.cloud import program
from tests.support.named_stack import ANALYTICS, STACK, STAGING, VISITOR, Stack


@pytest.fixture(scope="module")
def stack(localaws: LocalAws) -> Iterator[Stack]:
    """The deployed stack with its tables."""
    made = Stack(localaws)
    made.make()
    yield made
    localaws.client("cloudformation").delete_stack(StackName=STACK)


def test_a_query_without_a_database_asks_the_stacks_marts(stack: Stack) -> None:
    ran = stack.run("query", "select count(*) as sessions from fact_events")
    assert (ran.stdout, ran.stderr) == ('"sessions"\n"3"\n', "")


def test_csv_is_byte_for_byte_athenas_own_result_file(stack: Stack) -> None:
    """GIVEN nulls, empty texts, quotes, brackets WHEN piped THEN it is the file that Athena wrote."""
    sql = (
        "select * from (values (1, cast(null as varchar), '[draft] \"x\"', 1.5e0, true), "
        "(2, '', '[/x], :smile:', null, false)) as t (n, empty, name, share, flag)"
    )
    ran = stack.run("query", sql)
    client = stack.aws.client("athena")
    newest = client.list_query_executions(WorkGroup=STACK)["QueryExecutionIds"][0]
    execution = client.get_query_execution(QueryExecutionId=newest)["QueryExecution"]
    key = execution["ResultConfiguration"]["OutputLocation"].split("/", 3)[3]
    own = stack.aws.client("s3").get_object(Bucket=stack.bucket, Key=key)["Body"].read().decode()
    assert ran.stdout == own


def test_json_has_nulls_numbers_and_booleans_of_its_own(stack: Stack) -> None:
    sql = (
        "select 9007199254740993 as big, cast(null as bigint) as nothing, 0.1e0 as share, "
        "nan() as odd, decimal '1.50' as price, true as flag, '' as empty, date '2026-03-01' as day"
    )
    ran = stack.run("query", "--format", "json", sql)
    assert json.loads(ran.stdout) == [
        {
            "big": 9007199254740993,
            "nothing": None,
            "share": 0.1,
            "odd": "NaN",
            "price": 1.5,
            "flag": True,
            "empty": "",
            "day": "2026-03-01",
        }
    ]
    assert '"price": 1.50,' in ran.stdout


@pytest.mark.parametrize(("form", "rows", "cut"), [("csv", 3500, False), ("table", 1000, True)])
def test_only_a_table_is_cut_and_says_so(stack: Stack, form: str, rows: int, cut: bool) -> None:
    sql = "select n from unnest(sequence(1, 3500)) as t (n)"
    ran = stack.run("query", "--format", form, sql)
    numbers = [line.strip(' "') for line in ran.stdout.splitlines() if line.strip(' "').isdigit()]
    assert len(numbers) == rows
    assert ("only the first 1,000 rows" in ran.stderr) == cut


def test_columns_that_are_called_like_markup_stay_so(stack: Stack) -> None:
    ran = stack.run("query", """select '[/x]' as "[red]a[/red]", ':smile:' as "[draft]" """)
    assert list(csv.reader(io.StringIO(ran.stdout))) == [
        ["[red]a[/red]", "[draft]"],
        ["[/x]", ":smile:"],
    ]


def test_a_closed_pipe_is_not_an_error(stack: Stack) -> None:
    """GIVEN many rows WHEN the reader stops after one THEN no error is printed."""
    sql = "select n, rpad('x', 200, 'x') from unnest(sequence(1, 9000)) as t (n)"
    with subprocess.Popen(
        [program("wistia-pipeline"), "query", sql],
        env=os.environ | stack.aws.environment() | {"STACK_NAME": STACK},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_an_erasure_reaches_the_stacks_marts_and_no_other_database(stack: Stack) -> None:
    ran = stack.run("erase", VISITOR)
    assert ran.returncode == 0, ran.stderr
    assert f"{ANALYTICS}.fact_events: 2 removed, 0 left" in ran.stdout
    left = f"select event_key from {ANALYTICS}.fact_events"
    assert stack.sql(left) == [["3"]]
    assert stack.sql("select count(*) from wistia_analytics.fact_events") == [["3"]]


def test_an_erasure_empties_no_table_and_drops_failing_rows_of_the_viewer(stack: Stack) -> None:
    """GIVEN tables among the query results WHEN a viewer is erased THEN only theirs are gone."""
    stack.make_hive_tables()
    glue = stack.aws.client("glue")
    location = glue.get_table(DatabaseName=ANALYTICS, Name="dim_media")["Table"]
    assert "/athena-results/" in location["StorageDescriptor"]["Location"]
    ran = stack.run("erase", VISITOR)
    assert ran.returncode == 0, ran.stderr
    assert f"{ANALYTICS}.a_test: 1 removed, 0 left" in ran.stdout
    assert stack.sql("select media_id from dim_media") == [["m"]]
    tables = glue.get_tables(DatabaseName=ANALYTICS)["TableList"]
    assert {table["Name"] for table in tables} == {"dim_media", "fact_events"}
    listed = stack.aws.client("s3").list_objects_v2(Bucket=stack.bucket, Prefix="athena-results/")
    dim_media = location["StorageDescriptor"]["Location"].split("/", 3)[3]
    after = [item["Key"] for item in listed["Contents"]]
    others = [key for key in after if not key.startswith(dim_media)]
    assert all(item.endswith((".csv", ".metadata", ".txt")) for item in others), others


def test_the_status_names_the_stacks_databases(stack: Stack) -> None:
    assert f"{STAGING}, {ANALYTICS}" in stack.run("status").stdout


def test_the_reason_of_a_failed_crawl_comes_first(stack: Stack) -> None:
    """GIVEN a crawler of a missing table WHEN it has run THEN the report begins with its reason."""
    glue, name = stack.aws.client("glue"), f"{STACK}-crawler"
    glue.create_crawler(
        Name=name,
        Role="any",
        Targets={"CatalogTargets": [{"DatabaseName": STAGING, "Tables": ["gone"]}]},
        SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
    )
    glue.start_crawler(Name=name)
    crawler = _ended_crawl(glue, name)
    reason = crawler["LastCrawl"]["ErrorMessage"]
    cause = json.dumps(crawler, default=str)
    assert reason
    error, told = failure_report.explain("RefreshCatalog", "CrawlFailed", cause)
    assert error == "CrawlFailed"
    assert told.startswith(reason)


def _ended_crawl(glue: Any, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        crawler: dict[str, Any] = glue.get_crawler(Name=name)["Crawler"]
        if crawler["State"] == "READY" and "LastCrawl" in crawler:
            return crawler
        time.sleep(0.2)
    raise AssertionError(f"the crawl of {name} did not end")
