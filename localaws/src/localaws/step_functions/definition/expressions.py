"""Paths and intrinsic functions, wherever a state may have them."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from moto.stepfunctions.parser.asl.antlr.runtime.ASLIntrinsicLexer import ASLIntrinsicLexer
from moto.stepfunctions.parser.asl.antlr.runtime.ASLIntrinsicParser import ASLIntrinsicParser
from moto.stepfunctions.parser.asl.parse.asl_parser import (
    CommonTokenStream,
    InputStream,
    SyntaxErrorListener,
)
from moto.stepfunctions.parser.asl.utils.json_path import parse as parse_path

from localaws.step_functions.definition.diagnostics import (
    Diagnostic,
    Diagnostics,
    State,
    schema,
)

PATHS = (
    *("InputPath", "OutputPath", "ItemsPath", "SecondsPath", "TimestampPath", "TimeoutSecondsPath"),
    *("HeartbeatSecondsPath", "MaxConcurrencyPath", "ToleratedFailureCountPath"),
    "ToleratedFailurePercentagePath",
)
"""Fields that hold a path, which ``null`` may stand for in the first two."""
_TEMPLATES = ("Parameters", "ItemSelector", "ResultSelector", "Assign")
_PATHS_OR_FUNCTIONS = ("ErrorPath", "CausePath")
_REFERENCE = re.compile(r"\$(\.[\w-]+|\[(\d+|'[^']*'|\"[^\"]*\")\])*")
_VARIABLE = re.compile(r"\$[A-Za-z_]\w*(.*)", re.DOTALL)


def check(state: State, place: str) -> Diagnostics:
    """Check all paths and functions of a state that is written in JSONPath."""
    for field in PATHS:
        value = state.get(field)
        if value is not None and not is_path(value):
            yield schema(f"The value for the field '{field}' must be a valid JSONPath", place)
    result = state.get("ResultPath")
    if result is not None and not (isinstance(result, str) and _REFERENCE.fullmatch(result)):
        message = "The value for the field 'ResultPath' must be a valid reference path"
        yield schema(message, place)
    for field in _PATHS_OR_FUNCTIONS:
        if field in state and not _is_path_or_function(state[field]):
            yield _neither(field, place)
    for field in _TEMPLATES:
        for key, value, where in _computed(state.get(field), f"{place}/{field}"):
            if not _is_path_or_function(value):
                yield _neither(key, where)


def is_path(value: Any) -> bool:
    """Tell whether a value is a JSONPath, into the input, the context or a variable."""
    if not isinstance(value, str) or not value.startswith("$"):
        return False
    if value.startswith("$$"):
        return _parses(value[1:])
    variable = _VARIABLE.fullmatch(value)
    return _parses(f"${variable[1]}") if variable else _parses(value)


def _neither(field: str, place: str) -> Diagnostic:
    """Describe a value in the words of many questions on the web, such as for ``Payload.$``."""
    wanted = "must be a valid JSONPath or a valid intrinsic function call"
    return schema(f"The value for the field '{field}' {wanted}", place)


def _computed(template: Any, place: str) -> Iterator[tuple[str, Any, str]]:
    """Return the fields of a template that are computed, each with its place."""
    if isinstance(template, list):
        for number, entry in enumerate(template):
            yield from _computed(entry, f"{place}[{number}]")
    if isinstance(template, dict):
        for key, value in template.items():
            if key.endswith(".$"):
                yield key, value, place
            else:
                yield from _computed(value, f"{place}/{key}")


def _is_path_or_function(value: Any) -> bool:
    return is_path(value) or (
        isinstance(value, str) and value.startswith("States.") and _is_function(value)
    )


@lru_cache(maxsize=4096)
def _parses(path: str) -> bool:
    try:
        parse_path(path)
    except Exception:  # noqa: BLE001 - its lexer raises Exception itself
        return False
    return True


@lru_cache(maxsize=4096)
def _is_function(call: str) -> bool:
    listener = SyntaxErrorListener()
    parser = ASLIntrinsicParser(CommonTokenStream(ASLIntrinsicLexer(InputStream(call))))
    parser.removeErrorListeners()
    parser.addErrorListener(listener)
    parser.func_decl()
    return not listener.errors
