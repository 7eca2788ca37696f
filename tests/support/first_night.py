"""A pipeline with a random world after its first night, for tests of later nights."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.pipeline import Pipeline

# Another world each time; SIMULATOR_SEED (make's SEED) repeats one.
SEED = os.environ.get("SIMULATOR_SEED") or str(secrets.randbelow(1_000_000))


@contextmanager
def after_first_night(home: Path) -> Iterator[Pipeline]:
    """Start a pipeline in a home, run a night that must succeed, and stop everything at the end."""
    pipeline = Pipeline(home, events=1500)
    pipeline.environment["SIMULATOR_SEED"] = SEED
    pipeline.environment["LOCALAWS_IAM_TRACE"] = "true"
    try:
        pipeline.run("up")
        pipeline.listen()
        pipeline.first = pipeline.night()
        yield pipeline
    finally:
        pipeline.run("down")
