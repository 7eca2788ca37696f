"""The HTTP server: keep-alive on 127.0.0.1, one thread per busy connection."""

import errno
import os
import select
import socket
import struct
import threading
from typing import Any

from cheroot.wsgi import Gateway_10, Server

from wistia_simulator.account import Account
from wistia_simulator.http_app import BREAK_CONNECTION, SimulatorApp

HOST = "127.0.0.1"
THREADS = 32
LINGER_MILLISECONDS = 20
# After this many others get their turn, even if there are more clients than threads.
REQUESTS_IN_A_ROW = 200
# SO_LINGER on, zero seconds: close() then sends RST instead of FIN.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class _SimulatorGateway(Gateway_10):
    """Lets the application break the connection of its response."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        environ[BREAK_CONNECTION] = self._break_connection
        return environ

    def _break_connection(self) -> None:
        connection = self.req.conn
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        # Closed without cheroot, which would shut it down properly. `linger` makes cheroot ignore
        # the connection, and cheroot does not log an ECONNABORTED.
        connection.linger = True
        os.close(connection.socket.detach())
        raise ConnectionAbortedError(errno.ECONNABORTED, "broken by the fault schedule")


class _StickyServer(Server):
    """Lets a thread keep a connection whose next request comes soon.

    cheroot returns a connection to its selector after each request; for a client that sends
    requests without a pause, that takes longer than most answers.
    """

    def put_conn(self, conn: Any) -> None:
        """Serve the requests that come at once, then return the connection as cheroot does."""
        for _ in range(REQUESTS_IN_A_ROW):
            if not self.ready or not _is_readable(conn.socket):
                break
            if not conn.communicate():
                conn.close()
                return
        super().put_conn(conn)


def _is_readable(connection: socket.socket) -> bool:
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(LINGER_MILLISECONDS))


class SimulatorServer:
    """Serves one account until it is stopped.

    Parameters
    ----------
    account
        The account to serve.
    port
        Port on 127.0.0.1; 0 for any free one.
    """

    def __init__(self, account: Account, port: int = 0) -> None:
        self.account = account
        self._stopping = threading.Event()
        app = SimulatorApp(account, self._stopping)
        self._server = _StickyServer(
            (HOST, port), app, numthreads=THREADS, request_queue_size=128, timeout=60
        )
        self._server.gateway = _SimulatorGateway
        self._server.nodelay = True
        # The time that a stop may take: tests start and stop many servers.
        self._server.expiration_interval = 0.05
        self._thread: threading.Thread | None = None

    def prepare(self) -> int:
        """Bind and return the port.

        Raises
        ------
        OSError
            The port is taken.
        """
        self._server.prepare()
        return int(self._server.bind_addr[1])

    def start(self) -> str:
        """Serve in the background and return the base URL."""
        port = self.prepare()
        self._thread = threading.Thread(
            target=self._server.serve, name="wistia-simulator", daemon=True
        )
        self._thread.start()
        return f"http://{HOST}:{port}"

    def serve(self) -> None:
        """Serve in this thread until `stop`, after `prepare`."""
        self._server.serve()

    def stop(self) -> None:
        """Close all connections and end the threads."""
        self._stopping.set()
        self._server.stop()
        if self._thread is not None:
            self._thread.join(timeout=10)
