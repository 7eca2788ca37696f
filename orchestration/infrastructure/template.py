"""Reads the CloudFormation template, and cuts a part out of it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).with_name("template.yml")
Template = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """Reads CloudFormation's short forms as the long ones: ``!Ref X`` is ``{"Ref": "X"}``."""


def _long_form(loader: yaml.SafeLoader, name: str, node: yaml.Node) -> Template:
    key = name if name in {"Ref", "Condition"} else f"Fn::{name}"
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if name == "GetAtt":
            value = str(value).split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        raise yaml.constructor.ConstructorError(None, None, f"!{name} is of no known form")
    return {key: value}


_Loader.add_multi_constructor("!", _long_form)
# A date stays the text that it is: policies have versions such as 2012-10-17, parameters 2026-09.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def load(text: str | None = None) -> Template:
    """Return a template, without an argument the pipeline's, with functions in their long form."""
    source = TEMPLATE.read_text(encoding="utf-8") if text is None else text
    template: Template = yaml.load(source, _Loader)  # noqa: S506 - a safe one
    return template


def part(template: Template, *roots: str) -> Template:
    """Return the template with only some resources and those that they refer to.

    Parameters
    ----------
    template
        In the long form.
    roots
        Logical ids of resources.

    Returns
    -------
    dict
        All parameters and conditions, the resources, no outputs.
    """
    resources = template["Resources"]
    wanted: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting += [found for found in _references(resources[name]) if found in resources]
    kept = {name: item for name, item in resources.items() if name in wanted}
    left = {key: value for key, value in template.items() if key not in {"Outputs", "Metadata"}}
    return {**left, "Resources": kept}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _named(key, inner)
            yield from _references(inner)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _named(key: str, value: Any) -> Iterator[str]:
    if key == "Ref":
        yield value
    elif key == "Fn::GetAtt":
        yield value[0]
    elif key == "DependsOn":
        yield from [value] if isinstance(value, str) else value
    elif key == "Fn::Sub":
        text = value[0] if isinstance(value, list) else value
        yield from (name.partition("}")[0].partition(".")[0] for name in text.split("${")[1:])


def defaults() -> dict[str, str]:
    """Return the defaults of the parameters; those without one are left out."""
    return {
        name: str(item["Default"])
        for name, item in load()["Parameters"].items()
        if "Default" in item
    }


def filled_in(node: Any, parameters: Mapping[str, str]) -> Any:
    """Return a part of a template with the parameters that it refers to filled in."""
    if isinstance(node, list):
        return [filled_in(item, parameters) for item in node]
    if not isinstance(node, dict):
        return node
    if set(node) == {"Ref"} and node["Ref"] in parameters:
        return parameters[node["Ref"]]
    return {name: filled_in(item, parameters) for name, item in node.items()}
