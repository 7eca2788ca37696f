"""Rules of a Choice state."""

from typing import Any

from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison_operator_type import (  # noqa: E501
    ComparisonOperatorType,
)

from localaws.step_functions.definition import expressions
from localaws.step_functions.definition.diagnostics import Diagnostics, State, required, schema
from localaws.step_functions.timestamps import instant

_COMPARISONS = {operator.name for operator in ComparisonOperatorType}
_COMBINED = ("And", "Or", "Not")
_BESIDE = {"Next", "Comment", "Assign", "Output"}


def check(state: State, place: str, *, is_jsonata: bool) -> Diagnostics:
    """Check the rules of a state."""
    rules = state.get("Choices")
    if rules is None:
        return
    if not isinstance(rules, list) or not rules:
        yield schema("The field 'Choices' should be a non-empty array", f"{place}/Choices")
        return
    for number, rule in enumerate(rules):
        where = f"{place}/Choices[{number}]"
        if not isinstance(rule, dict):
            yield schema("Expected a JSON object for a choice rule", where)
            continue
        if "Next" not in rule:
            yield required("Next", where)
        if not is_jsonata:
            yield from _rule(rule, where, is_top=True)
        elif "Condition" not in rule:
            yield required("Condition", where)


def _rule(rule: Any, place: str, *, is_top: bool) -> Diagnostics:
    if not isinstance(rule, dict):
        yield schema("Expected a JSON object for a choice rule", place)
        return
    if not is_top and "Next" in rule:
        yield schema("Field 'Next' is not supported", place)
    operators = [field for field in rule if field in _COMPARISONS or field in _COMBINED]
    for field in rule:
        if field not in {*operators, *_BESIDE, "Variable"}:
            yield schema(f"Field '{field}' is not supported", place)
    if len(operators) != 1:
        yield schema("A choice rule should have exactly one comparison operator", place)
        return
    (operator,) = operators
    if operator in _COMBINED:
        yield from _combined(operator, rule[operator], place)
    else:
        yield from _comparison(operator, rule, place)


def _combined(operator: str, inner: Any, place: str) -> Diagnostics:
    where = f"{place}/{operator}"
    if operator == "Not":
        yield from _rule(inner, where, is_top=False)
    elif not isinstance(inner, list) or not inner:
        yield schema(f"The field '{operator}' should be a non-empty array", where)
    else:
        for number, entry in enumerate(inner):
            yield from _rule(entry, f"{where}[{number}]", is_top=False)


def _comparison(operator: str, rule: State, place: str) -> Diagnostics:
    if "Variable" not in rule:
        yield required("Variable", place)
    elif not expressions.is_path(rule["Variable"]):
        yield schema("The value for the field 'Variable' must be a valid JSONPath", place)
    value, kind = rule[operator], _kind(operator)
    if operator.endswith("Path"):
        if not expressions.is_path(value):
            message = f"The value for the field '{operator}' must be a valid JSONPath"
            yield schema(message, place)
    elif not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        yield schema(f"The value for the field '{operator}' has the wrong type", place)
    elif operator.startswith("Timestamp") and instant(value) is None:
        message = f"The value for the field '{operator}' must be a valid timestamp"
        yield schema(message, place)


def _kind(operator: str) -> Any:
    if operator.startswith(("Is", "Boolean")):
        return bool
    return (int, float) if operator.startswith("Numeric") else str
