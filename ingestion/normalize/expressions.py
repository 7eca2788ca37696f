"""Spark column expressions of the normalise job: no Python runs per row."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from importlib import resources
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as sf

from ingestion.normalize.masking import MASK
from ingestion.normalize.values import TIMESTAMP

_EMAIL: Final = r"[A-Za-z0-9._%+\-]+(@|%40)[A-Za-z0-9\-]+(\.[A-Za-z0-9\-]+)+"

# Scheme and user are passed over; host and path are the groups.
_URL: Final = r"(?i)^(?:(?:[a-z][a-z0-9+.\-]*:)?//)?(?:[^/?#@]*@)?([^/?#:]*)(?::\d*)?([^?#]*)"

_HTTPS: Final = "https://"


def text(value: Column) -> Column:
    """Return the text without outer blanks, null when nothing is left."""
    trimmed = sf.trim(value)
    return sf.when(trimmed != "", trimmed)


def mask_emails(value: Column) -> Column:
    """Return the text with e-mail addresses masked, plain or percent-encoded."""
    suspicious = value.contains("@") | value.contains("%40")
    return sf.when(suspicious, sf.regexp_replace(value, _EMAIL, MASK)).otherwise(value)


def timestamp(value: Column) -> Column:
    """Return the timestamp of an ISO text, null when it is not a full date.

    Spark's cast alone takes `2025` and `12:00` for timestamps. The session's zone is UTC, so the
    `Z` of a whole timestamp may go: for a zone Spark compiles two regular expressions each time.
    """
    bare = sf.when(value.endswith("Z"), sf.substring_index(value, "Z", 1)).otherwise(value)
    return sf.when(value.rlike(rf"^({TIMESTAMP})\z"), bare.cast("timestamp"))


def keyed_hash(value: Column, inner_pad: Column, outer_pad: Column) -> Column:
    """Return HMAC-SHA256 of a text as hex, with the pads of `privacy.hmac_pads`."""
    inner = sf.sha2(sf.concat(inner_pad, value.cast("binary")), 256)
    return sf.sha2(sf.concat(outer_pad, sf.unhex(inner)), 256)


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
