"""The WSGI application: counts, limits, authorizes, routes, and fails on schedule."""

import hmac
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from wistia_simulator import control, routes
from wistia_simulator.account import V1, Account, resolve_release
from wistia_simulator.faults import Fault
from wistia_simulator.faults import Rule as FaultRule
from wistia_simulator.randomness import words_of
from wistia_simulator.responses import TEXT, BadParameterError, Request, Response

StartResponse = Callable[[str, list[tuple[str, str]]], Any]
BREAK_CONNECTION = "wistia_simulator.break_connection"
HTML_PAGE = b"<!DOCTYPE html><html><body><h1>We'll be right back</h1></body></html>"
# Used to draw request ids: no day of events has this number.
_REQUEST_IDS = 1 << 41
STATUS_FAULTS = {
    Fault.STATUS_500: (500, "Internal server error"),
    Fault.STATUS_502: (502, "Bad gateway"),
    Fault.STATUS_503: (503, "Service unavailable"),
    Fault.STATUS_504: (504, "Gateway timeout"),
    Fault.STATUS_400: (400, "Bad request"),
    Fault.STATUS_403: (403, "Your plan does not include this feature"),
    Fault.STATUS_404: (404, "Not found"),
    Fault.STATUS_422: (422, "Unprocessable entity"),
}
# Faults that still send the whole response.
WHOLE = frozenset({Fault.SLOW, Fault.REWRITE})


class SimulatorApp:
    """Serves one account.

    Parameters
    ----------
    account
        The account to serve.
    stopping
        Set when the server stops, so that a delayed request ends with it.
    """

    def __init__(self, account: Account, stopping: threading.Event) -> None:
        self.account = account
        self._stopping = stopping
        self._routes = Map(
            [Rule(path, endpoint=endpoint) for path, endpoint in routes.table()],
            strict_slashes=False,
        ).bind("127.0.0.1")
        # Clients request a few paths repeatedly; matching one takes longer than serving it.
        self._match = lru_cache(maxsize=4096)(self._match_path)

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        if path.startswith("/_simulator"):
            return _send(control.handle(self.account, environ, path), "control", start_response)
        log = self.account.log
        number = log.begin(path)
        request_id = _request_id(self.account.world.world.seed, number)
        fault = self.account.schedule.next_fault(path)
        response = Response.without_body(500)
        try:
            response = self._respond(environ, path, fault)
            return self._deliver(response, fault, request_id, environ, start_response)
        finally:
            log.end(response.status, fault.fault if fault else None)

    def _respond(self, environ: dict[str, Any], path: str, fault: FaultRule | None) -> Response:
        account = self.account
        seconds = account.limiter.retry_after_seconds()
        if fault is not None and fault.fault is Fault.STATUS_429:
            seconds = fault.retry_after_seconds
        if seconds:
            return Response(429, b"Retry later\n", TEXT, (("Retry-After", str(seconds)),))
        if fault is not None and fault.fault in STATUS_FAULTS:
            return Response.error(*STATUS_FAULTS[fault.fault])
        if not self._is_authorized(environ) or (
            fault is not None and fault.fault is Fault.STATUS_401
        ):
            return _unauthorized("unauthorized_credentials", "Invalid credentials.")
        method = environ["REQUEST_METHOD"]
        if method != "GET":
            return Response.error(405, f"{method} is not simulated: the pipeline only reads")
        return self._route(environ, path)

    def _is_authorized(self, environ: dict[str, Any]) -> bool:
        scheme, _, token = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        accepted = scheme.lower() == "bearer" and hmac.compare_digest(
            token.strip().encode(), self.account.token.encode()
        )
        return accepted and not self.account.schedule.token_has_expired()

    def _route(self, environ: dict[str, Any], path: str) -> Response:
        matched = self._match(path)
        if matched is None:
            return Response.error(404, "Not found")
        endpoint, arguments = matched
        track = path.split("/", 2)[1]
        faults = self.account.faults
        try:
            release = (
                resolve_release(environ.get("HTTP_X_WISTIA_API_VERSION"))
                if track == "modern"
                else V1
            )
            refusal = routes.refusal(endpoint, release, faults)
            if refusal is not None:
                return refusal
            request = Request(path, track, release, Request.parse_query(environ["QUERY_STRING"]))
            return routes.HANDLERS[endpoint](self.account, request, **arguments)
        except BadParameterError as error:
            return Response.error(400, str(error))

    def _match_path(self, path: str) -> tuple[str, Mapping[str, Any]] | None:
        try:
            endpoint, arguments = self._routes.match(path.removesuffix(".json"))
        except HTTPException:
            return None
        return str(endpoint), arguments

    def _deliver(
        self,
        response: Response,
        fault: FaultRule | None,
        request_id: str,
        environ: dict[str, Any],
        start_response: StartResponse,
    ) -> Iterable[bytes]:
        if response.delivered is not None and (fault is None or fault.fault in WHOLE):
            response.delivered()
        if fault is None or fault.fault in STATUS_FAULTS or response.status == 429:
            return _send(response, request_id, start_response)
        kind = fault.fault
        if kind in (Fault.SLOW, Fault.TIMEOUT):
            self._stopping.wait(fault.delay_seconds)
        if kind in (Fault.DROP, Fault.TIMEOUT):
            environ[BREAK_CONNECTION]()
            return ()
        if kind is Fault.TRUNCATED_JSON:
            response = Response(
                response.status, response.body[: len(response.body) * 2 // 3], response.content_type
            )
        elif kind is Fault.REWRITE:
            replaced, by = (text.encode("latin-1") for text in (fault.replace, fault.by))
            rewritten = response.body.replace(replaced, by)
            response = Response(response.status, rewritten, response.content_type)
        elif kind is Fault.HTML:
            response = Response(200, HTML_PAGE, "text/html; charset=utf-8")
        elif kind is Fault.EMPTY_BODY:
            response = Response(200, b"")
        body = _send(response, request_id, start_response)
        return _cut(response.body, environ[BREAK_CONNECTION]) if kind is Fault.RESET else body


def _request_id(seed: int, number: int) -> str:
    drawn = words_of(seed, _REQUEST_IDS, number)
    digits = f"{drawn[0]:08x}{drawn[1]:08x}{drawn[2]:08x}{drawn[3]:08x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def _unauthorized(code: str, message: str) -> Response:
    return Response.of({"code": code, "error": message}, 401)


def _cut(body: bytes, break_connection: Callable[[], None]) -> Iterator[bytes]:
    """Yield half of the announced body, then reset the connection."""
    yield body[: len(body) // 2]
    break_connection()


def _send(response: Response, request_id: str, start_response: StartResponse) -> Iterable[bytes]:
    headers = [
        ("x-request-id", request_id),
        ("Content-Length", str(len(response.body))),
        *response.headers,
    ]
    if response.content_type is not None:
        headers.append(("Content-Type", response.content_type))
    start_response(f"{response.status} {HTTPStatus(response.status).phrase}", headers)
    return (response.body,)
