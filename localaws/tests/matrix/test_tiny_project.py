"""What localaws must do on every Python and with every dbt: start, S3, Athena, `dbt build`."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from localaws.testing import LocalAws

PROJECT = {
    "dbt_project.yml": "name: tiny\nprofile: tiny\nversion: '1.0'\n",
    "seeds/fruits.csv": "id,fruit\n1,pear\n2,fig\n",
    "models/ripe.sql": "select id, upper(fruit) as fruit from {{ ref('fruits') }}\n",
    "models/eaten.sql": """
        {{ config(materialized='incremental', table_type='iceberg', incremental_strategy='merge',
                  unique_key='id') }}
        select id, fruit from {{ ref('ripe') }}
    """,
    "models/kept.sql": "{{ config(materialized='table') }} select * from {{ ref('eaten') }}\n",
    "models/models.yml": """
models:
  - name: eaten
    columns:
      - name: id
        data_tests: [unique, not_null]
""",
    "profiles.yml": """
tiny:
  target: localaws
  outputs:
    localaws:
      type: athena
      database: awsdatacatalog
      schema: tiny
      region_name: us-east-1
      s3_staging_dir: s3://tiny/results/
      s3_data_dir: s3://tiny/tables/
      poll_interval: 0.05
""",
}


@pytest.fixture(scope="session")
def bucket(localaws: LocalAws) -> str:
    localaws.client("s3").create_bucket(Bucket="tiny")
    return "tiny"


def query(localaws: LocalAws, sql: str) -> list[list[str]]:
    athena = localaws.client("athena")
    output = {"OutputLocation": "s3://tiny/results/"}
    started = athena.start_query_execution(QueryString=sql, ResultConfiguration=output)
    execution = {"QueryExecutionId": started["QueryExecutionId"]}
    state = "QUEUED"
    while state in ("QUEUED", "RUNNING"):
        time.sleep(0.05)
        status = athena.get_query_execution(**execution)["QueryExecution"]["Status"]
        state = status["State"]
    assert state == "SUCCEEDED", status
    rows = athena.get_query_results(**execution)["ResultSet"]["Rows"]
    return [[cell["VarCharValue"] for cell in row["Data"]] for row in rows[1:]]


def test_an_object_and_a_table(localaws: LocalAws, bucket: str):
    s3 = localaws.client("s3")
    s3.put_object(Bucket=bucket, Key="a b", Body=b"text")
    assert s3.get_object(Bucket=bucket, Key="a b")["Body"].read() == b"text"
    query(localaws, "create database shop")
    query(localaws, "create table shop.t with (format = 'parquet') as select 1 as id, 'pear' as f")
    assert query(localaws, "select * from shop.t") == [["1", "pear"]]


@pytest.mark.skipif(
    not Path(sys.executable).with_name("dbt").exists(), reason="dbt is not installed"
)
def test_dbt_builds_twice(localaws: LocalAws, bucket: str, tmp_path: Path):
    for name, text in PROJECT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    for _ in range(2):
        done = subprocess.run(
            [Path(sys.executable).with_name("dbt"), "--no-use-colors", "build"],
            cwd=tmp_path,
            env={**os.environ, **localaws.environment(), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert re.search(r"PASS=6 WARN=0 ERROR=0 SKIP=0", done.stdout), done.stdout
    assert query(localaws, "select fruit from tiny.kept order by id") == [["PEAR"], ["FIG"]]
