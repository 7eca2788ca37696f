"""Each state fails once in a real night: told, nothing moved, and whole after a redrive."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from orchestration.testing import Pipeline, broken_crawler, broken_dbt, broken_function, broken_job

Break = Callable[[Pipeline], AbstractContextManager[None]]


def _crash(name: str) -> Break:
    return lambda pipeline: broken_function(pipeline, name, Handler="ingestion.nowhere.handler")


def _time_out(name: str) -> Break:
    return lambda pipeline: broken_function(pipeline, name, Timeout=1)


@pytest.mark.parametrize(
    ("state", "break_it"),
    [
        ("Plan", _crash("plan")),
        ("Plan", _time_out("plan")),
        ("Ingest", _crash("ingest")),
        ("Ingest", _time_out("ingest")),
        ("Seal", _crash("seal")),
        ("Seal", _time_out("seal")),
        ("Normalize", broken_job),
        ("RefreshCatalog", broken_crawler),
        ("DbtFreshness", lambda pipeline: broken_dbt(pipeline, "freshness", exit_code=4)),
        ("DbtBuild", lambda pipeline: broken_dbt(pipeline, "build", exit_code=2)),
        ("DbtBuild", lambda pipeline: broken_dbt(pipeline, "build", exit_code=137)),
        ("DbtDocs", lambda pipeline: broken_dbt(pipeline, "docs", exit_code=3)),
        ("Commit", _crash("commit")),
    ],
)
def test_it_is_told_and_resumed(pipeline: Pipeline, state: str, break_it: Break) -> None:
    before = pipeline.watermark()
    pipeline.notifications()

    with break_it(pipeline):
        failed = pipeline.run("nightly")

    assert failed.code == 1, failed.output
    assert f"failed in {state}" in failed.output
    assert "Traceback" not in failed.output
    (message,) = pipeline.notifications()
    assert f"{state} failed" in message["Subject"]
    assert pipeline.watermark() == before

    resumed = pipeline.run("redrive")

    assert resumed.code == 0, resumed.output
    assert pipeline.watermark() != before
    assert pipeline.facts() == pipeline.truth()


def test_a_second_night_at_once_says_so_and_changes_nothing(pipeline: Pipeline) -> None:
    first = pipeline.start_night()
    second = pipeline.run("nightly")
    assert second.code == 1
    assert "RunInProgress" in second.output
    assert pipeline.wait(first) == "SUCCEEDED"
