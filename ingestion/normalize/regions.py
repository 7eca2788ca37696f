"""Regions by ISO 3166-2, in whatever form the API serves them: a code, an English or a local name.

A small table contains the codes and the names exactly as a person would write them. Other names are
looked up only if that fails: without accents, case, blanks and punctuation (`folded`), then without
words such as "Province of" (`bare`), then also with `St.`, `Northern` and the like in one form
(`alike`).

A name may belong to several subdivisions of its country (Madrid is a community and the province in
it). It then means the one that is not part of another, as in geolocation databases; of those the
one whose official name it is, then the one with that English name, then the first by code.
`region_names.csv` lists the exceptions. A `bare` or `alike` name counts only if it belongs to one
subdivision alone.
"""

import csv
import io
import itertools
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from pyspark.sql import Column
from pyspark.sql import functions as sf

from ingestion.normalize import regions_library
from ingestion.normalize.regions_library import Subdivision

Names = dict[str, dict[str, str]]
"""Country to name to code (or to code to name)."""

_TABLE = "regions.csv"
_COMBINING = range(0x300, 0x370)
_PLANE = 0x10000  # names are written in the characters of the first plane
_LETTERS = {"ß": "s", "æ": "a", "œ": "o", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "t",
                   "ı": "i", "ə": "a", "ħ": "h", "ŧ": "t", "ς": "σ"}  # fmt: skip  # noqa: RUF001 - letters that look like others are the point
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "æ": "ae"})
_GENERIC = (
    "administrative|area|autonomous|autonoma|autonoom|canton|kanton|capital|city|ciudad|comunidad"
    "|community|council|county|departamento|department|departement|departemento|distrito|district"
    "|division|emirate|estado|federal|governorate|gouvernorat|krai|kray|kraj|land|landskapet|lan|maakond"
    "|metropolitan|national|mkoa|municipality|municipio|oblast|okrug|parish|prefecture|principality|province"
    "|provincia|provincie|provinsi|provinz|regiao|region|regione|republic|republik|respublika|state"
    "|special|territory|town|union|viloyati|voblast|voblasc|voivodeship|voivodship|wilaya|wojewodztwo|zizhiqu|zupanija"
    "|ken|fu|to|shi|of|the|and|de|del|della|di|do|da|du|des|la|el|le|d|l|i|y|e|et"
)
_GENERIC_WORD = rf"(?<![a-z])(?:{_GENERIC})(?![a-z])"
# Words with several spellings, and the form in which they are compared: `St.` and `Sankt Gallen`,
# `North` and `Northern Ostrobothnia`, `South Moravian` and `South Moravia`.
_SAME_WORDS = (
    (r"(?<![a-z])islands?(?![a-z])", ""),
    (r"(?<![a-z])(?:st|sankt|saint)(?![a-z])", "saint"),
    (r"(?<![a-z])(north|south|east|west)ern(?![a-z])", r"\1"),
    (r"(?<=[a-z]{3})ian(?![a-z])", "ia"),
)
# If a city and the land around it share a name, the words of the kind distinguish them.
_CITY = re.compile("city|municipality", re.IGNORECASE)
_LAND_WORDS = ("Oblast", "Region", "Province")
_DIGITS = 3


@cache
def subdivisions() -> tuple[Subdivision, ...]:
    """Return the table: from the job's zip or, in a checkout, from the library."""
    packaged = resources.files(__package__).joinpath(_TABLE)
    if not packaged.is_file():
        return tuple(regions_library.subdivisions())
    rows = csv.DictReader(io.StringIO(packaged.read_text(encoding="utf-8")))
    return tuple(Subdivision(**row) for row in rows)


@cache
def _translations() -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the translations that remove accents, and all that is not a letter or digit."""
    accented, punctuation = {}, []
    for character in map(chr, range(_PLANE)):
        kind, plain = unicodedata.category(character), unicodedata.normalize("NFD", character)
        if ord(character) in _COMBINING or kind[0] in "PZ" or kind in {"Sk", "Lm"}:
            punctuation.append(character)
        elif kind == "Ll" and len(plain) > 1 and plain[0].isalpha():
            accented[character] = plain[0]
    accented |= _LETTERS
    return ("".join(accented), "".join(accented.values())), ("".join(punctuation), "")


@cache
def _character_maps() -> tuple[dict[int, int], dict[int, int | None]]:
    """Return the two translations for `str.translate`."""
    (letters, plain), (punctuation, _) = _translations()
    return str.maketrans(letters, plain), dict.fromkeys(map(ord, punctuation))


@cache
def folded(name: str) -> str:
    """Return a name without accents, case, blanks and punctuation."""
    without_accents, without_punctuation = _character_maps()
    return name.lower().translate(without_accents).translate(without_punctuation)


def bare(name: str) -> str:
    """Return a folded name without the words for the kind of region."""
    without_accents, _ = _character_maps()
    combining = dict.fromkeys(_COMBINING)
    lowered = name.lower().translate(without_accents).translate(combining)
    return folded(re.sub(_GENERIC_WORD, "", lowered))


def alike(name: str) -> str:
    """Return a bare name in which words with several spellings have one form."""
    without_accents, _ = _character_maps()
    lowered = name.lower().translate(without_accents)
    for pattern, word in _SAME_WORDS:
        lowered = re.sub(pattern, word, lowered)
    return bare(lowered)


@cache
def exact_codes() -> Names:
    """Return country to code or official name, in capitals, to code.

    It includes names that differ only in accents: Shǎnxī and Shānxī are two provinces.
    """
    found: Names = defaultdict(dict)
    owners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in subdivisions():
        for name in _all_names(row):
            owners[row.country_code, name.upper()].add(row.region_code)
    for row in subdivisions():
        known = folded_codes()[row.country_code]
        found[row.country_code].setdefault(
            row.region_name.upper(), known.get(folded(row.region_name), row.region_code)
        )
        for name in _all_names(row):
            is_alone = len(owners[row.country_code, name.upper()]) == 1
            if is_alone and known.get(folded(name), row.region_code) != row.region_code:
                found[row.country_code][name.upper()] = row.region_code
    for more in _more_names():
        found[more["country_code"]][more["name"].upper()] = more["region_code"]
    for row in subdivisions():
        found[row.country_code][row.region_code] = row.region_code
    for country, code in [(row.country_code, row.region_code) for row in subdivisions()]:
        for spelling in _other_digits(code):
            found[country].setdefault(spelling, code)
    return {country: _most_used_first(country, known) for country, known in found.items()}


def _most_used_first(country: str, known: dict[str, str]) -> dict[str, str]:
    """Return a country's table with its codes first, then the official names, then the rest."""
    official = {name.upper() for name in names().get(country, {}).values()}
    return dict(sorted(known.items(), key=lambda one: (one[0] != one[1], one[0] not in official)))


@cache
def folded_codes() -> Names:
    """Return country to folded name to code."""
    found: Names = defaultdict(dict)
    for more in _more_names():
        found[more["country_code"]][folded(more["name"])] = more["region_code"]
    kinds = ("region_name", "names", "english", "local")
    for is_part, kind in itertools.product(("", "1"), kinds):
        rows = [row for row in subdivisions() if row.is_part == is_part]
        for row in rows:
            for name in getattr(row, kind).split("|"):
                found[row.country_code].setdefault(folded(name), row.region_code)
    for row in subdivisions():
        for name in _all_names(row):
            for spelling in _other_spellings(name, row):
                found[row.country_code].setdefault(folded(spelling), row.region_code)
    for row in subdivisions():
        for spelling in _names_of_land(row):
            found[row.country_code].setdefault(folded(spelling), row.region_code)
    return {country: _without_empty(names) for country, names in found.items()}


@cache
def bare_codes() -> Names:
    """Return country to bare name to code, for names of one subdivision only."""
    return _unique(
        (row.country_code, bare(name), row.region_code)
        for row in subdivisions()
        for name in _all_names(row)
    )


@cache
def alike_codes() -> Names:
    """Return country to `alike` name to code, for names of one subdivision only."""
    named = [
        (row.country_code, alike(name), row.region_code)
        for row in subdivisions()
        for name in _all_names(row)
    ]
    more = [(m["country_code"], alike(m["name"]), m["region_code"]) for m in _more_names()]
    return _unique(named + more)


def _unique(named: Iterable[tuple[str, str, str]]) -> Names:
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for country, name, code in named:
        found[country][name].add(code)
    return {
        country: _without_empty({n: next(iter(c)) for n, c in names.items() if len(c) == 1})
        for country, names in found.items()
    }


@cache
def names() -> Names:
    """Return country to code to official name."""
    found: Names = defaultdict(dict)
    for row in subdivisions():
        found[row.country_code][row.region_code] = row.region_name
    return dict(found)


@cache
def _more_names() -> tuple[dict[str, str], ...]:
    """Return names and former codes that the library lacks, and the meaning of ambiguous names."""
    content = resources.files(__package__).joinpath("region_names.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(content)))


def _all_names(row: Subdivision) -> list[str]:
    names = f"{row.region_name}|{row.names}|{row.english}|{row.local}".split("|")
    return [name for name in names if name]


def _other_spellings(name: str, row: Subdivision) -> tuple[str, ...]:
    return (
        f"{name} {row.kind}",
        name.lower().translate(_UMLAUTS),
        # Some Arabic, Armenian and Bengali letters change in capitals or when decomposed.
        name.upper(),
        unicodedata.normalize("NFD", name),
    )


def _names_of_land(row: Subdivision) -> list[str]:
    """Return names with the words for land, if several subdivisions share the bare name."""
    known = bare_codes()[row.country_code]
    shared = [] if _CITY.search(row.kind) else [n for n in _all_names(row) if bare(n) not in known]
    return [f"{name} {word}" for name, word in itertools.product(shared, _LAND_WORDS)]


def _other_digits(code: str) -> set[str]:
    """Return a number with fewer and with more leading zeros: Hokkaido is `01` and `1`."""
    if not code.isdigit():
        return set()
    return {code.lstrip("0"), *(code.lstrip("0").zfill(n + 1) for n in range(_DIGITS))} - {code, ""}


def _without_empty(names: dict[str, str]) -> dict[str, str]:
    return {name: code for name, code in names.items() if name}


def code(country: Column, value: Column, bare_code: Column) -> Column:
    """Return the ISO code of a region, without its country; null if it is in no table.

    Parameters
    ----------
    country
        ISO 3166-1 code in capitals.
    value
        A code, with or without its country (`IN-KA`), or a name.
    bare_code
        The result of `without_country` for the two.
    """
    exact = _lookup(exact_codes(), country)[bare_code]
    by_name = _lookup_folded(folded_codes(), country, _folded(value))
    by_bare_name = _lookup_folded(bare_codes(), country, _bare(value))
    by_alike_name = _lookup_folded(alike_codes(), country, _bare(_in_same_words(value)))
    return sf.coalesce(exact, by_name, by_bare_name, by_alike_name)


def name(country: Column, known_code: Column) -> Column:
    """Return the official name of a region by its ISO code; null if there is none."""
    return _lookup(names(), country)[known_code]


def without_country(country: Column, value: Column) -> Column:
    """Return a code in capitals and without its country."""
    capitals = sf.upper(value)
    is_prefixed = capitals.startswith(sf.concat(country, sf.lit("-")))
    code_alone = capitals.substr(sf.length(country) + 2, sf.length(capitals))
    return sf.when(is_prefixed, code_alone).otherwise(capitals)


def _lookup(table: Names, country: Column) -> Column:
    """Return the country's part of a table."""
    return _of_country(table, country, "map<string,string>")


def _lookup_folded(table: Names, country: Column, folded_name: Column) -> Column:
    """Return the code that a country's part of a table has for a folded name.

    Spark sends these tables to every task. As maps that took 0.8 s of a job with a million events;
    as one text per country it takes no measurable time. Searching a text takes longer, but few
    names get here. A folded name has no punctuation, so it cannot match across the marks between
    names and codes.
    """
    listed = {
        known: f";{';'.join(f'{name}:{code}' for name, code in names_of.items())};"
        for known, names_of in table.items()
    }
    names_and_codes = _of_country(listed, country, "string")
    mark = sf.concat(sf.lit(";"), folded_name, sf.lit(":"))
    until_next = sf.call_function("substring_index", names_and_codes, mark, sf.lit(2))
    after = sf.call_function("substring_index", until_next, mark, sf.lit(-1))
    return sf.when(names_and_codes.contains(mark), sf.substring_index(after, ";", 1))


def _of_country(table: Mapping[str, object], country: Column, kind: str) -> Column:
    """Return the value of a table for a country, with this type.

    The table is one constant that Spark parses while it plans: a map of literals would be thousands
    of expressions, which every step of the analysis visits. Spark searches a map from its first key
    to its last, so a country is found by its first letter, then by the others.
    """
    by_letter: dict[str, dict[str, object]] = defaultdict(dict)
    for known, value in table.items():
        by_letter[known[:1]][known[1:]] = value
    text = json.dumps(by_letter, ensure_ascii=False, separators=(",", ":"))
    countries = sf.from_json(sf.lit(text), f"map<string,map<string,{kind}>>")
    return countries[country.substr(1, 1)][country.substr(sf.lit(2), sf.octet_length(country))]


def _folded(value: Column) -> Column:
    (letters, plain), (punctuation, _) = _translations()
    without_accents = sf.translate(sf.lower(value), letters, plain)
    return sf.translate(without_accents, punctuation, "")


def _bare(value: Column) -> Column:
    (letters, plain), _ = _translations()
    combining = "".join(map(chr, _COMBINING))
    without_accents = sf.translate(sf.lower(value), letters + combining, plain)
    return _folded(sf.regexp_replace(without_accents, _GENERIC_WORD, ""))


def _in_same_words(value: Column) -> Column:
    (letters, plain), _ = _translations()
    lowered = sf.translate(sf.lower(value), letters, plain)
    for pattern, word in _SAME_WORDS:
        lowered = sf.regexp_replace(lowered, pattern, word.replace("\\", "$"))
    return lowered
