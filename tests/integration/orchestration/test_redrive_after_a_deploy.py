"""A night that failed is redriven after a deploy: it goes on with what is deployed now."""

from pathlib import Path

import pytest

from localaws.testing import LocalAws
from tests.support.stand_in_night import StandInNight


@pytest.fixture
def night(localaws: LocalAws, tmp_path: Path) -> StandInNight:
    """A stack whose build fails."""
    deployed = StandInNight(localaws, tmp_path, "redriven")
    deployed.behave(build={"exit": 2})
    deployed.deploy(image_tag="broken")
    return deployed


def test_a_redriven_night_runs_the_task_that_was_deployed_after_its_failure(
    night: StandInNight,
) -> None:
    """GIVEN a failed build WHEN the project is fixed, deployed, redriven THEN the new image runs."""
    failed = night.run()
    assert failed["error"] == "DbtTestsFailed"

    night.behave()
    night.deploy(image_tag="fixed")
    redriven = night.redrive(failed)

    assert redriven["status"] == "SUCCEEDED", redriven
    definitions = [task["taskDefinitionArn"].rsplit("/")[-1] for task in night.tasks()]
    assert definitions[0] == "redriven-dbt:1"
    assert set(definitions[2:]) == {"redriven-dbt:2"}
