"""The whole check, and the operations that make it."""

import json
from typing import Any

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from localaws.step_functions.definition import flow, states
from localaws.step_functions.definition.diagnostics import (
    NO_JSON,
    Diagnostic,
    Diagnostics,
    required,
    schema,
)

MOST_CHARACTERS = 1024 * 1024
_TOP = {"Comment", "StartAt", "States", "TimeoutSeconds", "Version", "QueryLanguage"}
_INSIDE = {"Comment", "StartAt", "States", "ProcessorConfig"}
_MOST_DIAGNOSTICS = 100


class InvalidDefinition(AWSError):  # noqa: N818 - AWS's name
    """A definition that Step Functions does not take."""

    TYPE = "InvalidDefinition"


def diagnose(definition: str) -> list[Diagnostic]:
    """Return all faults of a definition, none if Step Functions takes it."""
    try:
        machine = json.loads(definition, object_pairs_hook=_without_duplicates)
    except ValueError as error:
        return [Diagnostic(NO_JSON, str(error), None)]
    found = list(_structure(machine))
    if not found:
        found = list(flow.check(machine))
    if not found:
        # What only the interpreter knows is refused as well, in its words.
        try:
            AmazonStateLanguageParser.parse(definition)
        except Exception as error:  # noqa: BLE001 - it raises whatever it meets
            found = [Diagnostic("SCHEMA_VALIDATION_FAILED", str(error), None)]
    return found


def _structure(machine: Any) -> Diagnostics:
    if not isinstance(machine, dict):
        yield schema("Expected a JSON object for the state machine", "/")
        return
    language = machine.get("QueryLanguage", states.JSON_PATH)
    if language not in {states.JSON_PATH, states.JSONATA}:
        values = f"[{states.JSON_PATH}, {states.JSONATA}]"
        message = f"The field 'QueryLanguage' should have one of these values: {values}"
        yield schema(message, "/QueryLanguage")
        return
    yield from _container(machine, "", _TOP, language)


def _container(machine: Any, where: str, fields: set[str], language: str) -> Diagnostics:
    if not isinstance(machine, dict):
        yield schema("Expected a JSON object", where)
        return
    for field in machine:
        if field not in fields:
            yield schema(f"Field '{field}' is not supported", where or "/")
    for field in ("StartAt", "States"):
        if field not in machine:
            yield required(field, where or "/")
    content = machine.get("States")
    if content is not None and (not isinstance(content, dict) or not content):
        yield schema("The field 'States' should be a non-empty object", f"{where}/States")
        return
    for name, state in (content or {}).items():
        place = f"{where}/States/{name}"
        yield from states.check(name, state, place, language)
        yield from _inside(state if isinstance(state, dict) else {}, place, language)


def _inside(state: dict[str, Any], place: str, language: str) -> Diagnostics:
    for key in ("ItemProcessor", "Iterator"):
        if key in state:
            yield from _container(state[key], f"{place}/{key}", _INSIDE, language)
    branches = state.get("Branches", [])
    if not isinstance(branches, list) or ("Branches" in state and not branches):
        yield schema("The field 'Branches' should be a non-empty array", f"{place}/Branches")
        return
    for number, branch in enumerate(branches):
        yield from _container(branch, f"{place}/Branches[{number}]", _INSIDE, language)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"Duplicate field '{name}'")
        found[name] = value
    return found


def _refuse(definition: str) -> None:
    if found := diagnose(definition):
        text = ", ".join(map(str, found[:_MOST_DIAGNOSTICS]))
        raise InvalidDefinition(f"Invalid State Machine Definition: '{text}'")


def _validate_state_machine_definition(response: StepFunctionResponse) -> ActionResult:
    found = diagnose(str(response._get_param("definition")))
    wanted = response._get_int_param("maxResults") or _MOST_DIAGNOSTICS
    diagnostics = [
        {
            "severity": "ERROR",
            "code": it.code,
            "message": it.message,
            **({"location": it.location} if it.location else {}),
        }
        for it in found[:wanted]
    ]
    return ActionResult(
        {
            "result": "FAIL" if found else "OK",
            "diagnostics": diagnostics,
            "truncated": len(found) > wanted,
        }
    )


def install() -> None:
    """Check definitions where they are created, updated and validated."""
    StepFunctionsParserBackend._validate_definition = staticmethod(_refuse)
    StepFunctionResponse.validate_state_machine_definition = _validate_state_machine_definition
