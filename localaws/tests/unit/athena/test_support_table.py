"""The README's table says what the tests prove, and leaves nothing out."""

import ast
from pathlib import Path

import boto3

from localaws.athena import support_table
from localaws.athena.statements import parser
from localaws.athena.support import FOLDER, entries

_TESTS = Path(__file__).parents[2]


def _all(key):
    return [name for kind in entries().values() for entry in kind for name in entry.get(key, ())]


def _leaves(kind):
    below = kind.__subclasses__()
    return [kind.__name__] if not below else [name for sub in below for name in _leaves(sub)]


def test_the_readme_has_the_current_table():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert support_table.with_table(readme) == readme, "run python -m localaws.athena.support_table"


def test_each_entry_is_proved_by_a_test_that_exists():
    functions = {
        f"{path.parent.name}/{path.name}::{node.name}"
        for path in _TESTS.rglob("athena/**/test_*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    for kind in entries().values():
        for entry in kind:
            assert entry["supported"] in {"yes", "differs", "no"}
            assert (entry["supported"] == "yes") == ("difference" not in entry), entry
            assert entry["tests"], entry
    assert set(_all("tests")) <= functions


def test_every_statement_and_every_operation_is_in_the_table_once():
    client = boto3.client(
        "athena", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    documented = client.meta.service_model.operation_names
    assert sorted(_all("operations")) == sorted(documented)
    assert sorted(_all("statements")) == sorted(_leaves(parser.Statement))
