"""The Trino process behind Athena: started in the background, watched, restarted when it dies."""

import base64
import logging
import os
import re
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from localaws.child_processes.command import Command
from localaws.child_processes.processes import ChildProcesses
from localaws.errors import TrinoUnavailableError
from localaws.settings import Settings
from localaws.trino import configuration
from localaws.trino.access import engine_headers, engine_secret
from localaws.trino.client import TrinoClient

logger = logging.getLogger(__name__)

LOG_NAME = "trino.log"
POLL_SECONDS = 0.1
READY_SECONDS = 10.0
"""How long a Trino that starts may take to answer whether it is ready."""
LOG_LEVELS = {"io.trino": "WARN", "io.airlift": "WARN", "Bootstrap": "WARN", "org": "WARN"}
ERROR_LINE = re.compile(r"^\d+\) |^Error|Exception: |\bERROR\b.*Exception|OutOfMemoryError")
ATTEMPTS = 3
"""Deaths in a row, without ever having been ready, after which Trino is given up."""


class TrinoProcess:
    """The one Trino of a server; ``localaws.context.TrinoHandle`` says what others may use.

    Parameters
    ----------
    settings
        Folders and heap size.
    endpoint_url
        The AWS endpoint with the Glue and S3 that Trino reads.
    children
        Starts and stops the process.
    credentials
        ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY`` of the engine.
    operator_arn
        As whom it reads and writes S3 for a query that names nobody.
    on_change
        Called after each start, because the pid is another one then.
    """

    def __init__(
        self,
        settings: Settings,
        endpoint_url: str,
        children: ChildProcesses,
        credentials: Mapping[str, str],
        on_change: Callable[[], None] = lambda: None,
        *,
        operator_arn: str,
    ) -> None:
        self._settings = settings
        self._endpoint_url = endpoint_url
        self._children = children
        self._credentials = credentials
        self._operator_arn = operator_arn
        self._acting: set[str] = {operator_arn}
        self._writing_mapping = threading.Lock()
        self._on_change = on_change
        self._port = free_port()
        self._root = settings.run_dir / "trino"
        self._log = settings.logs_dir / LOG_NAME
        self._process: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._started = False
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._changed = threading.Condition()

    @property
    def url(self) -> str:
        """Address of Trino's HTTP API."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start Trino and the thread that watches it, unless they run; returns at once."""
        with self._changed:
            if self._started:
                return
            self._started = True
        threading.Thread(target=self._supervise, name="trino-supervisor", daemon=True).start()

    def stop(self) -> None:
        """Stop Trino for good."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if self._process is not None:
            self._children.kill(self._process)

    def is_ready(self) -> bool:
        """Return whether a query sent now would be taken; never blocks."""
        return self._ready.is_set() and self._process is not None and self._process.poll() is None

    def wait_ready(self, timeout: float | None = None) -> None:
        """Return once Trino takes queries; see ``TrinoHandle``."""
        if self.is_ready():
            return
        self.start()
        seconds = self._settings.start_timeout_seconds if timeout is None else timeout
        with self._changed:
            if self._failures >= ATTEMPTS:  # somebody asks again: perhaps the reason is gone
                self._failures = 0
                self._changed.notify_all()
            settled = self._changed.wait_for(
                lambda: self.is_ready() or self._failures >= ATTEMPTS or self._stopping.is_set(),
                timeout=seconds,
            )
        if self.is_ready():
            return
        if settled:
            raise TrinoUnavailableError(
                f"Trino, the engine behind Athena, ends as soon as it starts: {self._last_error()}"
                f" Its log is {self._log}."
            )
        raise TrinoUnavailableError(
            f"Trino, the engine behind Athena, was not ready within {seconds:.0f} s. Its log is"
            f" {self._log}; LOCALAWS_START_TIMEOUT_SECONDS gives it more time."
        )

    def _supervise(self) -> None:
        while not self._stopping.is_set():
            try:
                self._run_once()
            except OSError:
                logger.exception("Trino could not be started")
                with self._changed:
                    self._failures += 1
                    self._changed.notify_all()
            with self._changed:
                self._changed.wait_for(lambda: self._stopping.is_set() or self._failures < ATTEMPTS)

    def _run_once(self) -> None:
        """Start Trino, and return when it has died."""
        self._write_configuration()
        started = time.monotonic()
        process = self._process = self._children.start(
            Command(
                name="trino",
                argv=self._argv(),
                env={"PATH": os.environ.get("PATH", ""), "TZ": "UTC", "LC_ALL": "C.UTF-8"},
                cwd=self._root,
                log_name=LOG_NAME,
            )
        )
        self._on_change()
        headers = engine_headers(self._settings)
        client = TrinoClient(self.url, headers, timeout_seconds=READY_SECONDS)
        while process.poll() is None and not self._stopping.wait(POLL_SECONDS):
            if client.is_ready():
                logger.info("Trino is ready after %.1f s", time.monotonic() - started)
                with self._changed:
                    self._failures = 0
                    self._ready.set()
                    self._changed.notify_all()
                break
        process.wait()
        was_ready = self._ready.is_set()
        self._ready.clear()
        if self._stopping.is_set():
            return
        logger.warning("Trino has ended with exit code %s; starting it again", process.returncode)
        if not was_ready:
            self._port = free_port()  # the likeliest reason is that somebody took the port
            with self._changed:
                self._failures += 1
                self._changed.notify_all()

    def _write_configuration(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)
        catalog_dir = self._root / "etc" / "catalog"
        catalog_dir.mkdir(parents=True)
        plugin_dir = self._settings.trino_root / "plugin"
        etc = self._root / "etc"
        write = configuration.as_properties
        (etc / "config.properties").write_text(write(self._server_properties(plugin_dir)))
        secret = base64.b64encode(engine_secret(self._settings)).decode()
        self._secret_file.write_text(secret)
        store = {"catalog.config-dir": str(catalog_dir), "catalog.read-only": "true"}
        (etc / "catalog-store.properties").write_text(write(store))
        (etc / "log.properties").write_text(write(LOG_LEVELS))
        mapping = None if self._settings.iam == "off" else self._mapping_file
        if mapping is not None:
            self._write_mapping(self._acting)
        catalogs = configuration.catalogs(
            endpoint_url=self._endpoint_url,
            region=self._settings.region,
            access_key=self._credentials["AWS_ACCESS_KEY_ID"],
            secret_key=self._credentials["AWS_SECRET_ACCESS_KEY"],
            security_mapping_file=mapping,
        )
        for name, properties in catalogs.items():
            (catalog_dir / f"{name}.properties").write_text(write(properties))

    @property
    def _mapping_file(self) -> Path:
        return self._root / "etc" / "s3-security-mapping.json"

    def let_act_as(self, arn: str) -> None:
        """Let queries read and write S3 as a role or user; see ``TrinoHandle``."""
        if arn in self._acting or self._settings.iam == "off":
            return
        with self._writing_mapping:
            if arn in self._acting:
                return
            if self._mapping_file.exists():
                self._write_mapping({*self._acting, arn})
                # Trino reads the file again when what it knows is older than this.
                time.sleep(configuration.MAPPING_REFRESH_MILLISECONDS / 1000 + 0.05)
            self._acting.add(arn)

    def _write_mapping(self, acting: set[str]) -> None:
        part = self._mapping_file.with_suffix(".part")
        part.write_text(configuration.security_mapping(self._operator_arn, acting))
        part.replace(self._mapping_file)

    def _server_properties(self, plugin_dir: Path) -> dict[str, str]:
        headroom_mib = self._settings.trino_heap_mib // 5
        query_mib = self._settings.trino_heap_mib - headroom_mib
        return {
            "node.environment": "localaws",
            "node.id": "localaws",
            "node.bind-ip": "127.0.0.1",
            "node.internal-address": "127.0.0.1",
            "coordinator": "true",
            "node-scheduler.include-coordinator": "true",
            "http-server.http.port": str(self._port),
            "discovery.uri": self.url,
            # Whoever has the key of the home, and nobody else on this machine: see access.py.
            "http-server.authentication.type": "JWT",
            "http-server.authentication.jwt.key-file": str(self._secret_file),
            "http-server.authentication.allow-insecure-over-http": "false",
            "http-server.process-forwarded": "true",
            "internal-communication.shared-secret": secrets.token_urlsafe(48),
            "plugin.dir": str(plugin_dir),
            # Every node has every catalog. With static catalogs, Trino looks every 5 seconds which
            # node has which, and until then a query on a table fails: no nodes available.
            "catalog.management": "dynamic",
            "log.enable-console": "true",
            "web-ui.enabled": "false",
            "memory.heap-headroom-per-node": f"{headroom_mib}MB",
            "query.max-memory-per-node": f"{query_mib * 9 // 10}MB",
            "query.max-memory": f"{query_mib * 9 // 10}MB",
            # Finished queries are kept in memory; what Athena tells of them is kept elsewhere.
            "query.max-history": "50",
            "query.min-expire-age": "1m",
        }

    @property
    def _secret_file(self) -> Path:
        return self._root / "etc" / "secret"

    def _argv(self) -> list[str]:
        heap_mib = self._settings.trino_heap_mib
        root = self._settings.trino_root
        return [
            str(self._settings.trino_java_home / "bin" / "java"),
            f"-Xmx{heap_mib}m",
            f"-Xms{heap_mib // 3}m",
            # Local queries are short: what the second compiler costs at the start never pays off.
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:+ExitOnOutOfMemoryError",
            "-XX:-OmitStackTraceInFastThrow",
            "-XX:ReservedCodeCacheSize=256m",
            "-Djdk.attach.allowAttachSelf=true",
            "-Djdk.nio.maxCachedBufferSize=2000000",
            "-Dfile.encoding=UTF-8",
            f"-Dnode.data-dir={self._root / 'data'}",
            f"-Dconfig={self._root / 'etc' / 'config.properties'}",
            f"-Dlog.levels-file={self._root / 'etc' / 'log.properties'}",
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            str(root / "lib" / "*"),
            "io.trino.server.TrinoServer",
        ]

    def _last_error(self) -> str:
        """Return the last line of the log that says what went wrong."""
        try:
            lines = self._log.read_text(errors="replace").splitlines()[-400:]
        except OSError:
            return "it left no log."
        wrong = [line for line in lines if ERROR_LINE.search(line)]
        return (wrong or lines or ["it said nothing."])[-1].strip()[:400]


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
