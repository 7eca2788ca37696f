"""What localaws does without its extra `spark`."""

import importlib.util
from pathlib import Path

import pytest

from localaws import extras
from localaws.downloads import missing_engines
from localaws.glue_jobs import spark_process
from localaws.settings import Settings

SPARK_ENGINES = {"S3A for Spark", "Java 17 for Spark"}
TRINO_ENGINES = {"Java 25 for Trino", "Trino"}


@pytest.fixture
def without_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.fixture
def with_spark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location("pyspark", tmp_path / "__init__.py")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)


@pytest.mark.usefixtures("without_spark")
def test_spark_is_neither_fetched_nor_started_without_the_extra(tmp_path: Path):
    assert set(missing_engines(Settings(cache=tmp_path))) == TRINO_ENGINES
    assert not extras.spark_is_installed()
    reason = spark_process.why_unavailable(Settings(cache=tmp_path))
    assert reason is not None
    assert "pip install 'localaws[spark]'" in reason


@pytest.mark.usefixtures("with_spark")
def test_spark_is_fetched_with_the_extra(tmp_path: Path):
    assert set(missing_engines(Settings(cache=tmp_path))) == TRINO_ENGINES | SPARK_ENGINES


@pytest.mark.usefixtures("with_spark")
def test_an_extra_that_came_after_the_start_asks_for_another_up(tmp_path: Path):
    # GIVEN an account that started without Spark, into whose environment pyspark came later
    settings = Settings(cache=tmp_path)
    # WHEN a job wants to start
    reason = spark_process.why_unavailable(settings)
    # THEN the message says what to do, and once `up` has fetched Spark's parts a job can start
    assert reason is not None
    assert "`localaws up`" in reason
    settings.spark_java_home.mkdir(parents=True)
    settings.s3a_dir.mkdir()
    (settings.s3a_dir / "hadoop-aws.jar").touch()
    assert spark_process.why_unavailable(settings) is None
