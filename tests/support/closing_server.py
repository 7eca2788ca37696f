"""A server that keeps connections and closes them at the worst moment."""

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Iterator

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class ClosingServer:
    """Serves the first request of each connection and closes it when the next one arrives.

    Parameters
    ----------
    body
        Body of the answer to each served request.
    status
        Status line without the version.
    ending
        What happens to the next request: ``closed`` or ``reset`` before it is read, as when the
        keep-alive time has passed; ``half an answer``; ``kept`` to serve it as well.
    serves_first
        False to read the first request and close the connection without an answer.
    """

    def __init__(
        self,
        body: bytes = b"{}",
        *,
        status: str = "200 OK",
        ending: str = "closed",
        serves_first: bool = True,
    ) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: "
        self._answer = head.encode() + str(len(body)).encode() + b"\r\n\r\n" + body
        self._ending = ending
        self._serves_first = serves_first
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self.bodies: list[bytes] = []
        """Bodies of the requests that were read."""

    @property
    def requests(self) -> int:
        """How many requests were read."""
        return len(self.bodies)

    @contextlib.contextmanager
    def serving(self) -> Iterator["ClosingServer"]:
        """Serve in the background."""
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            thread.join(10)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            if not self._read(connection) or not self._serves_first:
                return
            connection.sendall(self._answer)
            select.select([connection], [], [])
            if not connection.recv(1, socket.MSG_PEEK):
                return
            if self._ending == "reset":
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            elif self._ending == "closed":
                connection.shutdown(socket.SHUT_RDWR)
            elif self._ending == "half an answer":
                self._read(connection)
                connection.sendall(self._answer[:10])
            else:
                while self._read(connection):
                    connection.sendall(self._answer)

    def _read(self, connection: socket.socket) -> bool:
        received = b""
        while b"\r\n\r\n" not in received:
            part = connection.recv(65536)
            if not part:
                return False
            received += part
        head, _, body = received.partition(b"\r\n\r\n")
        headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        if headers.get(b"expect") == b"100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(body) < int(headers.get(b"content-length", 0)):
            body += connection.recv(65536)
        self.bodies.append(body)
        return True
