"""``AWS::NoValue`` in a list removes the item; moto 5.2.5 leaves a null there."""

from functools import wraps
from typing import Any

from moto.cloudformation import parsing


def install() -> None:
    """Resolve templates without nulls in their lists."""
    resolve = parsing.clean_json

    @wraps(resolve)
    def resolve_without_nulls(value: Any, resources: Any) -> Any:
        resolved = resolve(value, resources)
        if isinstance(resolved, list):
            return [item for item in resolved if item is not None]
        return resolved

    parsing.clean_json = resolve_without_nulls
