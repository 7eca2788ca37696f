"""Which resources of a template refer to which."""

import re
from collections.abc import Iterator
from typing import Any

SUBSTITUTION = re.compile(r"\$\{([^!}][^}]*)\}")


def in_order(resources: dict[str, Any]) -> list[str]:
    """Return the resources of a template, each after those that it refers to.

    Examples
    --------
    >>> in_order({"A": {"Properties": {"X": {"Ref": "B"}}}, "B": {}})
    ['B', 'A']
    """
    ordered: dict[str, None] = {}

    def visit(logical_id: str, above: tuple[str, ...]) -> None:
        if logical_id in ordered or logical_id in above:
            return
        for name in references(resources[logical_id]):
            if name in resources:
                visit(name, (*above, logical_id))
        ordered[logical_id] = None

    for logical_id in resources:
        visit(logical_id, ())
    return list(ordered)


def references(part: Any) -> Iterator[str]:
    """Give the names that a part of a template refers to, parameters and pseudo ones included."""
    if isinstance(part, list):
        for item in part:
            yield from references(item)
        return
    if not isinstance(part, dict):
        return
    for key, value in part.items():
        if key == "Ref":
            yield value
        elif key == "Fn::GetAtt":
            yield value[0] if isinstance(value, list) else value.partition(".")[0]
        elif key == "DependsOn":
            yield from [value] if isinstance(value, str) else value
        elif key == "Fn::Sub":
            yield from _substituted(value)
        else:
            yield from references(value)


def _substituted(value: Any) -> Iterator[str]:
    template, variables = value if isinstance(value, list) else (value, {})
    for name in SUBSTITUTION.findall(template):
        if name not in variables:
            yield name.partition(".")[0]
    yield from references(list(variables.values()))
