"""Who imports whom: no circles, and a landing zone that does not know what fills it."""

import sys

import grimp
import pytest

# What the normalize job shares with the Lambda functions.
SHARED = {"layout", "manifest", "spelling"}
GRAPH = grimp.build_graph("ingestion", include_external_packages=True)
MODULES = {name for name in GRAPH.modules if name.partition(".")[0] == "ingestion"}
FOLDERS = ("client", "handlers", "landing", "normalize", "streams")


def unit_of(module: str) -> str:
    """The folder that a module is in, or the module itself at the top of the package."""
    return ".".join(module.split(".")[:2])


def reachable(module: str) -> set[str]:
    return {module, *GRAPH.find_upstream_modules(module)}


def test_no_module_imports_itself_through_others() -> None:
    assert not [
        module
        for module in sorted(MODULES)
        for imported in GRAPH.find_modules_directly_imported_by(module)
        if module in reachable(imported)
    ]


def test_no_folder_imports_itself_through_others() -> None:
    imports: dict[str, set[str]] = {}
    for module in MODULES:
        for imported in GRAPH.find_modules_directly_imported_by(module) & MODULES:
            if unit_of(imported) != unit_of(module) and "." in imported:
                imports.setdefault(unit_of(module), set()).add(unit_of(imported))
    for start, imported_units in imports.items():
        seen: set[str] = set()
        ahead = set(imported_units)
        while ahead:
            unit = ahead.pop()
            seen.add(unit)
            ahead |= imports.get(unit, set()) - seen
        assert start not in seen


@pytest.mark.parametrize(
    ("folder", "above"),
    [
        ("client", {"landing", "streams", "handlers", "planning", "watermarks"}),
        ("landing", {"streams", "handlers", "planning", "watermarks"}),
        ("streams", {"handlers", "planning", "watermarks"}),
    ],
)
def test_a_folder_does_not_know_what_is_above_it(folder: str, above: set[str]) -> None:
    inside = {module for module in MODULES if unit_of(module) == f"ingestion.{folder}"}
    known = {unit_of(module) for start in inside for module in reachable(start) & MODULES}
    assert not known & {f"ingestion.{name}" for name in above}


def test_the_normalize_job_shares_modules_that_need_the_standard_library_only() -> None:
    job = {module for module in MODULES if unit_of(module) == "ingestion.normalize"}
    shared = {
        imported
        for module in job
        for imported in GRAPH.find_modules_directly_imported_by(module) & MODULES - job
    }
    assert shared - {"ingestion"} == {f"ingestion.{name}" for name in SHARED}
    needed = {name for module in shared for name in reachable(module) if name not in MODULES}
    assert needed <= sys.stdlib_module_names
