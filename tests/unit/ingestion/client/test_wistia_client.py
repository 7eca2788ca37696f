"""One request to Wistia: what is retried, what is not, and what an error says."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from ingestion.client.http import WistiaClient
from ingestion.deadline import Deadline, DeadlineReached
from ingestion.errors import (
    WistiaBadRequest,
    WistiaError,
    WistiaForbidden,
    WistiaNotFound,
    WistiaRedirected,
    WistiaThrottled,
    WistiaUnauthorized,
    WistiaUnavailable,
)
from tests.support.wistia_clients import EVENTS, TOKEN, connect, get, is_fit_for_a_mail
from wistia_simulator.testing import Fault, Faults, Rule, Simulator


@pytest.mark.parametrize(
    "fault",
    ["429", "500", "502", "503", "504", "reset", "drop", "truncated_json", "html", "empty_body"],
)
def test_request_with_a_passing_fault_is_retried(
    simulator: Simulator, client: WistiaClient, fault: str
) -> None:
    # GIVEN an API that fails twice
    simulator.faults = Faults(rules=(Rule(Fault(fault), times=2),))
    # WHEN a request is sent THEN it is repeated until it succeeds
    assert get(client) == 50
    assert client.counts.requests == 3
    assert client.counts.retries == 2


def test_timeout_is_repeated(simulator: Simulator, client: WistiaClient) -> None:
    simulator.faults = Faults(rules=(Rule(Fault.TIMEOUT, times=1, delay_seconds=0.8),))
    assert get(client) == 50


@pytest.mark.parametrize(
    ("fault", "kind"),
    [("401", WistiaUnauthorized), ("403", WistiaForbidden), ("404", WistiaNotFound)],
)
def test_permanent_refusal_is_not_retried(
    simulator: Simulator, client: WistiaClient, fault: str, kind: type[WistiaError]
) -> None:
    simulator.faults = Faults(rules=(Rule(Fault(fault)),))
    with pytest.raises(kind):
        get(client)
    assert client.counts.requests == 1


def test_bad_request_is_not_retried(client: WistiaClient) -> None:
    with pytest.raises(WistiaBadRequest):
        client.get(EVENTS, {"start_date": "yesterday"}, stream="events", deadline=Deadline(60))
    assert client.counts.requests == 1


def test_retry_after_is_honored(
    simulator: Simulator, client: WistiaClient, sleeps: list[float]
) -> None:
    simulator.faults = Faults(rules=(Rule(Fault.STATUS_429, times=1, retry_after_seconds=17),))
    get(client)
    assert max(sleeps) == pytest.approx(17, abs=1)
    assert client.counts.throttles == 1


def test_backoff_grows_and_is_bounded(
    simulator: Simulator, client: WistiaClient, sleeps: list[float]
) -> None:
    simulator.faults = Faults(rules=(Rule(Fault.STATUS_500),))
    with pytest.raises(WistiaUnavailable):
        get(client)
    assert len(sleeps) == 3
    assert sleeps[0] <= 0.5
    assert 0.5 <= sleeps[1] <= 1.0
    assert 1.0 <= sleeps[2] <= 2.0


def test_endless_throttling_ends_with_an_error_of_its_own(
    simulator: Simulator, client: WistiaClient
) -> None:
    simulator.faults = Faults(rules=(Rule(Fault.STATUS_429),))
    with pytest.raises(WistiaThrottled):
        get(client)


def test_retry_that_would_pass_the_deadline_hands_on_instead(
    simulator: Simulator, client: WistiaClient
) -> None:
    simulator.faults = Faults(rules=(Rule(Fault.STATUS_429, retry_after_seconds=60),))
    with pytest.raises(DeadlineReached):
        get(client, seconds=20)


def test_error_names_stream_media_and_request_id_but_not_the_token(
    simulator: Simulator, client: WistiaClient
) -> None:
    simulator.faults = Faults(rules=(Rule(Fault.STATUS_401),))
    with pytest.raises(WistiaUnauthorized) as caught:
        get(client)
    text = str(caught.value)
    assert "stream=events" in text
    assert "media=abcdefghij" in text
    assert "request_id=" in text
    assert "request_id=-" not in text
    assert TOKEN not in text


def test_api_that_is_down_says_where_it_was_looked_for(sleeps: list[float]) -> None:
    with pytest.raises(WistiaUnavailable, match=r"127\.0\.0\.1:9"):
        get(connect("http://127.0.0.1:9", sleeps))


def test_connections_are_kept_alive(sleeps: list[float]) -> None:
    # GIVEN a server that counts its connections
    opened: list[object] = []

    class Counting(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            opened.append(self.client_address)
            super().setup()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_: object) -> None:
            pass

    # WHEN requests follow each other THEN one connection carries them all
    with serving(Counting) as base_url:
        client = connect(base_url, sleeps)
        assert [get(client) for _ in range(3)] == [0, 0, 0]
    assert len(opened) == 1


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_redirect_does_not_carry_the_token_to_another_host(sleeps: list[float]) -> None:
    # GIVEN a server that redirects to another host
    seen: list[str | None] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers.get("Authorization"))
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_port}/stolen")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    # WHEN a request is sent THEN it is refused, and nothing is sent to the other host
    with (
        serving(Elsewhere) as base_url,
        pytest.raises(WistiaRedirected, match="localhost"),
    ):
        get(connect(base_url, sleeps))
    assert len(seen) == 1


def test_netrc_does_not_replace_the_token(
    simulator: Simulator,
    client: WistiaClient,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    assert get(client) == 50


@contextmanager
def answering(status: int, headers: dict[str, bytes], content: bytes = b"") -> Iterator[str]:
    """A server with one answer; its headers are bytes, because a server may send any."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            lines = [b"HTTP/1.1 %d X" % status, b"Content-Length: %d" % len(content)]
            lines += [name.encode() + b": " + value for name, value in headers.items()]
            self.wfile.write(b"\r\n".join(lines) + b"\r\n\r\n" + content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "request_id", [b"\x1b[2Jred", b"\xff\x85\x07", TOKEN.encode(), b"x" * 5000]
)
def test_the_request_id_of_a_server_is_shown_as_text(
    request_id: bytes, sleeps: list[float]
) -> None:
    with (
        answering(404, {"x-request-id": request_id}) as url,
        pytest.raises(WistiaNotFound) as not_found,
    ):
        get(connect(url, sleeps))
    assert is_fit_for_a_mail(str(not_found.value))
    assert is_fit_for_a_mail(str(not_found.value.request_id))
    assert len(str(not_found.value)) < 1000


@pytest.mark.parametrize(
    ("location", "says"),
    [
        (b"https://user:password@other.example:8443/x", "redirects to other.example:8443;"),
        (b"http://[::1/x", "redirects to an address that cannot be read;"),
        (b"/elsewhere", "redirects to another path;"),
        (b"https://\x1b[2J.example/", "redirects to "),
    ],
)
def test_a_redirect_names_the_host_and_nothing_else(
    location: bytes, says: str, sleeps: list[float]
) -> None:
    with (
        answering(301, {"Location": location}) as url,
        pytest.raises(WistiaRedirected) as redirected,
    ):
        get(connect(url, sleeps))
    assert says in str(redirected.value)
    assert "password" not in str(redirected.value)
    assert str(redirected.value).isprintable()
