"""A deployment that fails, at whatever resource, is repaired by the next one."""

from collections.abc import Callable, Iterable

import pytest

from orchestration.errors import PipelineError
from orchestration.infrastructure.template import load
from tests.support.deployments import Broken, Deployment, wanted_resources

# All of them in `make test-deploy`; here those that guard the data, and some of each area.
SOME = (
    "PseudonymKeySecret",
    "DataBucketPolicy",
    "StagingEventsTable",
    "DbtTaskDefinition",
    "Dashboard",
)
ALL = tuple(name for name in load()["Resources"] if name in wanted_resources())


def fail_at_each(deployment: Deployment, broken: Broken, names: Iterable[str]) -> None:
    """Let a deployment fail at each resource in turn; every time, that resource is the reason.

    So no attempt collides with what the one before it has left.
    """
    for name in names:
        broken(name)
        with pytest.raises(PipelineError, match=rf": {name} \(.*NoSuchProperty"):
            deployment.deploy()
        if deployment.status() == "ROLLBACK_COMPLETE":
            assert deployment.left() == set(), f"a creation that failed at {name} left data behind"
    broken(None)
    deployment.deploy()
    assert deployment.unmanaged() == set()


@pytest.mark.parametrize("target", ["local", "aws"])
def test_a_first_deployment_that_fails_is_repaired_by_the_next(
    deploying: Callable[..., Deployment], broken: Broken, target: str
) -> None:
    fail_at_each(deploying(target=target), broken, SOME)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("target", ["local", "aws"])
def test_a_first_deployment_that_fails_at_any_resource_is_repaired_by_the_next(
    deploying: Callable[..., Deployment], broken: Broken, target: str
) -> None:
    fail_at_each(deploying(target=target), broken, ALL)


def test_a_deployment_over_kept_data_that_fails_is_repaired_without_loss(
    deployment: Deployment, broken: Broken
) -> None:
    """GIVEN the data of an undeploy WHEN the next deployments fail THEN one takes it over."""
    deployment.deploy()
    deployment.store()
    key = deployment.key()
    deployment.undeploy()
    fail_at_each(deployment, broken, ("ImageBuild", "IngestFunction", "NightlySchedule"))
    assert deployment.stored()
    assert deployment.key() == key
