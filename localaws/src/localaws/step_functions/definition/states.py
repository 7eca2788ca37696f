"""Fields of states: which each type has, which it needs, and what they may hold."""

from typing import Any

from localaws.step_functions.definition import choices, expressions, resources, retries
from localaws.step_functions.definition.diagnostics import Diagnostics, State, required, schema

TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
MOST_SECONDS = 99_999_999
NAME_LENGTH = 80
JSON_PATH, JSONATA = "JSONPath", "JSONata"

_EVERY = {"Type", "Comment", "QueryLanguage"}
_FLOW = {"Next", "End"}
_IN_AND_OUT = {"InputPath", "OutputPath"}
_RESULT = {"ResultPath", "ResultSelector", "Parameters"}
_ERRORS = {"Retry", "Catch"}
_WAITS = {"Seconds", "SecondsPath", "Timestamp", "TimestampPath"}
_FIELDS = {
    "Pass": _FLOW | _IN_AND_OUT | {"Parameters", "ResultPath", "Result", "Assign", "Output"},
    "Task": _FLOW
    | _IN_AND_OUT
    | _RESULT
    | _ERRORS
    | {"Resource", "Credentials", "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds"}
    | {"HeartbeatSecondsPath", "Arguments", "Assign", "Output"},
    "Choice": _IN_AND_OUT | {"Choices", "Default", "Assign", "Output"},
    "Wait": _FLOW | _IN_AND_OUT | _WAITS | {"Assign", "Output"},
    "Succeed": _IN_AND_OUT | {"Output"},
    "Fail": {"Error", "ErrorPath", "Cause", "CausePath"},
    "Parallel": _FLOW
    | _IN_AND_OUT
    | _RESULT
    | _ERRORS
    | {"Branches", "Arguments", "Assign", "Output"},
    "Map": _FLOW
    | _IN_AND_OUT
    | _RESULT
    | _ERRORS
    | {"ItemProcessor", "Iterator", "ItemsPath", "Items", "ItemSelector", "ItemReader", "Label"}
    | {"ItemBatcher", "MaxConcurrency", "MaxConcurrencyPath", "ResultWriter"}
    | {"ToleratedFailureCount", "ToleratedFailureCountPath", "ToleratedFailurePercentage"}
    | {"ToleratedFailurePercentagePath", "Assign", "Output"},
}
"""The table "State fields" of the developer guide, and the pages of the states."""
_NEEDED = {"Task": ("Resource",), "Choice": ("Choices",), "Parallel": ("Branches",)}
_JSONATA_ONLY = {"Arguments", "Output", "Items"}
_JSON_PATH_ONLY = _IN_AND_OUT | _RESULT | {*expressions.PATHS, "ErrorPath", "CausePath"}
_ONE_OF = (
    ("Next", "End"),
    ("TimeoutSeconds", "TimeoutSecondsPath"),
    ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ("MaxConcurrency", "MaxConcurrencyPath"),
    ("Error", "ErrorPath"),
    ("Cause", "CausePath"),
    ("ItemProcessor", "Iterator"),
)
_SECONDS = {"TimeoutSeconds": 1, "HeartbeatSeconds": 1, "Seconds": 0, "MaxConcurrency": 0}


def check(name: str, state: Any, place: str, language: str) -> Diagnostics:
    """Check one state.

    Parameters
    ----------
    language
        The query language of the whole machine.
    """
    if len(name) > NAME_LENGTH:
        yield schema(f"The state name must not be longer than {NAME_LENGTH} characters", place)
    if not isinstance(state, dict):
        yield schema(f"Expected a JSON object for the state '{name}'", place)
        return
    kind = state.get("Type")
    if kind is None:
        yield required("Type", place)
    elif kind not in TYPES:
        allowed = f"[{', '.join(TYPES)}]"
        message = f"The field 'Type' should have one of these values: {allowed}"
        yield schema(message, f"{place}/Type")
    else:
        yield from _of_type(kind, state, place, language)


def _of_type(kind: str, state: State, place: str, language: str) -> Diagnostics:
    for field in state:
        if field not in _FIELDS[kind] | _EVERY:
            yield schema(f"Field '{field}' is not supported", place)
    for field in _NEEDED.get(kind, ()):
        if field not in state:
            yield required(field, place)
    yield from _alternatives(kind, state, place)
    yield from _values(state, place)
    own = state.get("QueryLanguage", language)
    if own == JSON_PATH and language == JSONATA:
        whole = "for whole state machine"
        yield schema(f"'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' {whole}", place)
    yield from _language(state, place, own)
    yield from retries.check(state, place)
    if kind == "Choice":
        yield from choices.check(state, place, is_jsonata=own != JSON_PATH)
    if kind == "Task" and "Resource" in state:
        yield from resources.check(state["Resource"], f"{place}/Resource")
    if own == JSON_PATH:
        yield from expressions.check(state, place)


def _alternatives(kind: str, state: State, place: str) -> Diagnostics:
    for pair in _ONE_OF:
        if all(field in state for field in pair):
            yield schema(f"Only one of these fields is allowed: [{', '.join(pair)}]", place)
    if _FIELDS[kind] >= _FLOW and not _FLOW & state.keys():
        yield schema("One of these fields is required: [Next, End]", place)
    if kind == "Map" and not {"ItemProcessor", "Iterator"} & state.keys():
        yield required("ItemProcessor", place)
    if kind == "Wait" and len(_WAITS & state.keys()) != 1:
        fields = ", ".join(sorted(_WAITS))
        yield schema(f"Exactly one of these fields is required: [{fields}]", place)
    if state.get("End") is False and "Next" not in state:
        yield schema("The field 'End' should be true", f"{place}/End")


def _values(state: State, place: str) -> Diagnostics:
    for field, least in _SECONDS.items():
        value = state.get(field)
        if isinstance(value, str) and value.startswith("{%"):
            continue
        is_number = isinstance(value, int) and not isinstance(value, bool)
        if value is not None and not (is_number and least <= value <= MOST_SECONDS):
            message = f"The field '{field}' should be an integer from {least} to {MOST_SECONDS}"
            yield schema(message, f"{place}/{field}")
    heartbeat, timeout = state.get("HeartbeatSeconds"), state.get("TimeoutSeconds")
    if isinstance(heartbeat, int) and isinstance(timeout, int) and heartbeat >= timeout:
        message = "The field 'HeartbeatSeconds' should be smaller than 'TimeoutSeconds'"
        yield schema(message, place)
    for field in ("Comment", "Next", "Default", "Resource"):
        if field in state and not isinstance(state[field], str):
            yield schema(f"The field '{field}' should be a string", f"{place}/{field}")


def _language(state: State, place: str, language: str) -> Diagnostics:
    """Refuse fields of the other language, in the words that floci-io/floci#2968 measured."""
    other, fields = (
        (JSONATA, _JSONATA_ONLY) if language == JSON_PATH else (JSON_PATH, _JSON_PATH_ONLY)
    )
    for field in state:
        if field in fields:
            yield schema(
                f"The QueryLanguage is set to '{language}', but field '{field}' is only supported "
                f"for the '{other}' QueryLanguage",
                place,
            )
