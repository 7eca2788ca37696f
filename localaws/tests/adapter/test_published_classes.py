"""Every published class runs here, or the README says why not."""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import dbt.tests.adapter

_HERE = Path(__file__).parent


def _published() -> Iterator[str]:
    """The classes with tests, without the ones that dbt itself runs on PostgreSQL."""
    root = Path(next(iter(dbt.tests.adapter.__path__)))
    for path in sorted(root.rglob("*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        module = importlib.import_module(".".join(("dbt.tests.adapter", *parts)))
        for name, found in vars(module).items():
            is_own = inspect.isclass(found) and found.__module__ == module.__name__
            if (
                is_own
                and not name.startswith("Test")
                and any(m.startswith("test_") for m in dir(found))
            ):
                yield name


def test_each_class_runs_or_has_a_reason():
    published = set(_published())
    run = set(re.findall(r"\w+", " ".join(p.read_text() for p in _HERE.glob("test_adapter_*.py"))))
    readme = (_HERE / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|") for line in readme.splitlines() if line.startswith("| `")]
    excluded = {name for row in rows for name in re.findall(r"`(\w+)`", row[1])}
    assert all(row[2].strip() for row in rows)
    # THEN nothing is left out, and nothing is excused that runs or does not exist
    assert published - run == excluded
