"""The WSGI application: moto's services, and the controls that AWS has no API for."""

import errno
import json
import logging
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from localaws.connections.control_client import CONTROL_PREFIX
from localaws.context import ControlHandler, Json
from localaws.credentials.identity import IDENTITY, current
from localaws.errors import LocalAwsError
from localaws.server import bucket_policies, moto_speed

logger = logging.getLogger(__name__)

StartResponse = Callable[..., Any]
Environ = dict[str, Any]
Gate = Callable[[Environ, StartResponse], Iterable[bytes] | None]
"""Answers a request that it does not let through; returns None for one that it does."""

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""Numbers of the errors with which a write says that there is no room."""
READING_ACTION = re.compile(r"\.(Get|List|Describe|BatchGet|Search|Lookup)\w*$")


class AwsApplication(DomainDispatcherApplication):
    """Dispatches requests to moto's services.

    Parameters
    ----------
    on_change
        Called after each request that may have changed the account.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        super().__init__(create_backend_app)
        moto_speed.install()
        bucket_policies.install()
        self._on_change = on_change
        self._controls: dict[str, ControlHandler] = {}
        self._backends: dict[str | None, Any] = {}
        self._gates: list[Gate] = []

    def add_gate(self, gate: Gate) -> None:
        """Let a gate see each request, after those that were added before it.

        Controls come through the gates, too. The first that answers ends the request.
        """
        self._gates.append(gate)

    def add_control(self, name: str, handler: ControlHandler) -> None:
        """Serve ``POST /_localaws/<name>``; see ``ServerContext.add_control``."""
        self._controls[name] = handler

    def forget_services(self) -> None:
        """Build the routes again, as they refer to backends that a reset replaces."""
        with self.lock:
            self.app_instances.clear()

    def get_backend_for_host(self, host: str | None) -> Any:
        """Return the name of the service; moto tries some 200 patterns for each request."""
        if host not in self._backends:
            self._backends[host] = super().get_backend_for_host(host)
        return self._backends[host]

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request."""
        # Where moto looks for the path as it was sent: keys may hold what decoding would destroy.
        environ["RAW_URI"] = environ.get("REQUEST_URI", "")
        try:
            for gate in self._gates:
                answer = gate(environ, start_response)
                if answer is not None:
                    return answer
            # moto's operations see no environment: those of localaws ask for current_identity().
            reset = current.set(environ.get(IDENTITY))
            try:
                return self._serve(environ, start_response)
            finally:
                current.reset(reset)
        except Exception as error:
            logger.exception("%s %s failed", environ["REQUEST_METHOD"], environ["RAW_URI"])
            return _internal_failure(error, environ, start_response)

    def _serve(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith(CONTROL_PREFIX):
            return self._call_control(environ, start_response)
        try:
            return self._call_moto(environ, start_response)
        finally:
            if may_change_state(environ):
                self._on_change()

    def _call_moto(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        response: Iterable[bytes] = super().__call__(environ, start_response)
        return response

    def _call_control(self, environ: Environ, start_response: StartResponse) -> list[bytes]:
        name = environ["PATH_INFO"].removeprefix(CONTROL_PREFIX)
        status, answer = HTTPStatus.OK, Json()
        try:
            handler = self._control(name)
            size = int(environ.get("CONTENT_LENGTH") or 0)
            answer = handler(json.loads(environ["wsgi.input"].read(size) or b"{}"))
        except LocalAwsError as error:
            status = HTTPStatus.BAD_REQUEST
            answer = {"type": type(error).__name__, "message": str(error)}
        except Exception as error:
            logger.exception("Control %s failed", name)
            status = HTTPStatus.INTERNAL_SERVER_ERROR
            answer = {"type": "LocalAwsError", "message": f"{name} failed: {error!r}"}
        body = json.dumps(answer, default=str).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [body]

    def _control(self, name: str) -> ControlHandler:
        if name in self._controls:
            return self._controls[name]
        raise LocalAwsError(
            f"This localaws has no control {name!r}; it has {', '.join(sorted(self._controls))}."
            " Is an older one still running?"
        )


def _internal_failure(
    error: Exception, environ: Environ, start_response: StartResponse
) -> list[bytes]:
    """Answer as AWS does for a failure of its own: an SDK then shows the reason."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    reason = f"localaws failed: {type(error).__name__}: {error}"
    if getattr(error, "errno", None) in NO_ROOM:
        # Not 500: that SDKs, Trino's among them, send again for minutes.
        status = HTTPStatus.INSUFFICIENT_STORAGE
        reason = "localaws failed: the disk of its home is full"
    if environ.get("HTTP_X_AMZ_TARGET"):
        body = json.dumps({"__type": "InternalFailure", "message": reason}).encode()
        content_type = "application/x-amz-json-1.1"
    else:
        text = escape(reason)
        body = f"<Error><Code>InternalError</Code><Message>{text}</Message></Error>".encode()
        content_type = "application/xml"
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]


def may_change_state(environ: Environ) -> bool:
    """Return whether a request can have changed anything; wrong only on the safe side.

    Examples
    --------
    >>> may_change_state({"REQUEST_METHOD": "GET"})
    False
    >>> may_change_state({"REQUEST_METHOD": "POST", "HTTP_X_AMZ_TARGET": "AWSGlue.GetTable"})
    False
    >>> may_change_state({"REQUEST_METHOD": "PUT"})
    True
    """
    if environ["REQUEST_METHOD"] in {"GET", "HEAD", "OPTIONS"}:
        return False
    return not READING_ACTION.search(environ.get("HTTP_X_AMZ_TARGET", ""))
