"""ISO 3166-2 from the library `iso3166-2`: the source of the table in the job's zip.

The job cannot install a library on Glue, so packaging runs this file and puts its output into the
job's zip as `regions.csv`. In a checkout `regions.py` calls this directly.
"""

import csv
import json
import re
import sys
from dataclasses import asdict, dataclass, fields
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO

_DISTRIBUTION = "iso3166-2"
_DATA = "iso3166_2/iso3166-2.json"

# `North Holland (eng), 'Washington, D.C. (eng)'`: names with their language, comma-separated.
_OTHER_NAME = re.compile(r"(?:'[^']*\([^)]*\)'|[^,])+")
_LANGUAGE = re.compile(r"\s*\(([\w-]+)\)\s*$")
_IN_BRACKETS = re.compile(r"\[([^\]]*)\]")
_IN_PARENTHESES = re.compile(r"\s*\([^)]*\)")
_CODE_WITHIN = re.compile(r"\s*\b[A-Z]{2}-[A-Z0-9]{1,3}$")


@dataclass(frozen=True)
class Subdivision:
    """One subdivision of a country.

    Parameters
    ----------
    is_part
        It belongs to another subdivision: a province of a region.
    kind
        What its country calls it, in English: `County`, `Land`, …
    names
        Other spellings of the official name, separated by `|`.
    english, local
        Names in English and in other languages, separated by `|`.
    """

    country_code: str
    region_code: str
    region_name: str
    is_part: str
    kind: str
    names: str
    english: str
    local: str


def subdivisions() -> list[Subdivision]:
    """Return all subdivisions of the library, ordered by code."""
    # Only the file: importing the package needs four more that only its command line uses.
    file = metadata.distribution(_DISTRIBUTION).locate_file(_DATA)
    countries = json.loads(Path(str(file)).read_text(encoding="utf-8"))
    return [
        _subdivision(country, code.removeprefix(f"{country}-"), described)
        for country, found in sorted(countries.items())
        for code, described in sorted(found.items())
    ]


def _subdivision(country: str, code: str, described: dict[str, Any]) -> Subdivision:
    english: list[str] = []
    local: list[str] = []
    for given in _OTHER_NAME.findall(described["localOtherName"] or ""):
        name = given.strip().strip("'")
        language = _LANGUAGE.search(name)
        names = english if language and language[1] == "eng" else local
        names.append(_LANGUAGE.sub("", name).strip(" '"))
    official, *spellings = _spellings(described["name"])
    return Subdivision(
        country,
        code,
        official,
        "1" if described["parentCode"] else "",
        described["type"],
        *("|".join(filter(None, dict.fromkeys(names))) for names in (spellings, english, local)),
    )


def _spellings(name: str) -> list[str]:
    """Return the name without the text in brackets, then its other spellings.

    ISO writes `Catalunya [Cataluña]`, `Stockholms län [SE-01]`, `Asturias, Principado de`,
    `Elgeyo/Marakwet`.
    """
    bare = _IN_BRACKETS.sub("", name).strip()
    found = [bare, *(_CODE_WITHIN.sub("", inner) for inner in _IN_BRACKETS.findall(name))]
    found.append(_IN_PARENTHESES.sub("", bare))
    for spelling in tuple(found):
        head, comma, tail = spelling.partition(", ")
        if comma and "," not in tail:
            found += [f"{tail} {head}", head]
        found += [part.strip() for part in spelling.split("/")]
    return [spelling for spelling in dict.fromkeys(found) if spelling]


def write(target: TextIO) -> None:
    """Write the table as CSV."""
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(column.name for column in fields(Subdivision))
    writer.writerows(asdict(row).values() for row in subdivisions())


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    write(sys.stdout)
