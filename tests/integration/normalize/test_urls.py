"""What is kept of an address: host and path if it has an authority, otherwise nothing."""

import re
import string
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as sf

from ingestion.normalize import expressions as ex
from tests.support.wistia_records import envelope, event

PLACES = {
    "https://example.com/a/b": ("example.com", "/a/b"),
    "https://example.com": ("example.com", "/"),
    "https://example.com?utm_source=x": ("example.com", "/"),
    "http://Example.COM/Path": ("example.com", "/Path"),
    "HTTPS://EXAMPLE.com/A": ("example.com", "/A"),
    "//example.com/a": ("example.com", "/a"),
    "https://example.com:8443/a": ("example.com", "/a"),
    "https://example.com:/a": ("example.com", "/a"),
    "https://user:pa:ss@example.com/a": ("example.com", "/a"),
    "https://example.com@example.com/a": ("example.com", "/a"),
    "https://a@b@example.com/a": ("example.com", "/a"),
    "https://[2001:DB8::1]:8080/a": ("[2001:db8::1]", "/a"),
    "https://[::ffff:192.0.2.1]/": ("[::ffff:192.0.2.1]", "/"),
    "http://192.0.2.1/a": ("192.0.2.1", "/a"),
    "http://localhost:3000": ("localhost", "/"),
    "https://MÜNCHEN.de/straße": ("münchen.de", "/straße"),
    "https://xn--mnchen-3ya.de/": ("xn--mnchen-3ya.de", "/"),
    "https://例え.jp/日本": ("例え.jp", "/日本"),
    "https://example.com/a:b/@c": ("example.com", "/a:b/@c"),
    "https://example.com/a b|c": ("example.com", "/a b|c"),
    "https://example.com\\@evil.example/a": ("example.com", "\\@evil.example/a"),
    "www.example.com/a": ("www.example.com", "/a"),
    "www.example.com:8080/a": ("www.example.com", "/a"),
}
NO_PLACES = [
    "about:srcdoc", "about:blank", "ABOUT:SRCDOC", "about:srcdoc?utm_source=jane", "about://settings",
    "data:text/html,<p>Jane?utm_source=jane", "data:text/html;base64,SmFuZQ==", "data://text/html,Jane",
    "javascript:void(0)", "javascript://jane.example/%0Aalert(1)", "JavaScript:alert('jane')",
    "blob:https://example.com/3f2c?utm_source=jane", "blob:null/3f2c", "mailto:jane@example.com?utm_source=jane",
    "tel:+15550100", "sms:+15550100", "urn:isbn:0451450523", "view-source:https://example.com/jane",
    "file://C:/Users/jane/page.html", "file://localhost/Users/jane/page.html", "FILE://server/share/jane.html",
    "view-source://jane/x", "about+x://jane/secret", "chrome-extension://abcdef/jane.html", "capacitor://localhost/jane.html",
    "ftp://jane@example.com/a", "x-https://jane.example/a",
    "file:///C:/Users/jane/page.html", "file:/home/jane/page.html", "C:\\Users\\jane\\page.html",
    "/relative/jane?utm_source=jane", "relative/jane", "../jane", "./jane.html", "index.html", "?utm_source=jane",
    "#jane", "example.com/jane?utm_source=jane", "example.com", "localhost:3000/jane", "jane@example.com",
    "https:/example.com/jane", "https:example.com/jane", "https://", "https:///jane", "//", "///jane", "://jane",
    "https://:8080/jane", "https://user@/jane", "https://?utm_source=jane", "https://example.com:port/jane",
    "https://jane doe/", "https://jane%40example.com/", "https://<jane>/", "https://[jane]/", "1http://example.com/",
]  # fmt: skip
# Paths, and what may be kept of them.
PERSONS = {
    "/u/jane@example.com/x": "/u/[masked]/x",
    "/u/jane%40example.com": "/u/[masked]",
    "/u/jane%2540example.com": "/u/[masked]",
    "/u/jane%252540example.com": "/u/[masked]",
    "/u/jan%C3%A9%40example.com": "/u/[masked]",
    "/u/jane%40ex%C3%A4mple.de": "/u/[masked]",
    "/u/jané@example.com": "/u/[masked]",
    "/u/jane@exämple.de": "/u/[masked]",
    "/u/jane%40localhost": "/u/[masked]",
    "/u/jane@localhost": "/u/[masked]",
    "/u/jane\uff20example.com": "/u/[masked]",
    "/u;mail=jane.roe_x@example.com;b": "/u;mail=[masked];b",
    "/from/203.0.113.77/x": "/from/[masked]/x",
    "/from/203.0.113.77": "/from/[masked]",
    "/from/2001:db8::77/x": "/from/[masked]/x",
    "/from/2001:db8:0:0:0:0:0:77": "/from/[masked]",
    "/from/::ffff:cb00:714d": "/from/[masked]",
}
NO_PERSONS = [
    "/@jane",
    "/a/b.html",
    "/50%25/x",
    "/1.2.3",
    "/a:b",
    "/1:2:3",
    "/12:30:45",
    "/2026.03.01",
    "/a.b.c.d",
]
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


@pytest.fixture(scope="module")
def addresses(make_lake):
    """Every address as `embed_url` and `media_url` of an event, by address."""
    lake = make_lake(threshold=1.0)
    given_addresses = [*PLACES, *NO_PLACES]
    events = [
        event(f"{number:03d}", embed_url=address, media_url=address)
        for number, address in enumerate(given_addresses)
    ]
    lake.land("events", [envelope(record) for record in events])
    lake.normalize("events")
    return dict(zip(given_addresses, lake.staging("events"), strict=True))


@pytest.mark.parametrize("address", PLACES)
def test_an_address_with_an_authority_has_host_and_path(addresses, address) -> None:
    row = addresses[address]
    assert (row["embed_host"], row["embed_path"]) == PLACES[address]
    without_user = re.sub(r"//[^/\\]*@", "//", address)
    assert row["media_url"] == without_user.partition("?")[0]


@pytest.mark.parametrize("address", NO_PLACES)
def test_nothing_is_kept_of_an_address_without_authority(addresses, address) -> None:
    row = addresses[address]
    kept = ("embed_host", "embed_path", "media_url", *UTM)
    assert {name: row[name] for name in kept} == dict.fromkeys(kept)


@pytest.fixture(scope="module")
def persons(make_lake):
    """Every path with a person's trace in it: in the addresses and the UTM parts of an event."""
    lake = make_lake()
    paths = [*PERSONS, *NO_PERSONS]
    events = [
        event(
            f"{number:03d}",
            embed_url=f"https://example.com{path}?utm_source={quote(path)}&utm_term={path}&utm_content={quote(quote(path))}",
            media_url=f"https://jane%40example.com:pw@example.com:8443{path}",
        )
        for number, path in enumerate(paths)
    ]
    lake.land("events", [envelope(record) for record in events])
    lake.normalize("events")
    return dict(zip(paths, lake.staging("events"), strict=True))


@pytest.mark.parametrize("path", PERSONS)
def test_no_email_and_no_ip_address_is_kept_of_path_and_campaign(persons, path) -> None:
    row = persons[path]
    assert row["embed_path"] == PERSONS[path]
    assert row["media_url"] == f"https://example.com:8443{PERSONS[path]}"
    campaign = [row[name] or "" for name in UTM]
    assert "[masked]" in campaign[0]
    assert not [text for text in campaign if "jan" in text or "77" in text or "714d" in text]


@pytest.mark.parametrize("path", NO_PERSONS)
def test_what_only_looks_like_a_persons_address_is_kept(persons, path) -> None:
    row = persons[path]
    assert (row["embed_path"], row["utm_source"]) == (path, path)


SCHEMES = st.sampled_from(
    ["https:", "http:", "HTTPS:", "ftp:", "x-app+1:", "about", "", "mailto:", "data:"]
)
SLASHES = st.sampled_from(["//", "//", "//", "/", "", "///"])
USERS = st.sampled_from(["", "", "", "user@", "user:pass@", "a@b@", "@"])
LABELS = st.text(string.ascii_letters + string.digits + "-_é漢", min_size=1, max_size=6)
HOSTS = st.one_of(
    st.lists(LABELS, min_size=1, max_size=3).map(".".join), st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"), st.just(""),
)  # fmt: skip
PORTS = st.sampled_from(["", "", "", ":", ":80", ":65535"])
PATHS = st.text(string.ascii_letters + "/:@%. ~é", max_size=12).map(
    lambda path: path and f"/{path}"
)
ENDS = st.sampled_from(["", "?utm_source=a/b@c", "#x?y", "?a#b"])
ADDRESSES = st.tuples(SCHEMES, SLASHES, USERS, HOSTS, PORTS, PATHS, ENDS).map("".join)
PLACE_SCHEMES = {"", "http", "https"}


def by_the_standard_library(address: str) -> tuple[str | None, str | None]:
    parts = urlsplit(address)
    host = parts.hostname or ""
    try:
        is_valid = parts.port is None or bool(host)
    except ValueError:  # a port that is no number
        is_valid = False
    if not host or not is_valid or set(host) & set(" %") or parts.scheme not in PLACE_SCHEMES:
        return None, None
    return (f"[{host}]" if ":" in host else host), parts.path or "/"


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        ADDRESSES.filter(lambda text: not text.lower().startswith("www.")),
        min_size=200,
        max_size=400,
    )
)
def test_host_and_path_are_those_of_the_standard_library(spark, addresses) -> None:
    frame = spark.createDataFrame([(address,) for address in addresses], "url string")
    parts, is_plain = ex.url_parts(sf.col("url")), ex.is_plain_url(sf.col("url"))
    found = frame.select(ex.url_host(parts, is_plain), ex.url_path(parts, is_plain)).collect()
    assert [tuple(row) for row in found] == [by_the_standard_library(text) for text in addresses]
