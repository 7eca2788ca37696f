"""No internal client fails because the server closes a connection that the client has kept."""

import io
import pickle
import select
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError
from cheroot.wsgi import Server as CherootServer
from dbt.adapters.athena.config import get_boto3_config

from ingestion.client.http import WistiaClient
from ingestion.client.request_slots import NoLimit
from ingestion.deadline import Deadline
from ingestion.handlers.runtime import aws_client
from localaws.context.aws_client import aws_client as executors_aws_client
from localaws.server import http_server
from localaws.settings import Settings
from localaws.trino.client import TrinoClient
from orchestration.cloud import Cloud
from orchestration.settings import Settings as PipelineSettings
from tests.support.closing_server import ClosingServer

Ask = Callable[[], object]


@pytest.fixture(autouse=True)
def _aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def executors_client(url: str, service: str = "glue", keep_alive_seconds: float = 60.0) -> Any:
    context: Any = SimpleNamespace(
        endpoint_url=url,
        region="us-east-1",
        settings=Settings(keep_alive_seconds=keep_alive_seconds),
        aws_environment=lambda _identity=None: {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        },
    )
    return executors_aws_client(context, service)


def executors_read(url: str) -> Ask:
    return executors_client(url).get_databases


def executors_write(url: str) -> Ask:
    client = executors_client(url)
    return lambda: client.create_database(DatabaseInput={"Name": "d"})


def executors_upload(url: str) -> Ask:
    client = executors_client(url, "s3")
    return lambda: client.put_object(Bucket="b", Key="k", Body=b"content")


def executors_upload_of_a_file(url: str) -> Ask:
    client = executors_client(url, "s3")
    return lambda: client.put_object(Bucket="b", Key="k", Body=io.BytesIO(b"content"))


def executors_upload_of_a_large_file(url: str) -> Ask:
    client = executors_client(url, "s3")
    return lambda: client.put_object(Bucket="b", Key="k", Body=io.BytesIO(b"x" * 5_000_000))


def statement_for_trino(url: str) -> Ask:
    client = TrinoClient(url)
    return lambda: client.start("select 1", catalog="c", schema="s")


def page_of_wistia(url: str) -> Ask:
    client = WistiaClient(
        url, "token", api_version="2026-03", limit=NoLimit(), sleep=lambda _seconds: None
    )
    return lambda: client.get("/modern/medias", {}, stream="media", deadline=Deadline(600))


def function_of_the_pipeline(url: str) -> Ask:
    del url  # in the environment
    return aws_client("secretsmanager").list_secrets  # type: ignore[no-any-return]


def command_of_the_pipeline(url: str) -> Ask:
    del url
    return Cloud(PipelineSettings(target="aws")).client("athena").list_work_groups  # type: ignore[no-any-return]


def dbt(url: str) -> Ask:
    client: Any = boto3.client("glue", endpoint_url=url, config=get_boto3_config(num_retries=1))
    return client.get_databases  # type: ignore[no-any-return]


def resource_of_a_stack(url: str) -> Ask:
    client: Any = boto3.client("glue", endpoint_url=url)
    return client.get_databases  # type: ignore[no-any-return]


ALL_CLIENTS = [
    executors_read,
    executors_write,
    executors_upload,
    executors_upload_of_a_file,
    executors_upload_of_a_large_file,
    statement_for_trino,
    page_of_wistia,
    function_of_the_pipeline,
    command_of_the_pipeline,
    dbt,
    resource_of_a_stack,
]
BODIES = {
    statement_for_trino: b'{"id": "q"}',
    page_of_wistia: b"[]",
    executors_upload: b"",
    executors_upload_of_a_file: b"",
    executors_upload_of_a_large_file: b"",
}


@pytest.mark.parametrize("ending", ["closed", "reset"])
@pytest.mark.parametrize("client", ALL_CLIENTS)
def test_a_request_that_meets_the_closing_of_its_connection_is_answered(
    client: Callable[[str], Ask], ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ClosingServer(BODIES.get(client, b"{}"), ending=ending)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    with server.serving():
        ask = client(server.url)
        for _ in range(3):
            ask()
    assert server.requests == 3
    assert server.connections == 3
    assert len(set(server.bodies)) == 1


def test_what_a_new_connection_did_not_answer_is_not_asked_again() -> None:
    with ClosingServer(serves_first=False).serving() as server:
        with pytest.raises(ConnectionClosedError):
            executors_client(server.url).get_databases()
        assert server.requests == 1


def test_what_was_answered_in_part_is_not_asked_again() -> None:
    with ClosingServer(ending="half an answer").serving() as server:
        client = executors_client(server.url)
        client.get_databases()
        with pytest.raises(HTTPClientError):
            client.get_databases()
        assert server.requests == 2


def test_an_error_of_aws_comes_back_at_once() -> None:
    error = b'{"__type": "InternalServiceException", "message": "down"}'
    server = ClosingServer(error, status="500 Internal Server Error", ending="kept")
    with server.serving():
        client = executors_client(server.url)
        for _ in range(2):
            with pytest.raises(ClientError, match="down"):
                client.get_databases()
    assert server.requests == 2


@pytest.mark.parametrize(("pause", "connections"), [(0.0, 1), (1.1, 2)])
def test_a_connection_is_used_again_for_half_of_the_keep_alive_time(
    pause: float, connections: int
) -> None:
    with ClosingServer(ending="kept").serving() as server:
        client = executors_client(server.url, keep_alive_seconds=2)
        client.get_databases()
        time.sleep(pause)
        client.get_databases()
        assert server.connections == connections


KEEP_ALIVE_SECONDS = 0.5


@pytest.fixture
def server() -> Iterator[CherootServer]:
    """The server of the AWS endpoint, with a short keep-alive time."""

    def empty(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
        return [b"{}"]

    server = http_server.bind(Settings(keep_alive_seconds=KEEP_ALIVE_SECONDS), 0)
    server.wsgi_app = empty
    threading.Thread(target=server.serve, daemon=True).start()
    yield server
    server.stop()


def url_of(server: CherootServer) -> str:
    return f"http://127.0.0.1:{server.bind_addr[1]}"


@pytest.fixture
def closing(server: CherootServer) -> threading.Event:
    """Set when the server closes an idle connection.

    From then on it waits until a request has arrived on that connection, and closes it unread.
    """
    connections = server._connections
    close_idle, closing = connections._expire, threading.Event()

    def close_when_a_request_has_arrived(threshold: float) -> None:
        kept = [each for _, each in connections._selector.connections if each is not server]
        idle = [each.socket for each in kept if each.last_used < threshold]
        if idle:
            closing.set()
            select.select(idle, [], [], 10)
        close_idle(threshold)

    connections._expire = close_when_a_request_has_arrived
    return closing


def test_a_request_that_arrives_while_localaws_closes_its_connection_is_answered(
    server: CherootServer, closing: threading.Event
) -> None:
    # Far more than the server's: or the client would not use its connection after such a pause.
    client = executors_client(url_of(server), keep_alive_seconds=1000)
    client.get_databases()
    for _ in range(3):
        assert closing.wait(10)
        closing.clear()
        client.get_databases()


@pytest.fixture
def _saves() -> Iterator[None]:
    """Pickle again and again, as localaws does to save its state: no other thread runs meanwhile.

    The server then closes a connection long after it last looked for requests.
    """
    state = [{"key": str(number), "values": [number]} for number in range(60_000)]
    stop = threading.Event()

    def save() -> None:
        while not stop.wait(0.02):
            pickle.dumps(state)

    thread = threading.Thread(target=save)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.usefixtures("_saves")
@pytest.mark.parametrize("clients_keep_alive_seconds", [KEEP_ALIVE_SECONDS, 1000])
def test_calls_succeed_at_any_distance_around_the_keep_alive_time(
    server: CherootServer, clients_keep_alive_seconds: float
) -> None:
    client = executors_client(url_of(server), keep_alive_seconds=clients_keep_alive_seconds)

    def repeat(longer_each_time: float) -> None:
        for number in range(8):
            client.get_databases()
            time.sleep(KEEP_ALIVE_SECONDS - 0.05 + number * longer_each_time)

    with ThreadPoolExecutor(10) as threads:
        for done in [threads.submit(repeat, 0.005 + number / 500) for number in range(10)]:
            done.result()
