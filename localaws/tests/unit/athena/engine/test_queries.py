"""A statement reaches the engine, also one that dies unnoticed and comes back."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from localaws_support.query_executions import select_execution

from localaws.athena.engine import queries
from localaws.athena.engine.session import Session
from localaws.athena.errors import QueryCancelledError, QueryFailedError
from localaws.errors import TrinoUnavailableError
from localaws.trino.client import TrinoClient
from localaws.trino.process import free_port


class _Trino(BaseHTTPRequestHandler):
    """Takes every statement and has nothing to tell of it."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        content = json.dumps({"id": "taken"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments):
        pass


class _Handle:
    """Says of an engine what its parent knows: it counts as ready until its death is seen."""

    def __init__(self):
        self.port = free_port()
        self.asked = 0
        self.server = None

    def start(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), _Trino)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def handle():
    trino = _Handle()
    yield trino
    if trino.server is not None:
        trino.server.shutdown()
        trino.server.server_close()


def _session(handle, wait_for_engine):
    return Session(
        execution=select_execution(),
        catalog=None,
        objects=None,
        prepared=None,
        engine=TrinoClient(f"http://127.0.0.1:{handle.port}"),
        results_folder=None,
        wait_for_engine=wait_for_engine,
        acts_as="arn:aws:iam::123456789012:user/operator",
    )


def test_a_statement_waits_for_an_engine_whose_death_nobody_has_seen_yet(handle):
    # GIVEN a killed engine: it counts as ready twice, then it is seen dead and started again
    def wait_for_engine():
        handle.asked += 1
        if handle.asked == 3:
            handle.start()

    # WHEN a statement is sent
    running = queries.submit(_session(handle, wait_for_engine), "select 1")
    # THEN the new engine takes it
    assert running.id == "taken"
    assert handle.asked == 3


def test_an_engine_that_does_not_come_back_fails_the_statement(handle):
    # GIVEN a killed engine that ends as soon as it is started again
    def wait_for_engine():
        handle.asked += 1
        if handle.asked == 2:
            raise TrinoUnavailableError("Trino ends as soon as it starts")

    # WHEN a statement is sent THEN it fails as a failure of the system and says why
    with pytest.raises(QueryFailedError, match="ends as soon as it starts") as failed:
        queries.submit(_session(handle, wait_for_engine), "select 1")
    assert failed.value.category == 1


def test_a_statement_that_waits_for_an_engine_can_be_stopped(handle):
    # GIVEN a statement for a killed engine
    session = _session(handle, lambda: None)
    # WHEN it is stopped while it waits
    threading.Timer(0.2, session.stop.set).start()
    # THEN it is cancelled
    with pytest.raises(QueryCancelledError):
        queries.submit(session, "select 1")
