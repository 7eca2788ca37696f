"""The Wistia client: keep-alive connections, bearer token, pinned version, retries."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type
from urllib3.exceptions import HTTPError

from ingestion.client import refusals
from ingestion.client.body import Row, parse_body
from ingestion.client.lenient_body import UnreadableBodyError
from ingestion.client.request_slots import RequestLimit
from ingestion.client.transport import Transport
from ingestion.deadline import Deadline
from ingestion.errors import WistiaError, WistiaThrottled, WistiaUnavailable
from ingestion.redaction import quotable
from ingestion.timestamps import utc_now

RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
# A 429 is not a fault, so it may be retried longer than a 500.
MAX_THROTTLES = 30
LONGEST_BACKOFF_SECONDS = 30.0
LONGEST_RETRY_AFTER_SECONDS = 120.0

Params = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer.

    Attributes
    ----------
    sent_at, received_at
        When the request was sent and its answer was complete, UTC.
    """

    rows: list[Row]
    is_array: bool
    request_id: str
    sent_at: datetime
    received_at: datetime


@dataclass
class RequestCounts:
    """What a client has done so far."""

    requests: int = 0
    retries: int = 0
    throttles: int = 0
    bytes: int = 0


class _Transient(Exception):  # noqa: N818 - internal signal of the retry loop
    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        request_id: str | None = None,
        wait: float = 0.0,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.request_id = request_id
        self.wait = wait


@dataclass(frozen=True, slots=True)
class _Wanted:
    array: bool | None
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Where:
    stream: str
    path: str
    media_id: str | None

    def error(
        self, kind: type[WistiaError], message: str, status: int | None, request_id: str | None
    ) -> WistiaError:
        return kind(
            message,
            stream=self.stream,
            path=self.path,
            media_id=self.media_id,
            status=status,
            request_id=request_id,
        )


class WistiaClient:
    """Sends GET requests to one Wistia account. Safe to share among threads.

    Parameters
    ----------
    base_url
        Scheme and host.
    token
        API token with "Read all folder and media data" and "Read detailed stats".
    api_version
        Value of ``X-Wistia-API-Version``.
    limit
        The account's request limit; every attempt waits for it.
    max_attempts
        Attempts per request; a 429 does not count.
    on_request
        Called after every attempt with ``path``, ``status``, ``request_id``, ``seconds``.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        api_version: str,
        limit: RequestLimit,
        timeout_seconds: float = 30.0,
        max_attempts: int = 8,
        on_request: Callable[[dict[str, object]], None] | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._transport = Transport(
            self._base_url,
            token,
            headers={"Accept": "application/json", "X-Wistia-API-Version": api_version},
            timeout_seconds=timeout_seconds,
        )
        self._limit = limit
        self._max_attempts = max_attempts
        self._on_request = on_request
        self._sleep = sleep
        self._lock = threading.Lock()
        self.counts = RequestCounts()

    def get(
        self,
        path: str,
        params: Params,
        *,
        stream: str,
        deadline: Deadline,
        media_id: str | None = None,
        array: bool | None = None,
        fields: tuple[str, ...] = (),
    ) -> Reply:
        """Send one request and retry it if that may help.

        Parameters
        ----------
        array
            True if the body must be an array, False if it must be an object, None for either.
        fields
            Fields of the records that the caller reads; the others stay text.

        Raises
        ------
        DeadlineReached
            The next attempt would start after the deadline.
        WistiaError
            One of its subclasses: the request failed for good.
        """
        where = _Where(stream, path, media_id)
        wanted = _Wanted(array, fields)
        try:
            return self._retrying(deadline)(self._attempt, where, params, deadline, wanted)
        except _Transient as error:
            kind = WistiaThrottled if error.status == 429 else WistiaUnavailable
            advice = (
                "Something else uses up the account's limit: slow it or lower REQUESTS_PER_MINUTE."
                if error.status == 429
                else "Check the API's status and WISTIA_API_BASE_URL; the next run closes the gap."
            )
            raise where.error(
                kind,
                f"Wistia kept failing: {error.reason}. {advice}",
                error.status,
                error.request_id,
            ) from error

    def _retrying(self, deadline: Deadline) -> Retrying:
        failures = 0
        throttles = 0

        def stop(state: RetryCallState) -> bool:
            nonlocal failures, throttles
            error = _transient(state)
            if error.status == 429:
                throttles += 1
            else:
                failures += 1
            return failures >= self._max_attempts or throttles >= MAX_THROTTLES

        def wait(state: RetryCallState) -> float:
            error = _transient(state)
            if error.wait:
                return error.wait
            ceiling = min(LONGEST_BACKOFF_SECONDS, 0.5 * 2 ** (state.attempt_number - 1))
            return float(ceiling / 2 + random.uniform(0, ceiling / 2))  # noqa: S311 - jitter

        def sleep(seconds: float) -> None:
            deadline.check(seconds)
            self._count(retries=1)
            self._sleep(seconds)

        return Retrying(
            retry=retry_if_exception_type(_Transient),
            stop=stop,
            wait=wait,
            sleep=sleep,
            reraise=True,
        )

    def _attempt(self, where: _Where, params: Params, deadline: Deadline, wanted: _Wanted) -> Reply:
        deadline.check()
        self._limit.wait(deadline)
        sent_at = utc_now()
        try:
            response, content = self._transport.get(where.path, params)
        except (requests.RequestException, HTTPError) as error:
            self._finished(where, None, None, sent_at, 0)
            host = urlsplit(self._base_url).netloc
            raise _Transient(f"{type(error).__name__} at {host}") from error
        received_at = utc_now()
        said = response.headers.get("x-request-id")
        request_id = None if said is None else quotable(said, self._token)
        self._finished(where, response.status_code, request_id, sent_at, len(content))
        self._raise_for_status(response, content, where, request_id)
        try:
            body = parse_body(content, wanted.fields)
        except UnreadableBodyError as error:
            reason = f"status 200 with {error}"
            raise _Transient(reason, status=200, request_id=request_id) from error
        if wanted.array is not None and body.is_array != wanted.array:
            shape = "an array" if wanted.array else "an object"
            raise _Transient(f"status 200 without {shape}", status=200, request_id=request_id)
        return Reply(body.rows, body.is_array, request_id or "", sent_at, received_at)

    def _raise_for_status(
        self, response: requests.Response, content: bytes, where: _Where, request_id: str | None
    ) -> None:
        status = response.status_code
        if status == 200:
            return
        if status == 429:
            pause = _retry_after(response.headers.get("Retry-After"))
            self._count(throttles=1)
            self._limit.hold(pause)
            raise _Transient("429 too many requests", status=429, request_id=request_id, wait=pause)
        if status in RETRIED_STATUSES:
            pause = _retry_after(response.headers.get("Retry-After"), default=0.0)
            raise _Transient(f"status {status}", status=status, request_id=request_id, wait=pause)
        kind, advice = refusals.explain(
            status, response.headers, content, where.path, token=self._token
        )
        raise where.error(kind, advice, status, request_id)

    def _finished(
        self,
        where: _Where,
        status: int | None,
        request_id: str | None,
        sent_at: datetime,
        size: int,
    ) -> None:
        self._count(requests=1, size=size)
        if self._on_request is not None:
            self._on_request(
                {
                    "stream": where.stream,
                    "path": where.path,
                    "status": status,
                    "request_id": request_id,
                    "seconds": round((utc_now() - sent_at).total_seconds(), 4),
                }
            )

    def _count(
        self, *, requests: int = 0, retries: int = 0, throttles: int = 0, size: int = 0
    ) -> None:
        with self._lock:
            self.counts.requests += requests
            self.counts.retries += retries
            self.counts.throttles += throttles
            self.counts.bytes += size


def _transient(state: RetryCallState) -> _Transient:
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(error, _Transient):
        raise TypeError("the retry loop got an error that it must not retry") from error
    return error


def _retry_after(text: str | None, *, default: float = 1.0) -> float:
    """Return the seconds of a Retry-After header, which is a number or an HTTP date."""
    if not text:
        return default
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return default
    # Not nan, not negative, not the hour that a broken proxy may ask for.
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER_SECONDS) if seconds == seconds else default  # noqa: PLR0124
