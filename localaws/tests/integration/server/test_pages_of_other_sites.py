"""A page of another site, in a real browser on this machine, gets nothing and changes nothing.

Run by `make test-docs-site`: it needs a Chromium. `test_hosts_and_origins.py` sends the same without a browser.
"""

import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from localaws_support.browser import FLAGS, chromium
from playwright.sync_api import Browser, Page, sync_playwright

from localaws.connections.control_client import call_control
from localaws.testing import LocalAws

pytestmark = pytest.mark.browser

BUCKET = "seen-by-pages"
SECRET = "nobody else may read this"

# Each tries one way out of a page; what it could read of the answer is returned.
ATTACKS = {
    "read": "(url, links) => fetch(links.get).then(a => a.text())",
    "read blindly": "(url, links) => fetch(links.get, {mode: 'no-cors'}).then(a => a.text())",
    "list": "(url, links) => fetch(url + '/').then(a => a.text())",
    "overwrite": "(url, links) => fetch(links.put, {method: 'PUT', body: 'changed'}).then(a => a.text())",
    "delete": "(url, links) => fetch(links.del, {method: 'DELETE'}).then(a => a.text())",
    "query API": """(url, links) => fetch(url + '/', {method: 'POST', mode: 'no-cors',
        headers: {'Content-Type': 'application/x-www-form-urlencoded'},
        body: 'Action=CreateTopic&Name=attacked&Version=2010-03-31'}).then(a => a.text())""",
    "json API": """(url, links) => fetch(url + '/', {method: 'POST', body: '{}',
        headers: {'X-Amz-Target': 'AWSGlue.GetDatabases'}}).then(a => a.text())""",
    "json as text": """(url, links) => fetch(url + '/', {method: 'POST', mode: 'no-cors', body: '{}',
        headers: {'Content-Type': 'text/plain'}}).then(a => a.text())""",
    "reset": "(url, links) => fetch(url + '/_localaws/reset', {method: 'POST', mode: 'no-cors'}).then(a => a.text())",
    "reset of moto": "(url, links) => fetch(url + '/moto-api/reset', {method: 'POST', mode: 'no-cors'}).then(a => a.text())",
    "shutdown": """(url, links) => fetch(url + '/_localaws/shutdown', {method: 'POST', body: '{}',
        headers: {'X-Localaws-Key': 'AKIA:guessed'}}).then(a => a.text())""",
    "beacon": "(url, links) => Promise.resolve(navigator.sendBeacon(url + '/_localaws/reset', '{}') && '')",
    "old request": """(url, links) => new Promise(done => { const asked = new XMLHttpRequest();
        asked.onloadend = () => done(asked.responseText); asked.open('GET', links.get); asked.send(); })""",
    "script": """(url, links) => new Promise(done => { const tag = document.createElement('script');
        tag.onload = tag.onerror = () => done(''); tag.src = url + '/_localaws/status'; document.head.append(tag); })""",
    "form": """(url, links) => new Promise(done => { const frame = document.createElement('iframe');
        frame.name = 'target'; document.body.append(frame); const form = document.createElement('form');
        form.method = 'POST'; form.action = url + '/_localaws/reset'; form.target = 'target';
        frame.onload = () => { try { done(frame.contentDocument.body.innerText); } catch { done(''); } };
        document.body.append(form); form.submit(); })""",
    "frame": """(url, links) => new Promise(done => { const frame = document.createElement('iframe');
        frame.onload = () => { try { done(frame.contentDocument.body.innerText); } catch { done(''); } };
        frame.src = url + '/moto-api/'; document.body.append(frame); })""",
}


@dataclass(frozen=True)
class Target:
    """The account, and links into it that are valid wherever they are used."""

    aws: LocalAws
    links: dict[str, str]

    def contents(self) -> dict[str, Any]:
        s3 = self.aws.client("s3")
        return {
            "objects": {
                item["Key"]: s3.get_object(Bucket=BUCKET, Key=item["Key"])["Body"].read()
                for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]
            },
            "topics": self.aws.client("sns").list_topics()["Topics"],
            "runs": call_control(self.aws.settings, "status")["endpoint_url"],
        }


@pytest.fixture(scope="module")
def target(localaws: LocalAws) -> Target:
    s3 = localaws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="secret.txt", Body=SECRET.encode(), ContentType="text/plain")
    environment = localaws.environment()
    # Version 2 does not sign the host: only the server's own check stops a rebound name.
    signer = boto3.client(
        "s3",
        endpoint_url=localaws.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(signature_version="s3"),
    )
    names = {"get": "get_object", "put": "put_object", "del": "delete_object"}
    where = {"Bucket": BUCKET, "Key": "secret.txt"}
    links = {
        name: signer.generate_presigned_url(operation, where) for name, operation in names.items()
    }
    return Target(localaws, links)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = "--host-resolver-rules=MAP evil.test 127.0.0.1,MAP rebound.test 127.0.0.1"
    # Newer browsers ask the user before a page may reach this machine; older ones do not.
    unasked = "--disable-features=LocalNetworkAccessChecks"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*FLAGS, names, unasked]
        )
        yield browser
        browser.close()


class _Site(http.server.BaseHTTPRequestHandler):
    """A site that answers everybody, and lets every other site read it."""

    asked: ClassVar[list[str]] = []

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "*")
        self.send_header("Access-Control-Allow-Methods", "*")
        self.end_headers()
        self.wfile.write(b"<html><head></head><body>a page</body></html>")

    do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = _answer  # noqa: N815 - names of http.server

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[int]:
    """Return the port of a site without any protection."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def attack(page: Page, name: str, url: str, links: dict[str, str]) -> str:
    """Let a page attack an address; return what it could read of the answer."""
    call = f"([url, links]) => ({ATTACKS[name]})(url, links).catch(() => '')"
    read = page.evaluate(call, [url, links])
    page.wait_for_timeout(50)
    return str(read)


def go_to_rebound_page(page: Page, port: int) -> str:
    """Show a page whose own host and port are those of a server of this machine by now."""
    url = f"http://rebound.test:{port}"
    text = "<html><head></head><body></body></html>"
    page.route(f"{url}/page.html", lambda route: route.fulfill(body=text, content_type="text/html"))
    page.goto(f"{url}/page.html")
    return url


def at(links: dict[str, str], old: str, new: str) -> dict[str, str]:
    return {name: link.replace(old, new) for name, link in links.items()}


@pytest.mark.parametrize("rebound", [False, True])
def test_each_attack_reaches_a_server_that_does_not_protect_itself(
    target: Target, page: Page, site: int, rebound: bool
) -> None:
    """Otherwise the tests below would show nothing."""
    page.goto(f"http://evil.test:{site}/")
    url = go_to_rebound_page(page, site) if rebound else f"http://127.0.0.1:{site}"
    silent = []
    for name in ATTACKS:
        _Site.asked.clear()
        attack(page, name, url, at(target.links, target.aws.endpoint_url, url))
        if not _Site.asked:
            silent.append(name)
    assert silent == []


@pytest.mark.parametrize("origin", ["evil.test", "127.0.0.1", "localhost"])
def test_a_page_of_another_origin_reads_nothing_and_changes_nothing(
    target: Target, page: Page, site: int, origin: str
) -> None:
    # GIVEN a page of another site, or of another port of this machine
    page.goto(f"http://{origin}:{site}/")
    before = target.contents()
    # WHEN it attacks in every way, also with presigned links that it got hold of
    read = {name: attack(page, name, target.aws.endpoint_url, target.links) for name in ATTACKS}
    # THEN it has read nothing, and the account is as it was
    assert set(read.values()) == {""}
    assert target.contents() == before


def test_a_site_that_points_its_name_at_this_machine_gets_nothing(
    target: Target, page: Page
) -> None:
    # GIVEN a page that the browser takes for one of the server itself
    url = go_to_rebound_page(page, int(urlsplit(target.aws.endpoint_url).port or 0))
    links = at(target.links, target.aws.endpoint_url, url)
    before = target.contents()
    # WHEN it attacks, and may read the answers
    read = {name: attack(page, name, url, links) for name in ATTACKS}
    # THEN all that it reads is that the server does not answer for this host
    assert {name for name, text in read.items() if "not for the host" in text} >= {
        "read", "list", "overwrite", "delete", "query API", "json API", "reset", "old request", "form",
    }  # fmt: skip
    assert not [name for name, text in read.items() if text and "not for the host" not in text]
    assert target.contents() == before


def test_a_page_of_the_account_itself_reads_its_neighbours(target: Target, page: Page) -> None:
    page.goto(target.links["get"])
    assert SECRET in page.inner_text("body")
    assert page.evaluate("link => fetch(link).then(a => a.text())", target.links["get"]) == SECRET
