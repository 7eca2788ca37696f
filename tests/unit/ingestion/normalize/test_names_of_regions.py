"""The table of regions: all of ISO 3166-2, one code and one name for each, in every spelling."""

import csv
import io
import json
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

import pytest

from ingestion.normalize import regions, regions_library
from orchestration.infrastructure import packaging
from orchestration.settings import REPOSITORY_ROOT


def test_the_table_is_all_of_iso_3166_2() -> None:
    rows = regions.subdivisions()
    assert len(rows) > 5000
    assert len({row.country_code for row in rows}) > 190
    assert len({(row.country_code, row.region_code) for row in rows}) == len(rows)
    assert all(row.region_name for row in rows)


def test_names_lose_what_iso_puts_in_brackets() -> None:
    assert not [row for row in regions.subdivisions() if "[" in row.region_name]


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("Catalunya [Cataluña]", ["Catalunya", "Cataluña"]),
        ("Stockholms län [SE-01]", ["Stockholms län"]),
        ("Cardiff [Caerdydd GB-CRD]", ["Cardiff", "Caerdydd"]),
        (
            "Asturias, Principado de",
            ["Asturias, Principado de", "Principado de Asturias", "Asturias"],
        ),
        ("Elgeyo/Marakwet", ["Elgeyo/Marakwet", "Elgeyo", "Marakwet"]),
    ],
)
def test_a_name_of_iso_is_several_spellings(name: str, spellings: list[str]) -> None:
    described = {"name": name, "localOtherName": None, "parentCode": None, "type": "Region"}
    row = regions_library._subdivision("XX", "A", described)
    assert [row.region_name, *filter(None, row.names.split("|"))] == spellings


def test_every_code_means_itself() -> None:
    wrong = [
        row
        for row in regions.subdivisions()
        if regions.exact_codes()[row.country_code][row.region_code] != row.region_code
    ]
    assert not wrong


def test_only_names_of_two_subdivisions_mean_another_one() -> None:
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in regions.subdivisions():
        for name in regions._all_names(row):
            if regions.folded(name):
                owners[row.country_code, regions.folded(name)].add(row.region_code)
    for more in regions._more_names():
        owners[more["country_code"], regions.folded(more["name"])].add(more["region_code"])
    for (country, name), codes in owners.items():
        assert regions.folded_codes()[country][name] in codes
    assert sum(len(codes) > 1 for codes in owners.values()) < 120


def test_a_name_of_two_means_the_one_that_is_no_part_of_the_other() -> None:
    spain = regions.folded_codes()["ES"]
    assert {name: spain[name] for name in ("madrid", "asturias", "murcia", "navarra")} == {
        "madrid": "MD", "asturias": "AS", "murcia": "MC", "navarra": "NC",
    }  # fmt: skip


def test_more_names_are_of_regions_that_exist_and_hide_no_code() -> None:
    known = regions.names()
    for more in regions._more_names():
        assert more["region_code"] in known[more["country_code"]]
        assert more["name"] not in known[more["country_code"]]
        assert more["why"]


def test_no_more_name_takes_a_name_from_another_region_unless_it_says_so() -> None:
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in regions.subdivisions():
        for name in regions._all_names(row):
            owners[row.country_code, regions.folded(name)].add(row.region_code)
    for more in regions._more_names():
        others = owners[more["country_code"], regions.folded(more["name"])] - {more["region_code"]}
        assert not others or "not" in more["why"].split() or "MaxMind" in more["why"], more


def test_no_name_is_given_to_two_regions() -> None:
    named = [(more["country_code"], regions.folded(more["name"])) for more in regions._more_names()]
    assert len(named) == len(set(named))


def test_nothing_but_a_word_for_its_kind_names_no_region() -> None:
    for names in (
        regions.exact_codes(),
        regions.folded_codes(),
        regions.bare_codes(),
        regions.alike_codes(),
    ):
        assert not [
            country
            for country, codes in names.items()
            if {"", "region", "oblast", "state"} & codes.keys()
        ]


def test_the_jobs_zip_brings_the_table_where_the_library_is_missing(tmp_path: Path) -> None:
    # GIVEN the zip that is deployed for the Glue job
    package = packaging.build(tmp_path, for_local=True, say=lambda _: None)
    (library,) = (item for item in package.artifacts if item.parameter == "NormalizeLibraryKey")
    with zipfile.ZipFile(library.file) as archive:
        table = archive.read(packaging.REGIONS_TABLE).decode()
    expected = io.StringIO()
    regions_library.write(expected)
    assert table == expected.getvalue()
    # WHEN it is imported without the library
    program = (
        "import sys, json; sys.path.insert(0, sys.argv[1])\n"
        "from ingestion.normalize import regions, regions_library\n"
        "regions_library.metadata.distribution = None\n"
        "print(json.dumps([regions.__file__, len(regions.subdivisions()), regions.names()['IN']]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(library.file)],
        capture_output=True, text=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    # THEN it has the same regions
    origin, rows, india = json.loads(done.stdout)
    assert origin.startswith(str(library.file))
    assert rows == len(list(csv.reader(io.StringIO(table)))) - 1
    assert india == regions.names()["IN"]


def test_the_table_is_not_in_the_repository() -> None:
    assert not (REPOSITORY_ROOT / packaging.REGIONS_TABLE).exists()
