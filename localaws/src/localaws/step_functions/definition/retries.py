"""Retriers and catchers."""

from typing import Any

from localaws.step_functions.definition.diagnostics import Diagnostics, State, required, schema

_FIELDS = {
    "Retry": {
        *("ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds"),
        *("JitterStrategy", "Comment"),
    },
    "Catch": {"ErrorEquals", "Next", "ResultPath", "Comment", "Assign", "Output"},
}
_LIMITS = {
    "IntervalSeconds": (1, 99_999_999),
    "MaxAttempts": (0, 99_999_999),
    "MaxDelaySeconds": (1, 31_622_399),
}
"""From "Handling errors in Step Functions workflows" in the developer guide."""


def check(state: State, place: str) -> Diagnostics:
    """Check all retriers and catchers of a state."""
    for field, allowed in _FIELDS.items():
        rules = state.get(field, [])
        if not isinstance(rules, list):
            yield schema(f"The field '{field}' should be an array", f"{place}/{field}")
            continue
        for number, rule in enumerate(rules):
            where = f"{place}/{field}[{number}]"
            if not isinstance(rule, dict):
                yield schema("Expected a JSON object", where)
                continue
            for name in sorted(rule.keys() - allowed):
                yield schema(f"Field '{name}' is not supported", where)
            yield from _errors(rule, where, is_last=number == len(rules) - 1)
            if field == "Catch" and "Next" not in rule:
                yield required("Next", where)
            yield from _numbers(rule, where)


def _errors(rule: State, place: str, *, is_last: bool) -> Diagnostics:
    names = rule.get("ErrorEquals")
    if names is None:
        yield required("ErrorEquals", place)
        return
    if not isinstance(names, list) or not names or not all(isinstance(it, str) for it in names):
        message = "The field 'ErrorEquals' should be a non-empty array of strings"
        yield schema(message, f"{place}/ErrorEquals")
        return
    if "States.ALL" in names and (len(names) > 1 or not is_last):
        message = "'States.ALL' should be alone in 'ErrorEquals', and in the last entry"
        yield schema(message, f"{place}/ErrorEquals")


def _numbers(rule: State, place: str) -> Diagnostics:
    for field, (least, most) in _LIMITS.items():
        value: Any = rule.get(field, least)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            message = f"The field '{field}' should be an integer from {least} to {most}"
            yield schema(message, f"{place}/{field}")
    rate: Any = rule.get("BackoffRate", 1)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or rate < 1:
        yield schema("The field 'BackoffRate' should be at least 1.0", f"{place}/BackoffRate")
    if rule.get("JitterStrategy", "NONE") not in {"FULL", "NONE"}:
        message = "The field 'JitterStrategy' should have one of these values: [FULL, NONE]"
        yield schema(message, f"{place}/JitterStrategy")
    interval, longest = rule.get("IntervalSeconds", 1), rule.get("MaxDelaySeconds")
    if isinstance(longest, int) and isinstance(interval, int) and longest <= interval:
        message = "The field 'MaxDelaySeconds' should be greater than 'IntervalSeconds'"
        yield schema(message, f"{place}/MaxDelaySeconds")
