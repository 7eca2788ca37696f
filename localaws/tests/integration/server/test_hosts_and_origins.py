"""The server answers for its own address only, and no page of another site."""

import http.client
from urllib.parse import urlsplit

import pytest

from localaws.connections.control_client import CONTROL_PREFIX
from localaws.connections.home_key import KEY_HEADER, home_key
from localaws.testing import LocalAws

STATUS = CONTROL_PREFIX + "status"


def ask(
    localaws: LocalAws,
    host: str | None,
    *,
    method: str = "POST",
    path: str = STATUS,
    **headers: str,
) -> http.client.HTTPResponse:
    """Ask with the key of the home: only host and origin decide."""
    connection = http.client.HTTPConnection(urlsplit(localaws.endpoint_url).netloc, timeout=10)
    connection.putrequest(method, path, skip_host=True)
    if host is not None:
        connection.putheader("Host", host)
    connection.putheader(KEY_HEADER, home_key(localaws.settings).header)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def port_of(localaws: LocalAws) -> int:
    return int(urlsplit(localaws.endpoint_url).port or 0)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_the_names_of_this_machine_are_answered(localaws: LocalAws, name: str) -> None:
    host = f"{name}:{port_of(localaws)}"
    assert ask(localaws, host).status == 200
    assert ask(localaws, host, Origin=f"http://{host}").status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.test:{port}", "127.0.0.1", "localhost", "127.0.0.1:1", "127.0.0.1:{port}.evil.test", "",
        "127.0.0.1.nip.io:{port}", "0.0.0.0:{port}", "127.0.0.2:{port}", "bucket.localhost:{port}",
        "127.0.0.1:{port}@evil.test", "s3.amazonaws.com", "LOCALHOST.:{port}",
    ],
)  # fmt: skip
def test_any_other_host_is_refused_even_with_the_key(localaws: LocalAws, host: str) -> None:
    answer = ask(localaws, host.format(port=port_of(localaws)))
    assert answer.status == 403
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]


def test_a_request_without_a_host_is_refused(localaws: LocalAws) -> None:
    assert ask(localaws, None).status in {400, 403}


@pytest.mark.parametrize(
    "origin",
    ["http://evil.test", "null", "https://127.0.0.1:{port}", "http://127.0.0.1", "http://127.0.0.1:1",
     "http://localhost:{port}.evil.test", "chrome-extension://abc", ""],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_any_other_origin_is_refused_even_with_the_key(
    localaws: LocalAws, origin: str, method: str
) -> None:
    port = port_of(localaws)
    headers = {"Origin": origin.format(port=port), "Access_Control_Request_Method": "PUT"}
    for path in (STATUS, "/", "/bucket/key"):
        answer = ask(localaws, f"127.0.0.1:{port}", method=method, path=path, **headers)
        assert answer.status == 403
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
