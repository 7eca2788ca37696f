"""The erasure and the dbt project agree about the properties of Iceberg tables."""

import ast
import re

import pytest
from botocore.exceptions import ClientError

from orchestration.cli import erase
from orchestration.settings import REPOSITORY_ROOT
from tests.support.account import Account


def test_an_erasure_restores_the_properties_that_dbt_sets() -> None:
    """GIVEN dbt's table properties WHEN an erasure has expired snapshots THEN it sets the same ones."""
    macro = (REPOSITORY_ROOT / "macros/iceberg.sql").read_text(encoding="utf-8")
    declared = re.search(r"macro iceberg_table_properties.*?return\((\{.*?\})\)", macro, re.DOTALL)
    assert declared
    properties = ast.literal_eval(declared[1])
    assert ", ".join(f"'{it}'='{properties[it]}'" for it in properties) == erase._KEPT_SNAPSHOTS


def test_an_erasure_by_somebody_else_than_the_raw_reader_says_who_may(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GIVEN a policy that denies raw WHEN a viewer is erased THEN the message says what to set."""
    client = account.cloud.client("secretsmanager")
    client.create_secret(Name=f"{account.stack}/pseudonym-key", SecretString="key")

    def denied(*_: object) -> None:
        answer = {"Error": {"Code": "AccessDenied", "Message": "with an explicit deny"}}
        raise ClientError(answer, "GetObject")  # type: ignore[arg-type]

    monkeypatch.setattr(erase, "_refuse_while_a_night_runs", lambda _: None)
    monkeypatch.setattr(erase, "erase_landed", denied)
    ran = account.run("erase", "a" * 64)
    assert ran.exit_code != 0
    assert "RAW_READER_ARN" in ran.output
    assert "explicit deny" in ran.output
