"""The wheel works alone: in an empty environment, with no extra and nothing of the checkout."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from localaws_support.installed import REPOSITORY, Environment, new_environment

# Modules that need a package which localaws does not bring, with the reason.
NOT_IMPORTED_ALONE = {
    "localaws.glue_jobs.sample_job": "runs in Spark",
    "localaws.pytest_plugin": "pytest imports it",
}
IMPORT_ALL = """
import importlib, json, pkgutil, sys, localaws
failed = {}
for module in pkgutil.walk_packages(localaws.__path__, "localaws."):
    if module.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        failed[module.name] = str(error)
print(json.dumps({"file": localaws.__file__, "failed": failed}))
"""
MISSING_ENGINES = """
from localaws.downloads import missing_engines
from localaws.settings import Settings
print(*missing_engines(Settings(cache="empty")), sep="\\n")
"""
QUERY = """
import boto3, json, time
boto3.client("s3").create_bucket(Bucket="alone")
athena = boto3.client("athena")

def run(sql):
    query = athena.start_query_execution(
        QueryString=sql, ResultConfiguration={"OutputLocation": "s3://alone/results/"}
    )["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            assert status["State"] == "SUCCEEDED", status
            return query
        time.sleep(0.05)

run("create database shop")
run(
    "create table shop.orders with (external_location = 's3://alone/orders/') as"
    " select * from (values (1, 'pear'), (2, 'fig')) t (id, fruit)"
)
rows = athena.get_query_results(QueryExecutionId=run("select fruit from shop.orders order by id"))
print(json.dumps([row["Data"][0]["VarCharValue"] for row in rows["ResultSet"]["Rows"]]))
"""
START_JOB = """
import boto3
glue = boto3.client("glue")
command = {"Name": "glueetl", "ScriptLocation": "s3://alone/job.py"}
glue.create_job(Name="job", Role="arn:aws:iam::123456789012:role/job", Command=command)
try:
    glue.start_job_run(JobName="job")
except glue.exceptions.InvalidInputException as error:
    print(error.response["Error"]["Message"])
print(len(glue.get_job_runs(JobName="job")["JobRuns"]), "runs")
"""


@pytest.fixture(scope="module")
def alone(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = new_environment(tmp_path_factory.mktemp("alone"))
    environment.install(wheel)
    return environment


@pytest.fixture(scope="module")
def account(alone: Environment) -> Iterator[Environment]:
    """The same environment, with the variables of a started account."""
    exports = alone.output("localaws", "up")
    pairs = (line.removeprefix("export ").split("=", 1) for line in exports.splitlines())
    yield Environment(alone.venv, alone.folder, dict(pairs))  # type: ignore[arg-type]
    assert "localaws stopped" in alone.run("localaws", "down").stderr
    assert alone.run("localaws", "status").returncode == 3


def test_every_module_imports_and_comes_from_the_wheel(alone: Environment):
    report = json.loads(alone.output("python", "-c", IMPORT_ALL))
    assert Path(report["file"]).is_relative_to(alone.venv)
    assert report["failed"].keys() == NOT_IMPORTED_ALONE.keys(), report["failed"]


def test_nothing_of_the_pipeline_nor_of_an_extra_is_installed(alone: Environment):
    folders = {path.name for path in alone.venv.glob("lib/python*/site-packages/*")}
    assert {"localaws", "boto3"} <= folders
    assert not folders & {"pyspark", "awscli", "dbt", "ingestion", "wistia_simulator", "pytest"}
    assert not alone.folder.is_relative_to(REPOSITORY)


def test_java_for_spark_is_not_downloaded_without_spark(alone: Environment):
    missing = alone.output("python", "-c", MISSING_ENGINES).splitlines()
    assert missing == ["Java 25 for Trino", "Trino"]


def test_a_table_is_made_and_queried(account: Environment):
    assert json.loads(account.output("python", "-c", QUERY)) == ["fruit", "pear", "fig"]


def test_a_glue_job_says_that_spark_is_not_installed(account: Environment):
    message, runs = account.output("python", "-c", START_JOB).splitlines()
    assert message.startswith("Spark is not installed")
    assert "pip install 'localaws[spark]'" in message
    assert runs == "0 runs"
