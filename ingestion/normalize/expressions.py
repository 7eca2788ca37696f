"""Spark column expressions of the normalise job: no Python runs per row."""

from __future__ import annotations

import csv
import io
import json
from functools import cache, reduce
from importlib import resources
from operator import add
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as sf

_MASK: Final = "[masked]"
_EMAIL: Final = r"[A-Za-z0-9._%+\-]+(@|%40)[A-Za-z0-9\-]+(\.[A-Za-z0-9\-]+)+"
_IPV4: Final = r"\b\d{1,3}(\.\d{1,3}){3}\b"
_IPV6: Final = r"\b[0-9A-Fa-f]{1,4}(::?[0-9A-Fa-f]{1,4}){3,7}\b"

# Scheme and user are passed over; host and path are the groups.
_URL: Final = r"(?i)^(?:(?:[a-z][a-z0-9+.\-]*:)?//)?(?:[^/?#@]*@)?([^/?#:]*)(?::\d*)?([^?#]*)"

_HTTPS: Final = "https://"

# An unknown field with such a name may hold a person's data: its value never leaves raw. Neither
# does a whole object with such a name anywhere in it.
_PERSONAL_WORDS: Final = (
    r"e.?mail|name|phone|address|token|secret|visitor|heatmap|password"
    r"|(?<![a-z])(ip|lat|lon|latitude|longitude)(?![a-uw-z])"
)
_PERSONAL_NAME: Final = rf"(?i)({_PERSONAL_WORDS})"
_PERSONAL_NAME_WITHIN: Final = rf'(?i)"[^"]*({_PERSONAL_WORDS})[^"]*"\s*:'


def text(value: Column) -> Column:
    """Return the text without outer blanks, null when nothing is left."""
    trimmed = sf.trim(value)
    return sf.when(trimmed != "", trimmed)


def mask_emails(value: Column) -> Column:
    """Return the text with e-mail addresses masked, plain or percent-encoded."""
    suspicious = value.contains("@") | value.contains("%40")
    return sf.when(suspicious, sf.regexp_replace(value, _EMAIL, _MASK)).otherwise(value)


def timestamp(value: Column) -> Column:
    """Return the timestamp of an ISO text, null when it is not a full date.

    Spark's cast alone takes `2025` and `12:00` for timestamps. The session's zone is UTC, so the
    `Z` of a whole timestamp may go: for a zone Spark compiles two regular expressions each time.
    """
    # A length in bytes and a byte looked for from the left cost nothing; a length in characters and
    # a substring count them all. What is not ASCII is no timestamp either way.
    length = sf.octet_length(value)
    whole = len("2026-03-02T02:00:00Z")
    is_utc = value.endswith("Z") & ((length == whole) | (sf.instr(value, ".") == whole))
    bare = sf.substring_index(value, "Z", 1)
    is_full_date = (length >= len("2026-03-02")) & (sf.instr(value, "-") == len("2026-"))
    return sf.when(is_full_date, sf.when(is_utc, bare).otherwise(value).cast("timestamp"))


def double(value: Column) -> Column:
    """Return the number of a text; what is no finite one comes in quotes from Spark's JSON."""
    return sf.regexp_replace(value, r'^"(NaN|-?Infinity)"$', "$1").cast("double")


def keyed_hash(value: Column, inner_pad: Column, outer_pad: Column) -> Column:
    """Return HMAC-SHA256 of a text as hex, with the pads of `privacy.hmac_pads`."""
    inner = sf.sha2(sf.concat(inner_pad, value.cast("binary")), 256)
    return sf.sha2(sf.concat(outer_pad, sf.unhex(inner)), 256)


def extra_json(record: Column, known: tuple[str, ...]) -> Column:
    """Return the fields that are not known as a JSON object of texts; null if there are none.

    Parameters
    ----------
    record
        Map of field to text.
    known
        The fields that `privacy.csv` declares. Personal data in others is masked.
    """
    masked = sf.transform_values(
        sf.map_filter(record, lambda name, _: ~name.isin(*known)),
        lambda name, value: sf.when(
            name.rlike(_PERSONAL_NAME) | value.rlike(_PERSONAL_NAME_WITHIN), sf.lit(_MASK)
        ).otherwise(value),
    )
    scrubbed = sf.to_json(masked)
    for pattern in (_EMAIL, _IPV4, _IPV6):
        scrubbed = sf.regexp_replace(scrubbed, pattern, _MASK)
    # Almost no record has any, and to count is the cheapest way to tell: the values that are there
    # against the known ones that are there.
    values = sf.size(sf.array_compact(sf.map_values(record)))
    known_values = reduce(add, (record[name].isNotNull().cast("int") for name in known))
    return sf.when(values > known_values, scrubbed)


def without_query(url: Column) -> Column:
    """Return a URL without query string and fragment."""
    return sf.substring_index(sf.substring_index(url, "#", 1), "?", 1)


def url_host(bare: Column) -> Column:
    """Return the host of a URL without query: lower case, no user, no port.

    A regular expression and not `parse_url`, which gives null for the unescaped blanks and pipes
    that pages really have in their addresses; almost all addresses can be cut without one.
    """
    host = sf.substring_index(_after_scheme(bare), "/", 1)
    return sf.lower(sf.when(_is_plain(bare), host).otherwise(sf.regexp_extract(bare, _URL, 1)))


def url_path(bare: Column) -> Column:
    """Return the path of a URL without query."""
    rest = _after_scheme(bare)
    path = rest.substr(sf.instr(rest, "/"), sf.length(rest))
    return sf.when(_is_plain(bare), path).otherwise(sf.regexp_extract(bare, _URL, 2))


def _is_plain(bare: Column) -> Column:
    """Tell whether only a host and a path follow the scheme: no user, no port."""
    rest = _after_scheme(bare)
    is_host_and_path = (sf.instr(rest, "/") > 1) & ~rest.contains(":") & ~rest.contains("@")
    return bare.startswith(_HTTPS) & is_host_and_path


def _after_scheme(bare: Column) -> Column:
    return bare.substr(sf.lit(len(_HTTPS) + 1), sf.octet_length(bare))


def url_query(url: Column) -> Column:
    """Return the query string of a URL, still encoded."""
    unfragmented = sf.substring_index(url, "#", 1)
    start = sf.locate("?", unfragmented)
    return sf.when(start > 0, unfragmented.substr(start + 1, sf.length(unfragmented))).otherwise("")


def query_parameter(query: Column, name: str) -> Column:
    """Return one parameter of a query string, still encoded; null when it is not there."""
    # No regular expression, and no search by characters unless it is there: this runs five times
    # for every event, and most have none.
    padded, marker = sf.concat(sf.lit("&"), query), f"&{name}="
    value = padded.substr(sf.locate(marker, padded) + len(marker), sf.length(padded))
    return sf.when(padded.contains(marker), sf.substring_index(value, "&", 1))


def decode_parameter(value: Column) -> Column:
    """Return a parameter decoded, e-mail addresses masked."""
    encoded = value.contains("%") | value.contains("+")
    # url_decode fails the whole job on a stray percent sign, so such a value stays as it is.
    decodable = value.rlike(r"^([^%]|%[0-9A-Fa-f]{2})*$")
    decoded = sf.when(encoded & decodable, sf.url_decode(value)).otherwise(value)
    is_plain = ~encoded & ~value.contains("@")
    return sf.when(is_plain, text(value)).otherwise(text(mask_emails(decoded)))


@cache
def regions() -> dict[str, dict[str, str]]:
    """Return country to region to `code|name`, by the region's code and by its name in capitals."""
    content = resources.files(__package__).joinpath("regions.csv").read_text(encoding="utf-8")
    lookup: dict[str, dict[str, str]] = {}
    for row in csv.DictReader(io.StringIO(content)):
        value = f"{row['region_code']}|{row['region_name']}"
        for known_as in (row["region_code"], row["region_name"].upper()):
            lookup.setdefault(row["country_code"], {})[known_as] = value
    return lookup


def region(country: Column, value: Column) -> Column:
    """Return `code|name` of a region that the API gives as a code or as a name; null if unknown.

    The lookup is one constant that Spark parses while it plans: as a map of literals it would be
    a thousand expressions, which every step of the analysis visits.
    """
    lookup = sf.from_json(sf.lit(json.dumps(regions())), "map<string,map<string,string>>")
    return lookup[country][sf.upper(value)]
