"""Deployments on one local AWS, each with a stack of its own name."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localaws.testing import LocalAws
from orchestration.infrastructure import packaging
from orchestration.infrastructure import template as templates
from tests.support.deployments import Broken, Deployment, broken_at

Deploying = Callable[..., Deployment]


@pytest.fixture
def deploying(
    localaws: LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deploying]:
    """Make a deployment of a stack that does not exist yet; at the end nothing is left of it."""
    made: list[Deployment] = []
    for name in ("AWS_PROFILE", "WISTIA_API_TOKEN", "STACK_NAME", "TARGET"):
        monkeypatch.delenv(name, raising=False)
    for name, value in localaws.environment().items():
        monkeypatch.setenv(name, value)

    def make(**settings: Any) -> Deployment:
        name = f"first-{uuid.uuid4().hex[:8]}"
        deployment = Deployment(
            localaws, name, tmp_path, localaws_home=localaws.settings.home, **settings
        )
        monkeypatch.setattr(packaging, "build", deployment.package)
        made.append(deployment)
        return deployment

    yield make
    for deployment in made:  # all stacks have the same databases
        deployment.undeploy(delete_data=True)


@pytest.fixture
def deployment(deploying: Deploying) -> Deployment:
    """A deployment to an account."""
    return deploying()


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Broken:
    """Call it with a logical id to break that resource in the template, with None to repair it."""
    original = templates.TEMPLATE

    def set_broken(logical_id: str | None) -> None:
        monkeypatch.setattr(templates, "TEMPLATE", original)
        if logical_id is not None:
            monkeypatch.setattr(templates, "TEMPLATE", broken_at(logical_id, tmp_path))

    return set_broken
