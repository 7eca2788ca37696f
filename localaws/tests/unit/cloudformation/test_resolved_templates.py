"""Templates are resolved as AWS does where moto differs."""

import pytest
from moto.cloudformation import parsing

from localaws.cloudformation import no_values


@pytest.fixture(autouse=True)
def corrected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsing, "clean_json", parsing.clean_json)  # restored after the test
    no_values.install()


def test_a_number_finds_its_entry_in_a_mapping() -> None:
    resources = {"Hours": {"3": {"Value": 74}}, "Days": 3}
    found = parsing.clean_json({"Fn::FindInMap": ["Hours", {"Ref": "Days"}, "Value"]}, resources)
    assert found == 74


def test_an_item_without_a_value_leaves_its_list() -> None:
    resources = {"AWS::NoValue": None}
    assert parsing.clean_json(["a", {"Ref": "AWS::NoValue"}], resources) == ["a"]
