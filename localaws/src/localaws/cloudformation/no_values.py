"""Two corrections of how moto 5.2.5 resolves templates.

``AWS::NoValue`` in a list removes the item; moto leaves a null there. The keys of a mapping are
texts; moto looks for a parameter of type Number as a number, and finds nothing.
"""

from functools import wraps
from typing import Any

from moto.cloudformation import parsing


def install() -> None:
    """Resolve templates without nulls in their lists, and find numbers in mappings."""
    resolve = parsing.clean_json

    @wraps(resolve)
    def resolve_without_nulls(value: Any, resources: Any) -> Any:
        if isinstance(value, dict) and "Fn::FindInMap" in value:
            name, *keys = value["Fn::FindInMap"]
            value = {"Fn::FindInMap": [name, *(str(resolve(key, resources)) for key in keys)]}
        resolved = resolve(value, resources)
        if isinstance(resolved, list):
            return [item for item in resolved if item is not None]
        return resolved

    parsing.clean_json = resolve_without_nulls
