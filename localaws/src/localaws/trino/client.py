"""Trino's client protocol: a statement in, pages of JSON values out.

Not the ``trino`` package: it turns values into Python objects, and Athena's texts need what Trino
wrote (a double's digits, a timestamp's precision).
"""

import contextlib
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

import urllib3
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_result,
    stop_after_attempt,
    stop_any,
    stop_before_delay,
)

from localaws.connections.kept_connections import pool_manager
from localaws.trino.access import USER
from localaws.trino.configuration import HIVE_CATALOG, ROLE_CREDENTIAL

Row = Sequence[Any]

_CAPABILITIES = "PATH,PARAMETRIC_DATETIME"
_LONGEST_IDLE_SECONDS = 60.0
"""Trino 476 keeps an idle connection for 200 s."""
# The limit of partitions in one statement holds for each writer: let there be one.
_SESSION = {"task_min_writer_count": "1", "task_max_writer_count": "1"}
_BUSY = frozenset({502, 503, 504, 429})
_PAUSE_SECONDS = (0.05, 0.1)
"""What the protocol asks for between two tries, unless Trino names a pause."""
_ATTEMPTS = 21
_BUSY_SECONDS = 30.0
"""A statement that can be stopped is not kept waiting for longer."""


class EngineError(Exception):
    """Trino answered with an error.

    Attributes
    ----------
    error
        ``error`` of the response: errorName, errorType, message, errorLocation …
    """

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(str(error.get("message")))
        self.error = error


class EngineLostError(Exception):
    """Trino is not there any more, or does not know the query any more."""


class ConnectionBrokenError(EngineLostError):
    """Trino took no connection, or ended it without an answer, as it does when it is killed."""


class RunningQuery:
    """A statement that Trino has taken.

    Attributes
    ----------
    columns
        Names and type signatures, once known.
    stats
        Statistics of the last response.
    update_type, update_count
        What a writing statement did.
    """

    def __init__(self, http: urllib3.PoolManager, response: Mapping[str, Any]) -> None:
        self._http = http
        self._next_uri: str | None = None
        self._rows: list[Row] = []
        self.id = str(response["id"])
        self.columns: list[dict[str, Any]] | None = None
        self.stats: Mapping[str, Any] = {}
        self.update_type: str | None = None
        self.update_count: int | None = None
        self._read(response)

    def _read(self, response: Mapping[str, Any]) -> None:
        self._next_uri = _plain(response.get("nextUri"))
        self.stats = response.get("stats") or self.stats
        self.columns = response.get("columns") or self.columns
        self.update_type = response.get("updateType") or self.update_type
        if response.get("updateCount") is not None:
            self.update_count = response["updateCount"]
        self._rows = response.get("data") or []
        if response.get("error"):
            self._next_uri = None
            raise EngineError(response["error"])

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to fetch."""
        return self._next_uri is None

    def advance(self) -> None:
        """Fetch the next response; Trino holds it back until there is something to tell."""
        if self._next_uri is not None:
            self._read(_send(self._http, "GET", self._next_uri))

    def pages(self) -> Iterator[list[Row]]:
        """Yield the rows, page by page, until the statement is done."""
        while True:
            if self._rows:
                rows, self._rows = self._rows, []
                yield rows
            if self.is_done:
                return
            self.advance()

    def cancel(self) -> None:
        """Stop the statement; an engine that is gone has stopped it already."""
        if self._next_uri is not None:
            with contextlib.suppress(EngineLostError):
                _send(self._http, "DELETE", self._next_uri)


class TrinoClient:
    """Sends statements to one Trino.

    Parameters
    ----------
    url
        Such as ``http://127.0.0.1:8080``.
    headers
        Sent with each request: ``localaws.trino.access.engine_headers``.
    timeout_seconds
        How long Trino may be silent in the middle of a request.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = 120.0,
    ) -> None:
        self.url = url
        # Its requests may be repeated: a statement begins to run only when its first page is asked
        # for, the newest page can be asked for again, and to cancel twice is to cancel.
        self._http = pool_manager(
            longest_idle_seconds=_LONGEST_IDLE_SECONDS,
            maxsize=64,
            headers=headers,
            timeout=urllib3.Timeout(connect=5.0, read=timeout_seconds),
            retries=False,
        )

    def start(
        self,
        sql: str,
        *,
        catalog: str,
        schema: str,
        session: Mapping[str, str] | None = None,
        source: str = "localaws",
        acts_as: str | None = None,
    ) -> RunningQuery:
        """Send a statement.

        Parameters
        ----------
        sql
            The statement, in Trino's SQL.
        catalog, schema
            Where unqualified names are looked up.
        session
            Session properties, such as ``awsdatacatalog.compression_codec``.
        source
            What Trino's own log calls the sender.
        acts_as
            ARN of the role or user as whom Trino reads and writes S3; None is itself.

        Raises
        ------
        EngineError
            Trino refuses it.
        ConnectionBrokenError
            Trino cannot be reached. It begins a statement when the first page is asked for, so
            this one has not run and may be sent again.
        EngineLostError
            Trino's answer is not one of its protocol.
        """
        headers = {
            "X-Trino-User": USER,
            "X-Trino-Catalog": catalog,
            "X-Trino-Schema": quote(schema, safe=""),
            "X-Trino-Source": source,
            "X-Trino-Time-Zone": "UTC",
            "X-Trino-Client-Capabilities": _CAPABILITIES,
        }
        if acts_as is not None:
            headers["X-Trino-Extra-Credential"] = f"{ROLE_CREDENTIAL}={quote_plus(acts_as)}"
        headers["X-Trino-Session"] = ",".join(
            f"{name}={quote_plus(value)}" for name, value in {**_SESSION, **(session or {})}.items()
        )
        response = _send(self._http, "POST", f"{self.url}/v1/statement", sql.encode(), headers)
        return RunningQuery(self._http, response)

    def is_ready(self) -> bool:
        """Return whether a query runs: for a moment after its start, Trino has no node for one."""
        try:
            if _send(self._http, "GET", f"{self.url}/v1/info").get("starting") is not False:
                return False
            query = self.start("SELECT 1", catalog=HIVE_CATALOG, schema="default")
            for _ in query.pages():
                pass
        except (EngineError, EngineLostError):
            return False
        return True


def _plain(address: str | None) -> str | None:
    """Return an address of Trino as it can be reached: it believes that it is asked over HTTPS."""
    return address and "http" + address.removeprefix("https").removeprefix("http")


def _send(
    http: urllib3.PoolManager,
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Mapping[str, Any]:
    """Send a request, again while Trino is busy, and return the answer."""
    try:
        sent = {**http.headers, **(headers or {})}
        response = _WHILE_BUSY(http.request, method, url, body=body, headers=sent)
    except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ProtocolError) as error:
        raise ConnectionBrokenError(str(error)) from error
    except urllib3.exceptions.HTTPError as error:
        raise EngineLostError(str(error)) from error
    if response.status == 204:
        return {}
    if response.status != 200:
        text = response.data.decode("utf-8", "replace")[:300]
        raise EngineLostError(f"{method} {url} answered {response.status}: {text}")
    try:
        # Floats stay as Trino wrote them: Athena prints Java's digits, not Python's.
        decoded: Mapping[str, Any] = json.loads(response.data, parse_float=str)
    except ValueError as error:
        raise EngineLostError(f"{method} {url} answered with no JSON: {error}") from error
    return decoded


def _is_busy(response: urllib3.BaseHTTPResponse) -> bool:
    return response.status in _BUSY


def _pause_seconds(state: RetryCallState) -> float:
    """Return the pause that Trino asks for, otherwise the one of its protocol."""
    response = state.outcome.result() if state.outcome else None
    asked_for = response.headers.get("Retry-After") if response is not None else None
    if asked_for:
        with contextlib.suppress(urllib3.exceptions.InvalidHeader):
            seconds: float = urllib3.Retry().parse_retry_after(asked_for)
            if seconds > 0:
                return seconds
    return random.uniform(*_PAUSE_SECONDS)  # noqa: S311 - no secret


def _last_response(state: RetryCallState) -> Any:
    return state.outcome.result() if state.outcome else None


_WHILE_BUSY = Retrying(
    retry=retry_if_result(_is_busy),
    wait=_pause_seconds,
    stop=stop_any(stop_after_attempt(_ATTEMPTS), stop_before_delay(_BUSY_SECONDS)),
    retry_error_callback=_last_response,
)
