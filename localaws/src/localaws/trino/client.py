"""Trino's client protocol: a statement in, pages of JSON values out.

Not the ``trino`` package: it turns values into Python objects, and Athena's texts need what Trino
wrote (a double's digits, a timestamp's precision).
"""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, quote_plus

import urllib3

from localaws.connections.kept_connections import pool_manager

Row = Sequence[Any]

_CAPABILITIES = "PATH,PARAMETRIC_DATETIME"
_TIMEOUT = urllib3.Timeout(connect=5.0, read=120.0)
_LONGEST_IDLE_SECONDS = 60.0
"""Trino 476 keeps an idle connection for 200 s."""
# The limit of partitions in one statement holds for each writer: let there be one.
_SESSION = {"task_min_writer_count": "1", "task_max_writer_count": "1"}
_BUSY = frozenset({502, 503, 504, 429})


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
        self._next_uri = response.get("nextUri")
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
        """Give the rows, page by page, until the statement is done."""
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
    """

    def __init__(self, url: str) -> None:
        self._url = url
        # Its requests may be repeated: a statement begins to run only when its first page is asked
        # for, the newest page can be asked for again, and to cancel twice is to cancel.
        self._http = pool_manager(
            longest_idle_seconds=_LONGEST_IDLE_SECONDS,
            maxsize=64,
            timeout=_TIMEOUT,
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

        Raises
        ------
        EngineError
            Trino refuses it.
        ConnectionBrokenError
            Trino cannot be reached. It begins a statement when the first page is asked for, so
            this one has not run and may be sent again.
        EngineLostError
            Trino answers with what is no answer.
        """
        headers = {
            "X-Trino-User": "athena",
            "X-Trino-Catalog": catalog,
            "X-Trino-Schema": quote(schema, safe=""),
            "X-Trino-Source": source,
            "X-Trino-Time-Zone": "UTC",
            "X-Trino-Client-Capabilities": _CAPABILITIES,
        }
        headers["X-Trino-Session"] = ",".join(
            f"{name}={quote_plus(value)}" for name, value in {**_SESSION, **(session or {})}.items()
        )
        response = _send(self._http, "POST", f"{self._url}/v1/statement", sql.encode(), headers)
        return RunningQuery(self._http, response)


def _send(
    http: urllib3.PoolManager,
    method: str,
    url: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Mapping[str, Any]:
    attempts = 0
    while True:
        try:
            response = http.request(method, url, body=body, headers=headers)
        except (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ProtocolError) as error:
            raise ConnectionBrokenError(str(error)) from error
        except urllib3.exceptions.HTTPError as error:
            raise EngineLostError(str(error)) from error
        if response.status not in _BUSY or attempts >= 20:
            break
        attempts += 1
    if response.status == 204:
        return {}
    if response.status != 200:
        text = response.data.decode("utf-8", "replace")[:300]
        raise EngineLostError(f"{method} {url} answered {response.status}: {text}")
    # Floats stay as Trino wrote them: Athena prints Java's digits, not Python's.
    decoded: Mapping[str, Any] = json.loads(response.data, parse_float=str)
    return decoded
