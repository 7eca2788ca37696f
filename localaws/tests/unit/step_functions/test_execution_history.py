"""Pages of a history, the point of a redrive, and which errors a name stands for."""

import json

import pytest

from localaws.step_functions.error_names import matches
from localaws.step_functions.execution_api import page_of_history
from localaws.step_functions.redrive import find_redrive_point

EVENTS = [{"id": number, "stateExitedEventDetails": {"output": "x"}} for number in range(1, 6)]


def page(**options):
    return page_of_history(
        EVENTS, **{"reverse": False, "limit": None, "token": None, "with_data": True, **options}
    )


def test_pages_follow_each_other_to_the_end():
    # WHEN a history of five is read by twos
    first = page(limit=2)
    second = page(limit=2, token=first["nextToken"])
    third = page(limit=2, token=second["nextToken"])
    # THEN all events come once
    ids = [event["id"] for part in (first, second, third) for event in part["events"]]
    assert ids == [1, 2, 3, 4, 5]
    assert "nextToken" not in third


def test_a_reversed_history_begins_with_the_last_event():
    assert [event["id"] for event in page(reverse=True, limit=2)["events"]] == [5, 4]


def test_data_can_be_left_out():
    assert page(with_data=False)["events"][0] == {"id": 1, "stateExitedEventDetails": {}}


def entered(name: str, state_input: object) -> dict:
    details = {"name": name, "input": json.dumps(state_input)}
    return {"type": "TaskStateEntered", "stateEnteredEventDetails": details}


def test_a_redrive_goes_on_at_the_last_state_of_the_top_level():
    # GIVEN an execution that failed in an iteration of its Map
    definition = json.dumps({"States": {"Plan": {}, "Ingest": {}}})
    history = [entered("Plan", {}), entered("Ingest", {"a": 1}), entered("Inner", {"b": 2})]
    # WHEN the point of a redrive is looked for
    point = find_redrive_point(definition, history)
    # THEN it is the Map, with the Map's input
    assert point is not None
    assert (point.state_name, point.state_input) == ("Ingest", {"a": 1})


def test_an_execution_that_entered_no_state_begins_anew():
    assert find_redrive_point('{"States": {"A": {}}}', [{"type": "ExecutionStarted"}]) is None


@pytest.mark.parametrize(
    ("wanted", "error", "matched"),
    [
        (["Busy"], "Busy", True),
        (["Busy"], "Other", False),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.ALL"], "States.DataLimitExceeded", False),
        (["States.Runtime"], "States.Runtime", True),
        (["States.TaskFailed"], "Busy", True),
        (["States.TaskFailed"], "States.Timeout", False),
    ],
)
def test_error_names_stand_for_what_step_functions_documents(wanted, error, matched):
    assert matches(wanted, error) is matched
