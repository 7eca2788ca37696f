"""The rooms of the package import each other only downwards, as the README lists them."""

import re
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("localaws", cache_dir=None)


def layers_of_the_readme() -> list[set[str]]:
    """Return the rooms of each numbered line of "How it is built", the highest first."""
    section = README.read_text().partition("## How it is built")[2]
    lines = re.findall(r"^\d+\. (.*?):", section, flags=re.MULTILINE)
    return [set(re.findall(r"`([a-z_]+)(?:\.py|/)`", line)) for line in lines]


def test_no_module_imports_itself_through_others(graph: grimp.ImportGraph) -> None:
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert list(TopologicalSorter(imports).static_order())


def test_rooms_import_only_rooms_below_them(graph: grimp.ImportGraph) -> None:
    # GIVEN the layers of the README
    layers = layers_of_the_readme()
    rooms = {name.split(".")[1] for name in graph.modules if "." in name}
    assert set().union(*layers) == rooms
    depth = {room: number for number, layer in enumerate(layers) for room in layer}
    # WHEN each import between two rooms is looked at
    upwards = []
    for importer in graph.modules - {"localaws"}:
        for imported in graph.find_modules_directly_imported_by(importer):
            above, below = importer.split(".")[1], imported.split(".")[1]
            if above != below and depth[above] >= depth[below]:
                upwards.append(f"{importer} imports {imported}")
    # THEN it goes down
    assert upwards == []
