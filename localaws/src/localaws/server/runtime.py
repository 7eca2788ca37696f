"""The server's side of ``localaws.context.ServerContext``."""

import logging
from collections.abc import Callable
from importlib import import_module

from localaws.child_processes.processes import ChildProcesses
from localaws.connections.endpoints import aws_environment
from localaws.context import ControlHandler
from localaws.context.access import AccessControl
from localaws.credentials import Identity
from localaws.server.wsgi import AwsApplication
from localaws.settings import Settings
from localaws.trino.process import TrinoProcess

logger = logging.getLogger(__name__)

EXECUTORS = (
    "athena",
    "glue_catalog",
    "lambda_functions",
    "glue_jobs",
    "glue_crawlers",
    "ecs_tasks",
    "step_functions",
    "scheduler",
    "cloudformation",
)
"""Packages of ``localaws`` whose ``install`` is called, in this order."""

Callback = Callable[[], None]


class Runtime:
    """What the executors see of the server they are installed in."""

    def __init__(
        self,
        *,
        settings: Settings,
        endpoint_url: str,
        children: ChildProcesses,
        trino: TrinoProcess,
        application: AwsApplication,
        access: AccessControl,
    ) -> None:
        self.settings = settings
        self.endpoint_url = endpoint_url
        self.trino = trino
        self.children = children
        self.access = access
        self._application = application
        self._start_callbacks: list[Callback] = []
        self._stop_callbacks: list[Callback] = []
        self._reset_callbacks: list[Callback] = []

    @property
    def account_id(self) -> str:
        """The one account of this server."""
        return self.settings.account_id

    @property
    def region(self) -> str:
        """The default region."""
        return self.settings.region

    def aws_environment(self, identity: Identity | None = None) -> dict[str, str]:
        """Variables with which a child process reaches this server; see ``ServerContext``."""
        environment = aws_environment(self.endpoint_url, self.settings)
        return environment if identity is None else {**environment, **identity.environment()}

    def add_control(self, name: str, handler: ControlHandler) -> None:
        """Serve ``POST /_localaws/<name>``; see ``ServerContext``."""
        self._application.add_control(name, handler)

    def on_start(self, callback: Callback) -> None:
        """Call back when requests are served; see ``ServerContext``."""
        self._start_callbacks.append(callback)

    def on_stop(self, callback: Callback) -> None:
        """Call back before the last save; see ``ServerContext``."""
        self._stop_callbacks.append(callback)

    def on_reset(self, callback: Callback) -> None:
        """Call back when the account is emptied; see ``ServerContext``."""
        self._reset_callbacks.append(callback)

    def install_executors(self) -> None:
        """Install all executors into moto."""
        for name in EXECUTORS:
            import_module(f"localaws.{name}").install(self)

    def started(self) -> None:
        """Run what executors want to run once requests are served."""
        for callback in self._start_callbacks:
            callback()

    def stopping(self) -> None:
        """Run what executors want to run before the end, whether or not one of them fails."""
        for callback in self._stop_callbacks:
            _run_anyway(callback)

    def resetting(self) -> None:
        """Run what executors want to run when the account is emptied."""
        for callback in self._reset_callbacks:
            _run_anyway(callback)


def _run_anyway(callback: Callback) -> None:
    try:
        callback()
    except Exception:
        logger.exception("%s failed", callback)
