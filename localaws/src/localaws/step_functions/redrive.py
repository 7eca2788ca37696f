"""Finds where a redriven execution goes on."""

import json
from dataclasses import dataclass
from typing import Any

_ENTERED = "StateEntered"
_REDRIVEN_STATES = frozenset({"FAILED", "ABORTED", "TIMED_OUT"})


@dataclass(frozen=True)
class RedrivePoint:
    """A state with the input it had, and all that the execution has written down so far."""

    state_name: str
    state_input: Any
    history: list[dict[str, Any]]


def is_redrivable(status: str) -> bool:
    """Tell whether an execution of this status may be redriven."""
    return status in _REDRIVEN_STATES


def find_redrive_point(definition: str, history: list[dict[str, Any]]) -> RedrivePoint | None:
    """Find the state at which an unsuccessful execution ended.

    A Map or Parallel state starts again as a whole; Step Functions repeats only the iterations and
    branches that failed.

    Parameters
    ----------
    definition
        The state machine's, as JSON.
    history
        Events of the execution, in their order.

    Returns
    -------
    RedrivePoint or None
        None if the execution never entered a state: it begins at the start then.
    """
    top_level = set(json.loads(definition)["States"])
    for event in reversed(history):
        details = event.get("stateEnteredEventDetails")
        if str(event["type"]).endswith(_ENTERED) and details and details["name"] in top_level:
            return RedrivePoint(details["name"], json.loads(details["input"]), history)
    return None
