"""A region has one code and one name, whatever an event calls it."""

import unicodedata

import pytest
from pyspark.sql import functions as sf

from ingestion.normalize import regions
from tests.support.wistia_records import envelope, event

SPELLINGS = {
    ("IN", "KA"): ["KA", "ka", "IN-KA", "in-ka", "Karnataka", "KARNATAKA", "Karnātaka", "ಕರ್ನಾಟಕ"],
    ("FR", "IDF"): ["IDF", "FR-IDF", "Île-de-France", "Ile-de-France", "ile de france", "I\u0302le-de-France"],
    ("FR", "BRE"): ["BRE", "Bretagne", "Brittany"],
    ("BR", "SP"): ["SP", "São Paulo", "Sao Paulo", "State of São Paulo"],
    ("JP", "13"): ["13", "JP-13", "Tokyo", "Tōkyō", "Tokyo-to", "東京都", "Tokyo Prefecture"],
    ("NL", "NH"): ["NH", "Noord-Holland", "North Holland", "Provincie Noord-Holland"],
    ("MX", "CMX"): ["CMX", "Ciudad de México", "Mexico City", "DIF"],
    ("MX", "MEX"): ["MEX", "México", "Mexico", "Estado de México", "State of Mexico"],
    ("ES", "CT"): ["CT", "Catalunya", "Cataluña", "Catalonia"],
    ("ES", "MD"): ["MD", "Madrid", "Comunidad de Madrid", "Community of Madrid"],
    ("ES", "PV"): ["PV", "País Vasco", "Euskadi", "Basque Country"],
    ("SE", "AB"): ["AB", "Stockholms län", "Stockholm", "Stockholm County"],
    ("SE", "M"): ["M", "Skåne län", "Skåne", "Skane County"],
    ("ZA", "GP"): ["GP", "Gauteng", "Gauteng Province", "GT"],
    ("US", "WA"): ["WA", "Washington", "Washington State", "State of Washington"],
    ("US", "DC"): ["DC", "District of Columbia", "Washington, D.C."],
    ("DE", "BY"): ["BY", "Bayern", "Bavaria", "Free State of Bavaria"],
    ("DE", "TH"): ["TH", "Thüringen", "Thuringen", "Thueringen", "Thuringia"],
    ("GB", "ENG"): ["ENG", "England"],
    ("CA", "QC"): ["QC", "PQ", "Québec", "Quebec"],
    ("RU", "MOW"): ["MOW", "Moskva", "Moscow"],
    ("TR", "34"): ["34", "İstanbul", "Istanbul"],
    ("CH", "BE"): ["BE", "Bern", "Berne", "Canton of Bern"],
    ("CH", "BS"): ["BS", "Basel-Stadt", "Basel-City"],
    ("CH", "BL"): ["BL", "Basel-Landschaft", "Basel-Country", "Basel-Land"],
    ("CH", "SG"): ["SG", "Sankt Gallen", "St. Gallen", "St Gallen", "Saint Gallen"],
    ("RU", "SPE"): ["SPE", "St.-Petersburg", "St. Petersburg", "Saint Petersburg", "Sankt-Peterburg"],
    ("RU", "YAR"): ["YAR", "Yaroslavl Oblast", "Jaroslavskaja oblast'"],
    ("ES", "CL"): ["CL", "Castilla y León", "Castile and León", "Castille and León", "Castille and Leon"],
    ("GB", "LND"): ["LND", "London", "Greater London", "City of London"],
    ("RO", "B"): ["B", "București", "Bucuresti", "Bucharest"],
    ("UA", "51"): ["51", "Odesa", "Odessa", "Odessa Oblast", "Odeska oblast"],
    ("UA", "32"): ["32", "Kyiv Oblast", "Kyivska oblast", "Kyiv Region"],
    ("UA", "30"): ["30", "Kyiv", "Kyiv City", "Kiev"],
    ("DE", "RP"): ["RP", "Rheinland-Pfalz", "Rhineland-Palatinate"],
    ("BE", "VAN"): ["VAN", "Antwerp", "Antwerpen", "Antwerp Province"],
    ("IE", "C"): ["C", "Connacht", "Connaught"],
    ("IN", "AN"): ["AN", "Andaman and Nicobar", "Andaman & Nicobar Islands"],
    ("IN", "DH"): ["DH", "DN", "DD", "Daman and Diu", "Dadra and Nagar Haveli"],
    ("IN", "CG"): ["CG", "CT", "Chhattisgarh", "Chattisgarh"],
    ("CN", "NM"): ["NM", "Nei Mongol", "Inner Mongolia"],
    ("JP", "01"): ["01", "1", "JP-01", "Hokkaido", "Hokkaidō"],
    ("NO", "03"): ["03", "3", "003", "Oslo"],
    ("DK", "83"): ["83", "Syddanmark", "South Denmark", "Southern Denmark", "Region of Southern Denmark"],
    ("CZ", "64"): ["64", "South Moravian", "South Moravian Region", "South Moravia"],
    ("CZ", "80"): ["80", "Moravian-Silesian", "Moravian-Silesian Region", "Moravia-Silesia"],
    ("PL", "20"): ["20", "Podlasie", "Podlaskie", "Podlasie Voivodeship"],
    ("PL", "16"): ["16", "Opole Voivodeship", "Opolskie", "Opole"],
    ("PL", "02"): ["02", "2", "Lower Silesian Voivodeship", "Lower Silesia"],
    ("FI", "14"): ["14", "North Ostrobothnia", "Northern Ostrobothnia"],
    ("FI", "01"): ["01", "Åland", "Aland", "Åland Islands"],
    ("GR", "G"): ["G", "West Greece", "Western Greece"],
    ("CA", "NL"): ["NL", "Newfoundland", "Newfoundland and Labrador"],
    ("PL", "14"): ["14", "MZ", "Mazowieckie", "Masovian Voivodeship"],
}  # fmt: skip
UNKNOWN = {
    ("FR", "B8"): ("B8", None), ("FR", "Nowhere-sur-Mer"): (None, "Nowhere-sur-Mer"), ("ZZ", "A1"): ("A1", None),
    ("US", "US-ZZ"): ("ZZ", None), ("US", "Of the"): (None, "Of the"), (None, "Washington"): (None, "Washington"),
}  # fmt: skip


@pytest.fixture(scope="module")
def rows(make_lake):
    """Code and name in staging, by country and region as an event has them."""
    lake = make_lake(threshold=1.0)
    named = [(country, text) for (country, _), texts in SPELLINGS.items() for text in texts]
    named += UNKNOWN
    events = [
        event(f"{n:03d}", country=country, region=text) for n, (country, text) in enumerate(named)
    ]
    lake.land("events", [envelope(record) for record in events])
    lake.normalize("events")
    found = [(row["region_code"], row["region_name"]) for row in lake.staging("events")]
    return dict(zip(named, found, strict=True))


@pytest.mark.parametrize(("country", "code"), SPELLINGS)
def test_all_spellings_of_a_region_are_one_code_and_one_name(rows, country, code) -> None:
    found = {text: rows[country, text] for text in SPELLINGS[country, code]}
    assert found == dict.fromkeys(found, (code, regions.names()[country][code]))


@pytest.mark.parametrize("named", UNKNOWN)
def test_what_no_table_knows_stays_as_it_came(rows, named) -> None:
    assert rows[named] == UNKNOWN[named]


def spellings(name: str) -> set[str]:
    decomposed = unicodedata.normalize("NFD", name)
    latin = "".join(c for c in decomposed if not 0x300 <= ord(c) < 0x370)
    plain = {latin} if name.isascii() or latin.isascii() else set()
    return {name, name.upper(), name.lower(), decomposed, name.replace(" ", "-")} | plain


WORDS = (("Saint ", "St. "), ("Saint ", "Sankt "), ("St ", "Saint "), ("Sankt ", "St.-"), ("North ", "Northern "),
         ("Northern ", "North "), ("Southern ", "South "), ("Western ", "West "), ("Eastern ", "East "),
         ("Voivodeship", "Voivodship"), (" Islands", ""), (" oblast", " region"))  # fmt: skip


def other_words(names: dict[tuple[str, str], set[str]]) -> dict[tuple[str, str], set[str]]:
    """Names of one region with a word in another of its forms, if more than that word is there."""
    owners: dict[tuple[str, str], set[str]] = {}
    for (country, name), codes in names.items():
        owners.setdefault((country, regions.alike(name)), set()).update(codes)
    found: dict[tuple[str, str], set[str]] = {}
    for (country, name), codes in names.items():
        alike = regions.alike(name)
        if len(owners[country, alike]) == 1 and alike not in ("north", "south", "east", "west"):
            for word, other in WORDS:
                if word in name:
                    found.setdefault((country, name.replace(word, other)), set()).update(codes)
    return found


def other_digits(country: str, code: str) -> dict[tuple[str, str], set[str]]:
    """A numeric code with fewer and with more leading zeros."""
    number = code.lstrip("0")
    spelled = {number, number.zfill(2), number.zfill(3)} if code.isdigit() and number else set()
    return {(country, text): {code} for text in spelled - set(regions.names()[country])}


def test_every_subdivision_is_found_by_all_its_codes_and_names(spark) -> None:
    # GIVEN every way to name every region of the world, with the regions of such a name
    named: dict[tuple[str, str], set[str]] = {}
    for row in regions.subdivisions():
        for name in filter(regions.folded, regions._all_names(row)):
            for spelling in spellings(name):
                named.setdefault((row.country_code, spelling), set()).add(row.region_code)
    for more in regions._more_names():
        named.setdefault((more["country_code"], more["name"]), set()).add(more["region_code"])
    same: dict[tuple[str, str], set[str]] = {}
    for (country, name), codes in named.items():
        same.setdefault((country, regions.folded(name)), set()).update(codes)
    for row in regions.subdivisions():  # a code comes before all names
        for code in (row.region_code, row.region_code.lower()):
            named[row.country_code, code] = same[row.country_code, regions.folded(code)] = {
                row.region_code
            }
            named[row.country_code, f"{row.country_code}-{code}"] = {row.region_code}
        named |= other_digits(row.country_code, row.region_code)
    for (country, name), codes in other_words(named).items():
        named.setdefault((country, name), set()).update(codes)
    # WHEN each is looked up
    frame = spark.createDataFrame(list(named), "country string, region string")
    country, region = sf.col("country"), sf.col("region")
    code = regions.code(country, region, regions.without_country(country, region))
    found = frame.select("country", "region", code.alias("code")).withColumn(
        "name", regions.name(sf.col("country"), sf.col("code"))
    )
    # THEN it is a region of that name, with its one official name
    results = found.collect()
    assert len(results) > 30_000
    wrong = [
        row for row in results
        if row["code"] not in named[row["country"], row["region"]]
        and row["code"] not in same.get((row["country"], regions.folded(row["region"])), ())
    ]  # fmt: skip
    assert not wrong, [tuple(row) for row in wrong]
    known = regions.names()
    assert not [row for row in results if row["name"] != known[row["country"]][row["code"]]]


def test_accents_tell_two_provinces_apart_where_they_are_there(spark) -> None:
    frame = spark.createDataFrame(
        [("CN", name) for name in ("Shǎnxī", "Shānxī")], "country string, region string"
    )
    country, region = sf.col("country"), sf.col("region")
    code = regions.code(country, region, regions.without_country(country, region))
    codes = frame.select(code).collect()
    assert [row[0] for row in codes] == ["SN", "SX"]
