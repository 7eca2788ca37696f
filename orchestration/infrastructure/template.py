"""Reads the template without creating anything."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).with_name("template.yml")


class _Loader(yaml.CSafeLoader):
    """Reads CloudFormation's short forms as ``{"!Name": argument}``."""


def _short_form(loader: yaml.CSafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {f"!{suffix}": loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {f"!{suffix}": loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {f"!{suffix}": loader.construct_mapping(node, deep=True)}
    raise TypeError(f"{node} is no value of a template")


_Loader.add_multi_constructor("!", _short_form)


@cache
def read() -> dict[str, Any]:
    """Return the template; a short form such as ``!Ref Name`` becomes ``{"!Ref": "Name"}``."""
    parsed: dict[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe one
    return parsed


def defaults() -> dict[str, str]:
    """Return the defaults of the parameters; those without one are left out."""
    return {
        name: str(item["Default"])
        for name, item in read()["Parameters"].items()
        if "Default" in item
    }


def filled_in(node: Any, parameters: dict[str, str]) -> Any:
    """Return a part of the template with the parameters that it refers to filled in."""
    if isinstance(node, list):
        return [filled_in(item, parameters) for item in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"!Ref"} and node["!Ref"] in parameters:
        return parameters[node["!Ref"]]
    return {name: filled_in(item, parameters) for name, item in node.items()}
