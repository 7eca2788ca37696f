"""Both state machines wait for nothing without a limit, and retry only errors that exist."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from localaws.step_functions import api_errors

FOLDER = Path(__file__).resolve().parents[4] / "orchestration/infrastructure"
MACHINES = ["state_machine.asl.yml", "upkeep.asl.yml"]
# Raised by Step Functions for the state itself, whatever it calls.
OWN = api_errors.STATES


def _machine(name: str) -> dict[str, Any]:
    machine: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text())
    return machine


def _states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        yield name, state
        for inner in [*state.get("Branches", []), state.get("ItemProcessor")]:
            if inner:
                yield from _states(inner)


def _named(state: dict[str, Any]) -> set[str]:
    rules = [*state.get("Retry", []), *state.get("Catch", [])]
    return {error for rule in rules for error in rule["ErrorEquals"]}


@pytest.mark.parametrize("machine", MACHINES)
def test_every_error_that_is_retried_or_caught_exists(machine: str) -> None:
    """GIVEN the names that each integration can raise WHEN compared THEN no other is waited for."""
    unknown = {}
    for name, state in _states(_machine(machine)):
        integration = api_errors.integration_of(state.get("Resource", ""))
        existing = integration.names() if integration else OWN
        if lost := _named(state) - existing:
            unknown[name] = lost
    assert not unknown


@pytest.mark.parametrize("machine", MACHINES)
def test_every_integration_is_in_the_table_of_errors(machine: str) -> None:
    for name, state in _states(_machine(machine)):
        if "Resource" in state:
            assert api_errors.integration_of(state["Resource"]), name


@pytest.mark.parametrize("machine", MACHINES)
def test_a_task_that_finds_no_room_is_tried_again_for_some_minutes(machine: str) -> None:
    waiting = [
        it for _, it in _states(_machine(machine)) if "ecs:runTask" in it.get("Resource", "")
    ]
    assert waiting
    for state in waiting:
        retry = next(it for it in state["Retry"] if "AmazonECS.Unknown" in it["ErrorEquals"])
        pauses = [
            min(
                retry["IntervalSeconds"] * retry["BackoffRate"] ** attempt, retry["MaxDelaySeconds"]
            )
            for attempt in range(retry["MaxAttempts"])
        ]
        # Full jitter takes half of each on average.
        assert sum(pauses) / 2 > 600


@pytest.mark.parametrize("machine", MACHINES)
def test_every_state_that_waits_for_other_work_has_a_limit_and_is_caught(machine: str) -> None:
    for name, state in _states(_machine(machine)):
        if state.get("Resource", "").endswith((".sync", ".sync:2", ".waitForTaskToken")):
            assert state.get("TimeoutSeconds"), name
            assert any("States.ALL" in it["ErrorEquals"] for it in state["Catch"]), name


@pytest.mark.parametrize("machine", MACHINES)
def test_all_steps_together_end_before_the_limit_of_the_execution(machine: str) -> None:
    """GIVEN the limit of each step WHEN they are added up THEN a step's own limit comes first."""
    whole = _machine(machine)
    assert sum(it.get("TimeoutSeconds", 0) for _, it in _states(whole)) < whole["TimeoutSeconds"]


@pytest.mark.parametrize("machine", MACHINES)
def test_a_container_ends_itself_when_its_state_has_timed_out(machine: str) -> None:
    """GIVEN a state that gives up WHEN nobody stops the container THEN a redrive meets no other dbt."""
    for name, state in _states(_machine(machine)):
        if "ecs:runTask" in state.get("Resource", ""):
            (override,) = state["Parameters"]["Overrides"]["ContainerOverrides"]
            assert override["Command"][:2] == ["timeout", str(state["TimeoutSeconds"])], name


def test_the_job_ends_itself_before_its_state_does(resources: dict[str, Any]) -> None:
    minutes = resources["NormalizeJob"]["Properties"]["Timeout"]
    assert minutes * 60 < _machine("state_machine.asl.yml")["States"]["Normalize"]["TimeoutSeconds"]


def test_a_loop_of_waits_is_left_after_some_time() -> None:
    """GIVEN the poll of the crawler WHEN its choice is read THEN a long crawl leaves before a wait."""
    states = _machine("state_machine.asl.yml")["States"]
    waits = {name for name, state in states.items() if state["Type"] == "Wait"}
    polls = [
        state
        for state in states.values()
        if any(rule["Next"] in waits for rule in state.get("Choices", []))
    ]
    assert polls
    for poll in polls:
        first = poll["Choices"][0]
        assert any("NumericGreaterThan" in condition for condition in first["And"])
        assert first["Next"] not in waits


@pytest.mark.parametrize("machine", MACHINES)
def test_no_state_names_a_revision_of_the_task_definition(
    machine: str, resources: dict[str, Any]
) -> None:
    """GIVEN a redriven execution, which keeps its definition THEN it names the family alone."""
    for _, state in _states(_machine(machine)):
        if "ecs:runTask" in state.get("Resource", ""):
            assert state["Parameters"]["TaskDefinition"] == "${DbtTaskDefinitionFamily}"
    family = resources["DbtTaskDefinition"]["Properties"]["Family"]
    for name in ("NightlyStateMachine", "UpkeepStateMachine"):
        resource = resources[name]
        given = resource["Properties"]["DefinitionSubstitutions"]["DbtTaskDefinitionFamily"]
        assert given == family
        assert resource["DependsOn"] == "DbtTaskDefinition"
