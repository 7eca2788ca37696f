"""Rows that a merge deletes are made from the contract."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.rendered_macros import CompilationError, RenderedMacros

MODELS = Path(__file__).resolve().parents[3] / "models"
USERS = sorted(path for path in MODELS.rglob("*.sql") if "vanished_row(" in path.read_text())


def macros(**contract: str) -> RenderedMacros:
    columns = {name: {"name": name, "data_type": kind} for name, kind in contract.items()}
    return RenderedMacros(
        "vanished_row.sql",
        model={"resource_type": "model", "columns": columns},
        this="a_mart",
        cast_timestamp=lambda value: f"cast({value} as timestamp(6))",
    )


def test_a_vanished_row_has_its_keys_the_named_values_and_typed_nulls() -> None:
    """GIVEN a contract WHEN a row vanishes THEN its columns come in the contract's order."""
    contract = macros(row_id="varchar", media_id="varchar", plays="bigint", seen_at="timestamp(6)")
    rendered = contract("vanished_row", ["media_id"], values={"row_id": "media_id || '@'"})
    assert rendered == (
        "media_id || '@' as row_id, media_id, cast(null as bigint) as plays,"
        " cast(null as timestamp(6)) as seen_at"
    )


@pytest.mark.parametrize("named", [{"keys": ["media"]}, {"keys": [], "values": {"media": "1"}}])
def test_a_column_that_the_contract_does_not_have_is_refused(named: dict[str, Any]) -> None:
    """GIVEN a mistyped column WHEN rendered THEN the error names it and the table."""
    with pytest.raises(CompilationError, match="names media, which the contract of a_mart"):
        macros(media_id="varchar")("vanished_row", **named)


def contract(model: str) -> dict[str, str]:
    path = next(MODELS.rglob(f"{model}.yml"))
    columns = yaml.safe_load(path.read_text())["models"][0]["columns"]
    return {column["name"]: column["data_type"] for column in columns}


def test_unit_tests_have_the_columns_of_the_contract() -> None:
    """GIVEN dbt's unit tests of incremental runs WHEN they need a contract THEN they have the right one."""
    unit_tests = [
        test
        for path in MODELS.rglob("_*_rules.yml")
        for test in yaml.safe_load(path.read_text())["unit_tests"]
        if test["model"] in {user.stem for user in USERS}
        and test["overrides"]["macros"].get("is_incremental")
    ]
    assert unit_tests
    for test in unit_tests:
        named = test["overrides"]["macros"]["contract_columns"]
        assert list(named.items()) == list(contract(test["model"]).items()), test["name"]


def test_the_models_with_vanished_rows_are_known() -> None:
    assert [path.stem for path in USERS] == ["fact_events", "fact_media_retention"]


@pytest.mark.parametrize("path", USERS, ids=[path.stem for path in USERS])
def test_the_rows_that_stay_have_the_order_of_the_contract(path: Path) -> None:
    """GIVEN a union by position WHEN the rows that stay are selected THEN in the contract's order."""
    final = path.read_text().partition("final as (")[2]
    selected = final.partition("select\n")[2].partition("\n    from ")[0]
    lines = [line.strip().rstrip(",") for line in selected.splitlines()]
    names = [re.split(r"\sas\s", x)[-1] for x in lines if x and not x.startswith("--")]
    assert names == list(contract(path.stem))
