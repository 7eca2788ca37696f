"""Spark column expressions of the normalise job: no Python runs per row."""

from __future__ import annotations

from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as sf

from ingestion.normalize.masking import MASK
from ingestion.normalize.values import TIMESTAMP

_EMAIL: Final = r"[A-Za-z0-9._%+\-]+(@|%40)[A-Za-z0-9\-]+(\.[A-Za-z0-9\-]+)+"

# What WHATWG's URL standard forbids in a host: an address with it in there is none.
_NOT_IN_HOST: Final = r"\x00-\x20\x7f#%/:<>?@\[\\\]^|"
_HOST: Final = rf"\[[0-9a-f:.]+\]|[^{_NOT_IN_HOST}]+"

# Scheme, user and port are passed over; host and path are the groups. As RFC 3986 has it, only `//`
# makes a host of what follows; `www.` is what people write without it, and is never a file's name.
# Schemes whose content is no place, and may be anything, have none whatever they look like.
_URL: Final = (
    r"(?i)^(?:(?!(?:about|blob|data|javascript|mailto|sms|tel|urn):)(?:[a-z][a-z0-9+.\-]*:)?//"
    rf"(?:[^/?#\\]*@)?|(?=www\.))({_HOST})(?::\d*)?((?:[/\\][^?#]*)?)$"
)

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
    """Return the host of a URL without query: lower case, no user, no port; empty if it has none.

    A regular expression and not `parse_url`, which gives null for the unescaped blanks and pipes
    that pages really have in their addresses; almost all addresses can be cut without one.
    """
    host = sf.when(_is_plain(bare), _plain_host(bare))
    return sf.lower(host.otherwise(sf.regexp_extract(bare, _URL, 1)))


def url_path(bare: Column) -> Column:
    """Return the path of a URL without query; empty if it has none."""
    after_host = sf.length(_plain_host(bare)) + len(_HTTPS) + 1
    path = bare.substr(after_host, sf.octet_length(bare))
    return sf.when(_is_plain(bare), path).otherwise(sf.regexp_extract(bare, _URL, 2))


def _is_plain(bare: Column) -> Column:
    """Tell whether only a host and a path follow the scheme: no user, no port."""
    host = _plain_host(bare)
    has_path = sf.octet_length(bare) > sf.octet_length(host) + len(_HTTPS)
    is_host = (host != "") & ~host.rlike(f"[{_NOT_IN_HOST}]")
    return bare.startswith(_HTTPS) & has_path & is_host


def _plain_host(bare: Column) -> Column:
    """Return what stands between the second and the third slash, without a search by characters."""
    return sf.substring_index(sf.substring_index(bare, "/", 3), "/", -1)


def url_query(url: Column) -> Column:
    """Return the query string of a URL, still encoded."""
    unfragmented = sf.substring_index(url, "#", 1)
    start = sf.locate("?", unfragmented)
    query = unfragmented.substr(start + 1, sf.octet_length(unfragmented))
    return sf.when(start > 0, query).otherwise("")


def query_parameter(query: Column, name: str) -> Column:
    """Return one parameter of a query string, still encoded; null when it is not there."""
    # No regular expression, and no search by characters: this runs five times for every event. What
    # stands before the second marker and after the first is the value, however many there are.
    padded, marker = sf.concat(sf.lit("&"), query), f"&{name}="
    value = sf.substring_index(sf.substring_index(padded, marker, 2), marker, -1)
    return sf.when(padded.contains(marker), sf.substring_index(value, "&", 1))


def decode_parameter(value: Column) -> Column:
    """Return a parameter decoded, e-mail addresses masked."""
    encoded = value.contains("%") | value.contains("+")
    # url_decode fails the whole job on a stray percent sign, so such a value stays as it is.
    decodable = value.rlike(r"^([^%]|%[0-9A-Fa-f]{2})*$")
    decoded = sf.when(encoded & decodable, sf.url_decode(value)).otherwise(value)
    is_plain = ~encoded & ~value.contains("@")
    return sf.when(is_plain, text(value)).otherwise(text(mask_emails(decoded)))
