"""The server process: one AWS account on one port of 127.0.0.1.

``localaws up`` starts ``python -m localaws.server`` in the background and reads how the start
went from ``<home>/run/start.json``.
"""

import contextlib
import errno
import gc
import json
import logging
import os
import signal
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from cheroot.wsgi import Server as CherootServer
from filelock import Timeout

from localaws.child_processes.network import never_proxied
from localaws.child_processes.processes import ChildProcesses, kill_owned_by
from localaws.connections.endpoints import (
    Endpoints,
    aws_environment,
    read_last_port,
    server_lock,
    write_last_port,
)
from localaws.errors import LocalAwsError, StartError
from localaws.server import http_server
from localaws.settings import Settings

logger = logging.getLogger(__name__)

START_REPORT_NAME = "start.json"


class Server:
    """Brings the parts up in order and down in reverse.

    Parameters
    ----------
    settings
        Settings of this account.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server_id = uuid.uuid4().hex
        self._stop = threading.Event()
        self._writing_endpoints = threading.Lock()
        self._started_at = datetime.now(UTC).isoformat(timespec="seconds")

    def run(self) -> None:
        """Serve until told to stop.

        Raises
        ------
        StartError
            Some part did not start; the text says which, why, and where its log is.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        with contextlib.ExitStack() as stack:
            stack.callback(self._settings.endpoints_file.unlink, missing_ok=True)
            children = stack.enter_context(self._children())
            http = stack.enter_context(self._listening())
            self._serve(http, children, stack)

    def _serve(
        self, http: CherootServer, children: ChildProcesses, stack: contextlib.ExitStack
    ) -> None:
        endpoint_url = f"http://127.0.0.1:{http.bind_addr[1]}"
        _isolate_environment(endpoint_url, self._settings)
        gc.disable()  # the imports make no garbage, only objects that the collector would visit
        with _naming_part("moto and its executors"):
            # Imported late: moto reads the environment when it is imported, and takes a second.
            from localaws.server.account import Account  # noqa: PLC0415

            account = Account(self._settings, endpoint_url, children, self._write_endpoints)
        self._account = account
        gc.freeze()
        gc.enable()
        account.application.add_control("shutdown", self._on_shutdown)
        with _naming_part("saved state"):
            account.restore()
        http.wsgi_app = account.application
        serving = threading.Thread(target=http.serve, name="http", daemon=True)
        serving.start()
        stack.callback(account.close)
        account.start()
        self._write_endpoints()
        self._report({"pid": os.getpid(), "server_id": self._server_id, **account.report()})
        logger.info("Serving %s for %s", endpoint_url, self._settings.home)
        self._stop.wait()
        logger.info("Stopping")

    def _on_shutdown(self, _payload: dict[str, Any]) -> dict[str, Any]:
        self._stop.set()
        return {}

    @contextlib.contextmanager
    def _children(self) -> Iterator[ChildProcesses]:
        # What a server that was killed together with its watchdog has left.
        left_over = kill_owned_by(f"{self._settings.home}#")
        if left_over:
            logger.warning("Killed %d processes that an earlier server left", left_over)
        children = ChildProcesses(
            owner=f"{self._settings.home}#{self._server_id}",
            logs_dir=self._settings.logs_dir,
            run_dir=self._settings.run_dir,
        )
        children.start_watchdog()
        self._child_processes = children
        try:
            yield children
        finally:
            children.stop_all()

    @contextlib.contextmanager
    def _listening(self) -> Iterator[CherootServer]:
        """Open the port: requests wait in its backlog until they are served."""
        wanted = self._settings.port or read_last_port(self._settings)
        try:
            http = http_server.bind(self._settings, wanted)
        except OSError as error:
            if self._settings.port:
                raise StartError(
                    f"The AWS endpoint cannot listen on port {wanted} of 127.0.0.1:"
                    f" {os.strerror(error.errno or errno.EADDRINUSE)}. Free the port, or leave out"
                    " LOCALAWS_PORT for a free one."
                ) from error
            http = http_server.bind(self._settings, 0)
        write_last_port(self._settings, http.bind_addr[1])
        try:
            yield http
        finally:
            http.stop()

    def _write_endpoints(self) -> None:
        account = self._account
        # The start and Trino's supervisor both come here: the newer must not be overwritten.
        with self._writing_endpoints:
            Endpoints(
                endpoint_url=account.runtime.endpoint_url,
                trino_url=account.runtime.trino.url,
                pids={"server": os.getpid(), **self._child_processes.running()},
                server_id=self._server_id,
                started_at=self._started_at,
            ).write(self._settings.endpoints_file)

    def _report(self, content: dict[str, Any]) -> None:
        write_start_report(self._settings, content)


def write_start_report(settings: Settings, content: dict[str, Any]) -> None:
    """Tell the waiting ``localaws up`` how the start went."""
    path = settings.run_dir / START_REPORT_NAME
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content))
    part.replace(path)


def main() -> int:
    """Run a server with the settings of the environment."""
    os.umask(0o077)  # what the account holds is nobody else's business
    settings = Settings()
    logging.basicConfig(
        level=logging.INFO,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s",
    )
    logging.Formatter.converter = time.gmtime
    lock = server_lock(settings)
    try:
        lock.acquire(timeout=1)
    except Timeout:
        write_start_report(settings, {"error": f"A server already runs in {settings.home}."})
        return 1
    try:
        Server(settings).run()
    except LocalAwsError as error:
        logger.exception("The start failed")
        write_start_report(settings, {"error": str(error), "type": type(error).__name__})
        return 1
    finally:
        lock.release()
    return 0


def _isolate_environment(endpoint_url: str, settings: Settings) -> None:
    """Make whatever SDK runs in this process talk to this account, and moto agree with it."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    os.environ.update(aws_environment(endpoint_url, settings))
    os.environ["MOTO_ACCOUNT_ID"] = settings.account_id
    os.environ["MOTO_PORT"] = endpoint_url.rsplit(":", 1)[1]
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"  # a Flask extension on each request
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # 10 MB that the state would carry
    os.environ.update(never_proxied(os.environ))


@contextlib.contextmanager
def _naming_part(part: str) -> Iterator[None]:
    try:
        yield
    except LocalAwsError:
        raise
    except Exception as error:
        raise StartError(f"{part} did not start: {type(error).__name__}: {error}") from error
