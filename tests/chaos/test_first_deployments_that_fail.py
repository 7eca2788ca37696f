"""After a first deployment that failed, the next one completes it, and a night runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from localaws import lifecycle
from localaws.faults.client import FaultClient
from tests.support.pipeline import Pipeline


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    """A home with a running local AWS and nothing deployed."""
    pipeline = Pipeline(tmp_path / "home", events=300)
    lifecycle.up(pipeline.localaws_settings)
    yield pipeline
    pipeline.run("down")


@pytest.mark.parametrize("operation", ["glue:CreateTable", "scheduler:CreateSchedule"])
def test_a_night_runs_after_a_first_deployment_that_failed(
    pipeline: Pipeline, operation: str
) -> None:
    # GIVEN a first deployment in which one resource cannot be created
    FaultClient(pipeline.localaws_settings).add(operation, deny=True, times=1)
    failed = pipeline.run("up")
    assert failed.code != 0
    assert "could not create the stack" in failed.output
    # WHEN the night's command deploys again
    ran = pipeline.run("nightly")
    # THEN the night is as good as any
    assert ran.code == 0, ran.output
    pipeline.listen()
    assert pipeline.facts() == pipeline.truth()
