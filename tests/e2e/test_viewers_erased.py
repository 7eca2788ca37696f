"""One viewer is erased from every place, by the command that an operator runs."""

import gzip
import hashlib
import hmac
import io
import json
import re
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.pipeline import Pipeline, Ran


@pytest.fixture(scope="module")
def viewer(pipeline: Pipeline) -> str:
    """The pseudonym of a viewer with several sessions."""
    ((visitor, _),) = pipeline.rows(
        "select visitor_id, count(*) from fact_events group by 1 order by 2 desc limit 1"
    )
    return str(visitor)


@pytest.fixture(scope="module")
def before(pipeline: Pipeline, viewer: str) -> dict[str, tuple[int, int]]:
    """What every table has before the erasure: its rows, and those of the viewer."""
    return _rows_of_every_table(pipeline, viewer)


@pytest.fixture(scope="module")
def erased(pipeline: Pipeline, viewer: str, before: dict[str, tuple[int, int]]) -> tuple[str, Ran]:
    """The pseudonym of the viewer, and the result of the erasure."""
    assert before["dim_media"][0] > 0
    return viewer, pipeline.run("erase", viewer)


def _rows_of_every_table(pipeline: Pipeline, visitor: str) -> dict[str, tuple[int, int]]:
    """Count the rows of every table and view of both databases, and those of the viewer."""
    glue: Any = pipeline.cloud.client("glue")
    counts: dict[str, tuple[int, int]] = {}
    for database in ("wistia_staging", "wistia_analytics"):
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
        for table in (table for page in pages for table in page["TableList"]):
            columns = {column["Name"] for column in table["StorageDescriptor"]["Columns"]}
            condition = f"visitor_id = '{visitor}'" if "visitor_id" in columns else "false"
            name = (
                table["Name"] if database == "wistia_analytics" else f"{database}.{table['Name']}"
            )
            ((rows, theirs),) = pipeline.rows(f"select count(*), count_if({condition}) from {name}")
            counts[name] = (int(str(rows)), int(str(theirs)))
    return counts


def _objects(pipeline: Pipeline, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Yield the key and the content of every version of every object under a prefix."""
    client: Any = pipeline.cloud.client("s3")
    bucket = pipeline.cloud.data_bucket
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for item in page.get("Versions", []):
            stored = client.get_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
            yield item["Key"], stored["Body"].read()


def test_the_command_says_what_it_removed_and_that_nothing_is_left(
    erased: tuple[str, Ran],
) -> None:
    _, ran = erased
    assert ran.code == 0, ran.output
    assert "wistia_analytics.fact_events" in ran.output
    assert "raw_data/events" in ran.output
    assert "0 left" in ran.output


def test_no_table_contains_the_viewer_and_all_others_stay(
    pipeline: Pipeline, erased: tuple[str, Ran]
) -> None:
    visitor, _ = erased
    for table in ("fact_events", "dim_viewer", "wistia_staging.events"):
        assert pipeline.rows(f"select 1 from {table} where visitor_id = '{visitor}'") == []
        assert pipeline.count(table) > 0


def test_every_table_has_all_other_rows_as_before(
    pipeline: Pipeline, before: dict[str, tuple[int, int]], erased: tuple[str, Ran]
) -> None:
    visitor, _ = erased
    expected = {name: (rows - theirs, 0) for name, (rows, theirs) in before.items()}
    assert len(expected) > 25
    assert _rows_of_every_table(pipeline, visitor) == expected


def test_no_version_of_a_table_s_file_has_a_row_of_the_viewer(
    pipeline: Pipeline, erased: tuple[str, Ran]
) -> None:
    visitor, _ = erased
    read = 0
    for prefix in ("processed/", "staging/"):
        for key, content in _objects(pipeline, prefix):
            if content[:4] == b"PAR1":
                table = pq.read_table(io.BytesIO(content))
                if "visitor_id" in table.column_names:
                    read += 1
                    assert visitor not in table.column("visitor_id").to_pylist(), key
    assert read > 1


def test_no_raw_record_is_of_the_viewer(pipeline: Pipeline, erased: tuple[str, Ran]) -> None:
    """GIVEN the erasure WHEN every raw key is hashed with the secret THEN none becomes the pseudonym."""
    visitor, _ = erased
    secret = pipeline.cloud.client("secretsmanager").get_secret_value(
        SecretId=f"{pipeline.cloud.settings.stack_name}/pseudonym-key"
    )["SecretString"]
    keys = {
        str(json.loads(line)["record"].get("visitor_key"))
        for key, content in _objects(pipeline, "raw_data/events/")
        if key.endswith(".json.gz")
        for line in gzip.decompress(content).splitlines()
    }
    assert len(keys) > 10
    for key in keys:
        assert hmac.new(secret.encode(), key.encode(), hashlib.sha256).hexdigest() != visitor


def test_erasing_again_removes_nothing(pipeline: Pipeline, erased: tuple[str, Ran]) -> None:
    visitor, _ = erased
    ran = pipeline.run("erase", visitor)
    assert ran.code == 0, ran.output
    assert set(re.findall(r": (\d+) removed", ran.output)) == {"0"}


def test_the_same_night_again_changes_nothing_of_the_others(
    pipeline: Pipeline, erased: tuple[str, Ran]
) -> None:
    """GIVEN an erased viewer WHEN the night is run again THEN it succeeds, and the others are unchanged.

    The viewer was not deleted at Wistia, so Wistia serves their sessions of the window again.
    """
    visitor, _ = erased
    others = (
        "select event_key, percent_viewed from fact_events"
        f" where visitor_id is distinct from '{visitor}' order by event_key"
    )
    sessions, days = pipeline.rows(others), pipeline.count("fact_media_engagement")
    ((newest,),) = pipeline.rows("select max(snapshot_date) from wistia_staging.media")
    pipeline.night("--as-of", f"{newest}T02:00:00Z")
    assert pipeline.rows(others) == sessions
    assert pipeline.count("fact_media_engagement") == days
    assert pipeline.rows("select event_key from fact_events group by 1 having count(*) > 1") == []
