"""Each environment in which the pipeline runs declares what the code that runs there imports."""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property

import pytest

from tests.support.distributions import Distribution, imported, module_name, third_party

ROOT = Distribution(".")
MODULES = {module_name(name): path for name, path in ROOT.sources.items() if name.endswith(".py")}


@dataclass(frozen=True)
class Environment:
    """Where code of the pipeline runs.

    ``runs`` are patterns of the modules that start there, ``without`` of those that do not.
    ``group`` is the dependency group that is installed there, None the project's dependencies.
    """

    runs: tuple[str, ...]
    without: tuple[str, ...] = ()
    group: str | None = None

    @cached_property
    def modules(self) -> set[str]:
        """Return the modules that run there, with all that they import of the pipeline."""
        reached: set[str] = set()
        waiting = [
            name
            for name in MODULES
            if any(fnmatch(name, pattern) for pattern in self.runs)
            and not any(fnmatch(name, pattern) for pattern in self.without)
        ]
        while waiting:
            name = waiting.pop()
            if name not in reached:
                reached.add(name)
                waiting += [*imported([MODULES[name]]).keys() & MODULES.keys(), *_parents(name)]
        return reached

    @property
    def declared(self) -> set[str]:
        return ROOT.declared(self.group) if self.group else ROOT.declared()

    @property
    def others(self) -> dict[str, set[str]]:
        modules = imported(MODULES[name] for name in self.modules)
        return third_party(modules, {"ingestion", "orchestration"})


ENVIRONMENTS = {
    "commands": Environment(
        runs=("orchestration*",),
        without=("orchestration.dbt_task*", "orchestration.alerts*"),
    ),
    "lambda": Environment(
        runs=("ingestion.handlers*", "orchestration.alerts*"),
        group="lambda",
    ),
    "dbt image": Environment(
        runs=("orchestration.dbt_task*",),
        group="dbt-image",
    ),
}
# AWS Glue installs nothing; these are part of Glue 5.1.
GLUE = Environment(
    runs=("ingestion.normalize*",),
    without=("ingestion.normalize.regions_library",),  # runs when the job is packaged
)
PART_OF_GLUE = {"boto3", "botocore", "pyarrow", "pyspark"}


def _parents(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_runs_in_an_environment_is_declared_for_it(name: str):
    chosen = ENVIRONMENTS[name]
    others = chosen.others
    undeclared = {top for top, brought_by in others.items() if not brought_by & chosen.declared}
    assert undeclared == set(), "imported, not declared"
    unused = chosen.declared - set().union(*others.values())
    assert unused == set(), "declared, not imported"


def test_the_glue_job_imports_only_what_glue_has():
    others = GLUE.others
    assert {top for top, brought_by in others.items() if not brought_by & PART_OF_GLUE} == set()
    assert set().union(*others.values()) >= PART_OF_GLUE


def test_every_module_runs_somewhere():
    covered = set().union(*(chosen.modules for chosen in (*ENVIRONMENTS.values(), GLUE)))
    assert MODULES.keys() - covered == set()
