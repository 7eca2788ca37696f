"""Spark column expressions of the normalise job: no Python runs per row."""

from __future__ import annotations

import csv
import io
from functools import cache
from importlib import resources
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as sf

_MASK: Final = "[masked]"
_EMAIL: Final = r"[A-Za-z0-9._%+\-]+(@|%40)[A-Za-z0-9\-]+(\.[A-Za-z0-9\-]+)+"
_IPV4: Final = r"\b\d{1,3}(\.\d{1,3}){3}\b"
_IPV6: Final = r"\b[0-9A-Fa-f]{1,4}(::?[0-9A-Fa-f]{1,4}){3,7}\b"

# Scheme and user are passed over; host, path and query are the groups.
_URL: Final = (
    r"(?i)^(?:(?:[a-z][a-z0-9+.\-]*:)?//)?(?:[^/?#@]*@)?"
    r"([^/?#:]*)(?::\d*)?([^?#]*)\??([^#]*)"
)

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

    Spark's cast alone takes `2025` and `12:00` for timestamps.
    """
    return sf.when(
        (sf.length(value) >= 10) & (sf.substring(value, 5, 1) == "-"), value.cast("timestamp")
    )


def keyed_hash(value: Column, inner_pad: Column, outer_pad: Column) -> Column:
    """Return HMAC-SHA256 of a text as hex, with the pads of `privacy.hmac_pads`."""
    inner = sf.sha2(sf.concat(inner_pad, value.cast("binary")), 256)
    return sf.sha2(sf.concat(outer_pad, sf.unhex(inner)), 256)


def unknown_fields(record: Column, known: tuple[str, ...]) -> Column:
    """Return the names of the record's fields that `privacy.csv` does not declare."""
    return sf.array_except(sf.map_keys(record), sf.array(*(sf.lit(name) for name in known)))


def extra_json(record: Column, unknown: Column) -> Column:
    """Return the unknown fields as a JSON object of texts, personal data masked; null if none."""
    kept = sf.map_filter(record, lambda name, _: sf.array_contains(unknown, name))
    masked = sf.transform_values(
        kept,
        lambda name, value: sf.when(
            name.rlike(_PERSONAL_NAME) | value.rlike(_PERSONAL_NAME_WITHIN), sf.lit(_MASK)
        ).otherwise(value),
    )
    scrubbed = sf.to_json(masked)
    for pattern in (_EMAIL, _IPV4, _IPV6):
        scrubbed = sf.regexp_replace(scrubbed, pattern, _MASK)
    return sf.when(sf.size(unknown) > 0, scrubbed)


def without_query(url: Column) -> Column:
    """Return a URL without query string and fragment."""
    return text(sf.substring_index(sf.substring_index(url, "#", 1), "?", 1))


def url_part(url: Column, part: str) -> Column:
    """Return the `host` (lower case, no user, no port), `path` or `query` of a URL.

    A regular expression and not `parse_url`, which gives null for the unescaped blanks and pipes
    that pages really have in their addresses.
    """
    group = {"host": 1, "path": 2, "query": 3}[part]
    found = sf.regexp_extract(url, _URL, group)
    return sf.lower(found) if part == "host" else found


def query_parameter(query: Column, name: str) -> Column:
    """Return one parameter of a query string, still encoded; null when it is not there."""
    found = sf.regexp_extract(query, rf"(?:^|&){name}=([^&]*)", 1)
    return sf.when(query.contains(f"{name}="), found)


def decode_parameter(value: Column) -> Column:
    """Return a parameter decoded, e-mail addresses masked."""
    # url_decode fails the whole job on a stray percent sign, so such a value stays as it is.
    decodable = value.rlike(r"^([^%]|%[0-9A-Fa-f]{2})*$")
    encoded = value.contains("%") | value.contains("+")
    decoded = sf.when(encoded & decodable, sf.url_decode(value)).otherwise(value)
    return sf.when(value.isNotNull(), text(mask_emails(decoded)))


@cache
def regions() -> dict[str, str]:
    """Return `country|REGION` to `code|name`, where REGION is a code or a name in capitals."""
    content = resources.files(__package__).joinpath("regions.csv").read_text(encoding="utf-8")
    lookup = {}
    for row in csv.DictReader(io.StringIO(content)):
        value = f"{row['region_code']}|{row['region_name']}"
        for known_as in (row["region_code"], row["region_name"].upper()):
            lookup[f"{row['country_code']}|{known_as}"] = value
    return lookup


def region(country: Column, value: Column) -> Column:
    """Return `code|name` of a region that the API gives as a code or as a name; null if unknown."""
    literals = [sf.lit(part) for pair in regions().items() for part in pair]
    return sf.create_map(*literals)[sf.concat(country, sf.lit("|"), sf.upper(value))]
