"""Fixtures: the template, the state machines and an account."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.account import Account, own_account

ROOT = Path(__file__).resolve().parents[3]


class _Loader(yaml.CSafeLoader):
    """Parses CloudFormation's short forms into {"Fn::Name": value}."""


def _function(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _function)


@pytest.fixture(scope="session")
def template() -> dict[str, Any]:
    """The CloudFormation template."""
    text = (ROOT / "orchestration/infrastructure/template.yml").read_text(encoding="utf-8")
    return yaml.load(text, _Loader)


@pytest.fixture(scope="session")
def resources(template: dict[str, Any]) -> dict[str, Any]:
    """The resources of the template."""
    return template["Resources"]


@pytest.fixture(scope="session")
def state_machine() -> dict[str, Any]:
    """The nightly state machine."""
    return yaml.load(
        (ROOT / "orchestration/infrastructure/state_machine.asl.yml").read_text(), yaml.CSafeLoader
    )


@pytest.fixture(scope="session")
def states(state_machine: dict[str, Any]) -> dict[str, Any]:
    """The states of the nightly state machine, including those inside the Map."""
    inner = state_machine["States"]["Ingest"]["ItemProcessor"]["States"]
    return state_machine["States"] | inner


@pytest.fixture(scope="module")
def account() -> Iterator[Account]:
    """An account in this process, for the tests of one module: use names of your own."""
    with pytest.MonkeyPatch.context() as monkeypatch, own_account(monkeypatch) as made:
        yield made
