"""What the normalize job imports; `make lint` checks the other layers."""

import sys

import grimp

# What the normalize job shares with the Lambda functions.
SHARED = {"layout", "manifest", "spelling"}
GRAPH = grimp.build_graph("ingestion", include_external_packages=True)
MODULES = {name for name in GRAPH.modules if name.partition(".")[0] == "ingestion"}


def test_the_normalize_job_shares_modules_that_need_the_standard_library_only() -> None:
    job = {module for module in MODULES if module.startswith("ingestion.normalize")}
    shared = {
        imported
        for module in job
        for imported in GRAPH.find_modules_directly_imported_by(module) & MODULES - job
    }
    assert shared - {"ingestion"} == {f"ingestion.{name}" for name in SHARED}
    needed = {
        name
        for module in shared
        for name in GRAPH.find_upstream_modules(module)
        if name not in MODULES
    }
    assert needed <= sys.stdlib_module_names
