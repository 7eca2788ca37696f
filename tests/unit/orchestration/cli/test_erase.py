"""The erasure and the dbt project agree about the properties of Iceberg tables."""

import ast
import re

from orchestration.cli import erase
from orchestration.settings import REPOSITORY_ROOT


def test_an_erasure_restores_the_properties_that_dbt_sets() -> None:
    """GIVEN dbt's table properties WHEN an erasure has expired snapshots THEN it sets the same ones."""
    macro = (REPOSITORY_ROOT / "macros/iceberg.sql").read_text(encoding="utf-8")
    declared = re.search(r"macro iceberg_table_properties.*?return\((\{.*?\})\)", macro, re.DOTALL)
    assert declared
    properties = ast.literal_eval(declared[1])
    assert ", ".join(f"'{it}'='{properties[it]}'" for it in properties) == erase._KEPT_SNAPSHOTS
