"""The HTTP server of the AWS endpoint: cheroot, as localaws wants it."""

import logging
from typing import Any

from cheroot.server import HTTPConnection
from cheroot.wsgi import Gateway_10
from cheroot.wsgi import Server as CherootServer

from localaws.settings import Settings

logger = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 5
BACKLOG = 256
KEEP_ALIVE_CONNECTIONS = 1024
LONGEST_PAUSE_SECONDS = 60.0
"""How long a client may pause within a request."""


class Gateway(Gateway_10):
    """Keeps the spelling of S3 metadata headers with underscores, as moto's own server does."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]
        """Return the WSGI environment of the request."""
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        environ["moto.preserved_header_names"] = {
            "HTTP_" + name.decode("latin-1").upper().replace("-", "_"): name.decode("latin-1")
            for name in self.req.inheaders
            if b"_" in name and name.lower().startswith(b"x-amz-meta-")
        }
        return environ


class _Connection(HTTPConnection):
    """cheroot has one time-out for idle connections and for pauses within a request."""

    def __init__(self, server: Any, sock: Any, *options: Any) -> None:
        super().__init__(server, sock, *options)
        sock.settimeout(LONGEST_PAUSE_SECONDS)


def bind(settings: Settings, port: int) -> CherootServer:
    """Return a server that listens on a port of 127.0.0.1 and does not serve yet.

    Raises
    ------
    OSError
        The port is taken.
    """
    http = CherootServer(
        ("127.0.0.1", port),
        None,
        numthreads=settings.server_threads,
        request_queue_size=BACKLOG,
        shutdown_timeout=SHUTDOWN_SECONDS,
        timeout=settings.keep_alive_seconds,  # type: ignore[arg-type]
    )
    http.gateway = Gateway
    http.ConnectionClass = _Connection
    http.keep_alive_conn_limit = KEEP_ALIVE_CONNECTIONS
    http.error_log = _log_error  # type: ignore[method-assign]
    try:
        http.prepare()
    except OSError as error:
        cause = error.__context__
        raise OSError(getattr(cause, "errno", None) or error.errno, str(error)) from error
    return http


def _log_error(msg: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
    logger.log(level, msg, exc_info=traceback)
