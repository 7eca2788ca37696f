"""The night's states are connected as designed."""

import json
from typing import Any

from orchestration.cli.night import STEPS

HANDLES_FAILURE = {"StopCrawler", "DescribeFailure", "ReleaseLease", "Notify", "Stop"}


def _tasks(state_machine: dict[str, Any]) -> dict[str, Any]:
    return {
        name: state
        for name, state in state_machine["States"].items()
        if state["Type"] in {"Task", "Map", "Parallel"}
    }


def test_every_working_state_is_caught_under_its_own_name(state_machine: dict[str, Any]) -> None:
    for name, state in _tasks(state_machine).items():
        if name in HANDLES_FAILURE:
            continue
        entry = state["Catch"][-1]
        assert entry["ErrorEquals"] == ["States.ALL"], name
        naming = state_machine["States"][entry["Next"]]
        expected = "RefreshCatalog" if name == "LookAtCrawler" else name
        assert naming["Result"] == expected
        assert naming["Next"] == "DescribeFailure"


def test_every_failure_reaches_the_notification(state_machine: dict[str, Any]) -> None:
    states = state_machine["States"]
    assert states["DescribeFailure"]["Next"] == "HoldsLease"
    assert states["DescribePlainly"]["Next"] == "HoldsLease"
    for catch in states["ReleaseLease"]["Catch"]:
        assert catch["Next"] == "Notify"
    assert states["ReleaseLease"]["Next"] == "Notify"
    assert states["Notify"]["Next"] == "Stop"


def test_no_retry_repeats_a_failed_data_test(states: dict[str, Any]) -> None:
    for name, state in states.items():
        retried = [error for retry in state.get("Retry", []) for error in retry["ErrorEquals"]]
        if name != "Notify":
            assert "States.ALL" not in retried, name
            assert "States.TaskFailed" not in retried, name


def test_infrastructure_errors_are_retried_with_jitter(states: dict[str, Any]) -> None:
    for name in ("Plan", "IngestTask", "Seal", "Normalize", "DbtBuild", "Commit"):
        retry = states[name]["Retry"][0]
        assert retry["JitterStrategy"] == "FULL"
        assert retry["BackoffRate"] > 1


def test_watermarks_move_only_after_dbt(state_machine: dict[str, Any]) -> None:
    assert {name for name, _ in _ways_to(state_machine, "Commit")} == {
        "ResumeWhere",
        "HasNewData",
        "HasAnythingToBuild",
        "DbtDocs",
    }


def test_an_account_that_never_had_data_runs_no_dbt(
    state_machine: dict[str, Any],
) -> None:
    rules = dict(_ways_to(state_machine, "Commit"))
    assert rules["HasNewData"] == {"Variable": "$.seal.has_history", "BooleanEquals": False}


def test_freshness_is_checked_only_where_medias_were_listed(state_machine: dict[str, Any]) -> None:
    assert {name for name, _ in _ways_to(state_machine, "DbtFreshness")} == {
        "ResumeWhere",
        "HasMedias",
    }
    rules = dict(_ways_to(state_machine, "HasAnythingToBuild"))
    assert rules["HasMedias"] == {"Variable": "$.seal.has_medias", "BooleanEquals": False}


def _ways_to(state_machine: dict[str, Any], target: str) -> list[tuple[str, dict[str, Any]]]:
    """The states from which a state is reached, each with its rule ({} for Next and Default)."""
    ways: list[tuple[str, dict[str, Any]]] = []
    for name, state in state_machine["States"].items():
        if target in {state.get("Next"), state.get("Default")}:
            ways.append((name, {}))
        for rule in state.get("Choices", []):
            if rule["Next"] == target:
                tested = {key: value for key, value in rule.items() if key != "Next"}
                ways += [(name, tested)]
    return ways


def test_a_redriven_night_can_resume_at_every_step(state_machine: dict[str, Any]) -> None:
    choices = state_machine["States"]["ResumeWhere"]["Choices"]
    resumed = {choice["StringEquals"] for choice in choices if "StringEquals" in choice}
    assert resumed == set(STEPS) - {"Plan", "Ingest"}


def test_every_state_is_reached(state_machine: dict[str, Any]) -> None:
    states = state_machine["States"]
    targets = {state_machine["StartAt"]}
    for state in states.values():
        targets |= {state.get("Next"), state.get("Default")}
        targets |= {rule["Next"] for rule in state.get("Catch", []) + state.get("Choices", [])}
    assert set(states) <= targets


def test_no_state_takes_a_secret(state_machine: dict[str, Any]) -> None:
    text = json.dumps(state_machine).lower()
    assert "secret" not in text
    assert "token" not in text.replace("waitfortasktoken", "")
