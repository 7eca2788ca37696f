"""The client keeps to Trino's protocol: a busy engine is asked again, but not at once."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from localaws.trino.client import EngineLostError, TrinoClient
from localaws.trino.process import free_port

Answer = tuple[int, dict[str, str], Any]
TAKEN: Answer = (200, {}, {"id": "q1", "columns": [{"name": "a"}], "data": [[1]]})
STARTED: Answer = (200, {}, {"starting": False})


class Engine:
    """Sends the given answers, the last one again and again."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [TAKEN]
        self.requests: list[str] = []
        engine = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                engine.requests.append(f"{self.command} {self.path}")
                answers = engine.answers
                status, headers, content = answers.pop(0) if len(answers) > 1 else answers[0]
                body = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.client = TrinoClient(f"http://127.0.0.1:{self.server.server_port}")


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Record the pauses of the client instead of sleeping, and let the clock go on by them."""
    pauses: list[float] = []
    clock = time.monotonic
    monkeypatch.setattr(time, "sleep", pauses.append)
    monkeypatch.setattr(time, "monotonic", lambda: clock() + sum(pauses))
    return pauses


def select(client: TrinoClient) -> str:
    return client.start("SELECT 1", catalog="c", schema="s").id


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_busy_engine_is_asked_again_after_50_to_100_ms(
    engine: Engine, pauses: list[float], status: int
) -> None:
    # GIVEN an engine that is busy three times
    engine.answers = [(status, {}, "busy")] * 3 + [TAKEN]
    # WHEN a statement is sent THEN it is taken, after the pauses of the protocol
    assert select(engine.client) == "q1"
    assert len(pauses) == 3
    assert all(0.05 <= pause <= 0.1 for pause in pauses)


def test_an_engine_that_stays_busy_is_given_up(engine: Engine, pauses: list[float]) -> None:
    # GIVEN an engine that is busy for good
    engine.answers = [(503, {}, "busy")]
    # WHEN a statement is sent THEN it fails after as many requests as before
    with pytest.raises(EngineLostError, match="answered 503"):
        select(engine.client)
    assert len(engine.requests) == 21
    assert 1 <= sum(pauses) <= 2


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_in_seconds_is_honored(
    engine: Engine, pauses: list[float], status: int
) -> None:
    engine.answers = [(status, {"Retry-After": "2"}, ""), TAKEN]
    assert select(engine.client) == "q1"
    assert pauses == [2.0]


def test_retry_after_as_a_date_is_honored(engine: Engine, pauses: list[float]) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=8), usegmt=True)
    engine.answers = [(429, {"Retry-After": later}, ""), TAKEN]
    assert select(engine.client) == "q1"
    assert 5 < pauses[0] <= 8


@pytest.mark.parametrize("value", [None, "soon", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_429_without_a_pause_that_means_something_is_one_of_busy(
    engine: Engine, pauses: list[float], value: str | None
) -> None:
    engine.answers = [(429, {"Retry-After": value} if value else {}, ""), TAKEN]
    assert select(engine.client) == "q1"
    assert 0.05 <= pauses[0] <= 0.1


def test_a_pause_beyond_the_bound_is_not_waited_for(engine: Engine, pauses: list[float]) -> None:
    # GIVEN an engine that wants an hour
    engine.answers = [(429, {"Retry-After": "3600"}, "come back later")]
    # WHEN a statement is sent THEN it fails at once and says why
    with pytest.raises(EngineLostError, match=r"answered 429: .*come back later"):
        select(engine.client)
    assert len(engine.requests) == 1
    assert pauses == []


def test_an_engine_is_ready_when_a_query_has_run(engine: Engine) -> None:
    # GIVEN an engine that has started
    engine.answers = [
        STARTED,
        (200, {}, {"id": "q1", "nextUri": f"{engine.client.url}/next"}),
        TAKEN,
    ]
    # WHEN it is asked THEN it is ready, as its query ran
    assert engine.client.is_ready()
    assert engine.requests == ["GET /v1/info", "POST /v1/statement", "GET /next"]


@pytest.mark.parametrize(
    "answers",
    [
        [(200, {}, {"starting": True})],
        [(404, {}, "no such page")],
        [(200, {}, b"<html>")],
        [STARTED, (200, {}, {"id": "q1", "error": {"message": "No nodes available"}})],
        [STARTED, (500, {}, "")],
    ],
)
def test_an_engine_that_runs_no_query_is_not_ready(engine: Engine, answers: list[Answer]) -> None:
    engine.answers = answers
    assert not engine.client.is_ready()


def test_an_engine_that_is_not_there_is_not_ready() -> None:
    assert not TrinoClient(f"http://127.0.0.1:{free_port()}").is_ready()
