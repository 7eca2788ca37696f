"""The gate against pages in a browser: they can send requests here, and must get nothing.

A page of any site may send requests to 127.0.0.1. The browser names the page's site in the Origin
header. A site can also point its own name at 127.0.0.1 ("DNS rebinding"), so that the browser takes
this server for the site itself; then the Host header has the site's name.
"""

from collections.abc import Iterable
from http import HTTPStatus
from urllib.parse import urlsplit

from localaws.aws_protocols.errors import Environ, StartResponse

_NAMES = ("127.0.0.1", "localhost", "[::1]")


class SameMachineOnly:
    """A gate of the server: lets a request in that names this server, and no other site.

    Parameters
    ----------
    endpoint_url
        Address of this server.
    """

    def __init__(self, endpoint_url: str) -> None:
        port = urlsplit(endpoint_url).port
        self._hosts = frozenset(f"{name}:{port}" for name in _NAMES)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes] | None:
        """Refuse a request for another host or from another origin; return None for the others."""
        host = environ.get("HTTP_HOST", "")
        if host not in self._hosts:
            return _refuse(
                f"localaws answers for {', '.join(sorted(self._hosts))}, not for the host {host!r}."
                " Buckets are addressed by path: set the SDK to path style.",
                start_response,
            )
        origin = environ.get("HTTP_ORIGIN")
        if origin is not None and origin not in self._origins:
            return _refuse("localaws does not answer pages of other sites.", start_response)
        return None


def _refuse(reason: str, start_response: StartResponse) -> list[bytes]:
    """Answer without a CORS header: the browser keeps the answer from the page."""
    body = reason.encode()
    status = HTTPStatus.FORBIDDEN
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]
