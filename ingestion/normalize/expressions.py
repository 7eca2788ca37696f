"""Spark column expressions of the normalize job: no Python code runs per row."""

import string
from functools import reduce
from operator import or_

from pyspark.sql import Column
from pyspark.sql import functions as sf

from ingestion.normalize.masking import MASK
from ingestion.normalize.values import TIMESTAMP

# The @ may be plain, percent-encoded (once or more often), or in the wide form. Around it anything
# but a separator is allowed: names have accents, hosts need no dot. A match begins where a part
# begins, so that a long text is read once and not from each of its characters.
_AT = r"(?:@|%(?:25)*40|\uff20|%(?:25)*EF%(?:25)*BC%(?:25)*A0|\ufe6b)"
_OUTSIDE = r"\s/\\?#&=:;,()<>\[\]\"'"
_EMAIL = rf"(?i)(?<![^{_OUTSIDE}])(?!{_AT})[^{_OUTSIDE}]+?{_AT}[^{_OUTSIDE}]+"

_DOT = r"(?:\.|%(?:25)*2E)"
_BYTE = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_COLON = r"(?::|%(?:25)*3A)"
_GROUP = r"[0-9A-F]{1,4}"
_IP = (
    rf"(?i)(?<![\d.]){_BYTE}(?:{_DOT}{_BYTE}){{3}}(?![\d.])"
    rf"|(?<![\w:])(?:{_GROUP}(?:{_COLON}{_GROUP}){{7}}"
    rf"|(?:{_GROUP}{_COLON}){{0,6}}(?:{_GROUP})?{_COLON}{{2}}(?:{_GROUP}(?:{_COLON}{_GROUP}){{0,6}})?)"
    r"(?![\w:])"
)

# Characters that WHATWG's URL standard forbids in a host: an address with one has no host.
_NOT_IN_HOST = r"\x00-\x20\x7f#%/:<>?@\[\\\]^|"
_HOST = rf"\[[0-9a-f:.]+\]|[^{_NOT_IN_HOST}]+"

# Groups: scheme, host, port and path; the user is skipped. By RFC 3986 a host only follows `//`;
# people write `www.` without it, and no file has such a name. Only the web's schemes have a host:
# after `file:` comes a folder or a drive, after `about:` or an app's own scheme anything at all.
_URL = (
    r"(?i)^((?:https?:)?//(?=.)|(?=www\.))"
    rf"(?:(?<=/)[^/?#\\]*@)?({_HOST})(:\d*)?((?:[/\\][^?#]*)?)$"
)
_SCHEME, _HOST_OF, _PORT, _PATH = 1, 2, 3, 4

# The characters of almost all hosts, and of paths that cannot contain a personal address. Java
# looks up single letters in a table; for a range such as `a-z` it compares.
_PLAIN_HOST = f"{string.ascii_lowercase}{string.digits}.\\-"
_PLAIN_PATH = f"{string.ascii_letters}{string.digits}/_~\\-"


def text(value: Column) -> Column:
    """Return the text without outer blanks, null when nothing is left."""
    trimmed = sf.trim(value)
    return sf.when(trimmed != "", trimmed)


def without_persons(value: Column) -> Column:
    """Return the text of a path or a parameter with e-mail and IP addresses masked."""
    # Most texts contain none of these, and a search for one byte costs almost nothing.
    masked = sf.regexp_replace(sf.regexp_replace(value, _EMAIL, MASK), _IP, MASK)
    return sf.when(_may_name_a_person(value), masked).otherwise(value)


def _may_name_a_person(value: Column) -> Column:
    marks = ("@", "%", ".", ":", "\uff20", "\ufe6b")
    return reduce(or_, (value.contains(mark) for mark in marks))


def timestamp(value: Column) -> Column:
    """Return the timestamp of an ISO text, null when it is not a full date.

    Spark's cast alone accepts `2025` and `12:00` as timestamps. The session's time zone is UTC, so
    a final `Z` is removed: for a zone Spark compiles two regular expressions each time.
    """
    bare = sf.when(value.endswith("Z"), sf.substring_index(value, "Z", 1)).otherwise(value)
    return sf.when(value.rlike(rf"^({TIMESTAMP})\z"), bare.cast("timestamp"))


def day(value: Column) -> Column:
    """Return the day that an ISO text begins with; null if it is not a date or timestamp."""
    return sf.when(timestamp(value).isNotNull(), value.substr(1, 10).cast("date"))


def keyed_hash(value: Column, inner_pad: Column, outer_pad: Column) -> Column:
    """Return HMAC-SHA256 of a text as hex, with the pads of `privacy.hmac_pads`."""
    inner = sf.sha2(sf.concat(inner_pad, value.cast("binary")), 256)
    return sf.sha2(sf.concat(outer_pad, sf.unhex(inner)), 256)


def without_query(url: Column) -> Column:
    """Return a URL without query string and fragment."""
    return sf.substring_index(_without_fragment(url), "?", 1)


def url_parts(url: Column) -> Column:
    """Return what is between the first three slashes of a URL without query, and the rest."""
    return sf.split(without_query(url), "/", 4)


def is_plain_url(url: Column) -> Column:
    """Return whether a URL is plain, as almost all are: lower-case host, no user, no port."""
    return url.rlike(rf"^https?://[{_PLAIN_HOST}]+([/?#]|\z)")


def url_host(parts: Column, is_plain: Column) -> Column:
    """Return the host of a URL: lower case, no user, no port; null if it has none.

    A regular expression, because `parse_url` returns null for the unescaped blanks and pipes that
    pages really have in their addresses. Almost all addresses can be cut without one.

    Parameters
    ----------
    parts, is_plain
        The results of `url_parts` and `is_plain_url` for the URL.
    """
    return sf.when(is_plain, sf.get(parts, sf.lit(2))).otherwise(_host_of(parts))


def url_path(parts: Column, is_plain: Column) -> Column:
    """Return the path of a URL, at least `/`; null if it has no host.

    Parameters
    ----------
    parts, is_plain
        The results of `url_parts` and `is_plain_url` for the URL.
    """
    plain_path = sf.concat(sf.lit("/"), sf.coalesce(sf.get(parts, sf.lit(3)), sf.lit("")))
    path = sf.regexp_extract(_joined(parts), _URL, _PATH)
    path = sf.when(path == "", "/").otherwise(path)
    return sf.when(is_plain, plain_path).otherwise(sf.when(_host_of(parts).isNotNull(), path))


def url_without_persons(url: Column) -> Column:
    """Return a URL without user, query, and e-mail and IP addresses; null if it has no host."""
    bare = without_query(url)
    scheme, host, port, path = (
        sf.regexp_extract(bare, _URL, part) for part in (_SCHEME, _HOST_OF, _PORT, _PATH)
    )
    masked = sf.concat(scheme, host, port, without_persons(path))
    is_plain = url.rlike(rf"^https?://[{_PLAIN_HOST}]+(/[{_PLAIN_PATH}]*)?\z")
    return sf.when(is_plain, url).otherwise(sf.when(host != "", masked))


def url_query(url: Column, prefix: str) -> Column:
    """Return the query string of a URL, still encoded, with an `&` before its first parameter.

    Null if there is none, or if no parameter name can begin with the prefix.
    """
    query = sf.get(sf.split(_without_fragment(url), r"\?", 2), sf.lit(1))
    return sf.when(url.contains(prefix), sf.concat(sf.lit("&"), query))


def _without_fragment(url: Column) -> Column:
    # Almost no URL has one, and searching for a byte is faster than cutting.
    return sf.when(url.contains("#"), sf.substring_index(url, "#", 1)).otherwise(url)


def _joined(parts: Column) -> Column:
    return sf.array_join(parts, "/")


def _host_of(parts: Column) -> Column:
    host = sf.lower(sf.regexp_extract(_joined(parts), _URL, _HOST_OF))
    return sf.when(host != "", host)


def query_parameter(query: Column, name: str) -> Column:
    """Return one parameter of the result of `url_query`, still encoded; null if it is absent."""
    # No regular expression, and no search by characters: this runs five times for every event. The
    # value is the text after the first marker and before the second, however many there are.
    marker = f"&{name}="
    value = sf.substring_index(sf.substring_index(query, marker, 2), marker, -1)
    return sf.when(query.contains(marker), sf.substring_index(value, "&", 1))


def decode_parameter(value: Column) -> Column:
    """Return a parameter decoded, e-mail and IP addresses masked."""
    encoded = value.contains("%") | value.contains("+")
    # url_decode fails the whole job on a stray percent sign, so such a value is kept.
    decodable = value.rlike(r"^([^%]|%[0-9A-Fa-f]{2})*$")
    decoded = sf.when(encoded & decodable, sf.url_decode(value)).otherwise(value)
    is_plain = ~encoded & ~_may_name_a_person(value)
    given = sf.when(is_plain, text(value)).otherwise(text(without_persons(decoded)))
    return sf.when(value.isNotNull(), given)  # most are null, and then nothing is computed
