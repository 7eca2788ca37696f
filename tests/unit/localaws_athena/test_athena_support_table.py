"""The README's table says what the tests prove."""

from pathlib import Path

from localaws.athena import support_table

_TESTS = Path(__file__).parents[2]


def test_the_readme_has_the_current_table():
    readme = (support_table.FOLDER / "README.md").read_text(encoding="utf-8")
    assert support_table.with_table(readme) == readme, "run python -m localaws.athena.support_table"


def test_each_proof_exists():
    files = {
        path.name: path.read_text(encoding="utf-8") for path in _TESTS.rglob("test_athena_*.py")
    }
    for kind in support_table.entries().values():
        for entry in kind:
            assert entry["tests"] or entry["supported"] != "yes", entry["name"]
            for proof in entry["tests"]:
                name, _, function = proof.partition("::")
                assert f"def {function}(" in files[name], proof
