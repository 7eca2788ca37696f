"""Connections kept for the next request, by clients that do not retry.

A server closes a connection that was idle for its keep-alive time. A request that is sent at the
same moment gets no answer: no check before it can see that. So these connections

- are not used again once they were idle for a time well below the server's keep-alive time;
- send a request once more, on a new connection, if the kept one was closed before the first byte
  of an answer. That also covers a clock that was set and a machine that was asleep.

Use them only for a server whose requests may be repeated in that case. localaws itself is one:
cheroot closes a kept connection only while nobody reads from it, so the server has not seen the
request (once it stops, it takes no new connection either, and the second try fails). Trino is one:
see ``localaws.trino.client``. What was answered, an error too, is never asked again,
and neither is what a new connection did not answer.
"""

import time
from collections.abc import Callable
from functools import partial
from socket import MSG_PEEK
from typing import Any

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool
from urllib3 import HTTPConnectionPool, PoolManager
from urllib3.connection import HTTPConnection


class _KeptConnection:
    """Goes before a class of urllib3's connections; plain HTTP only, TLS has no ``MSG_PEEK``."""

    timeout: float | None
    sock: Any

    def __init__(self, *args: Any, longest_idle_seconds: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self._longest_idle_seconds = longest_idle_seconds
        self._used_at = 0.0
        self._send_again: Callable[[], None] | None = None

    def request(
        self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
    ) -> None:
        """Send a request, over a new connection if this one was idle for too long."""
        if self.sock is not None and self._idle_seconds() > self._longest_idle_seconds:
            self.close()  # type: ignore[attr-defined]
        send = partial(super().request, method, url, body, headers, **options)  # type: ignore[misc]
        self._send_again = _repeated(send, body) if self.sock is not None else None
        send()

    def getresponse(self) -> Any:
        """Return the answer; send the request again if the server had closed the connection."""
        send_again, self._send_again = self._send_again, None
        if send_again is not None and self._is_closed_without_an_answer():
            self.close()  # type: ignore[attr-defined]
            send_again()
        response = super().getresponse()  # type: ignore[misc]
        self._used_at = time.monotonic()
        return response

    def _idle_seconds(self) -> float:
        return time.monotonic() - self._used_at

    def _is_closed_without_an_answer(self) -> bool:
        if self.sock is None:
            return False
        self.sock.settimeout(self.timeout)
        try:
            return not self.sock.recv(1, MSG_PEEK)
        except (BrokenPipeError, ConnectionResetError):
            return True


class _KeptHttpConnection(_KeptConnection, HTTPConnection):
    """For urllib3."""


class _KeptAwsConnection(_KeptConnection, AWSHTTPConnection):  # type: ignore[misc]
    """For botocore."""


class _KeptHttpPool(HTTPConnectionPool):
    ConnectionCls = _KeptHttpConnection


class _KeptAwsPool(AWSHTTPConnectionPool):
    ConnectionCls = _KeptAwsConnection


def keep_connections(client: Any, *, longest_idle_seconds: float) -> None:
    """Let a boto3 client of a plain HTTP endpoint keep its connections as described above.

    Parameters
    ----------
    client
        One that has not sent anything yet.
    longest_idle_seconds
        Well below the server's keep-alive time.
    """
    # botocore has no option for it; its session hands these classes to urllib3's manager.
    manager: PoolManager = client._endpoint.http_session._manager
    _use_pools(manager, _KeptAwsPool, longest_idle_seconds)


def pool_manager(*, longest_idle_seconds: float, **options: Any) -> PoolManager:
    """Return a manager for plain HTTP whose connections are kept as described above.

    Parameters
    ----------
    longest_idle_seconds
        Well below the server's keep-alive time.
    options
        As for ``urllib3.PoolManager``.
    """
    manager = PoolManager(**options)
    _use_pools(manager, _KeptHttpPool, longest_idle_seconds)
    return manager


def _use_pools(
    manager: PoolManager, pool: type[HTTPConnectionPool], longest_idle_seconds: float
) -> None:
    # The pool passes what it does not know on to its connections.
    pools: Any = {"http": partial(pool, longest_idle_seconds=longest_idle_seconds)}
    manager.pool_classes_by_scheme = pools


def _repeated(send: Callable[[], None], body: Any) -> Callable[[], None] | None:
    """Return what sends the same bytes again; None if the body can be read only once."""
    if body is None or isinstance(body, (str, bytes, bytearray)):
        return send
    if not hasattr(body, "seek") or not hasattr(body, "tell"):
        return None
    start = body.tell()

    def send_from_the_start() -> None:
        body.seek(start)
        send()

    return send_from_the_start
