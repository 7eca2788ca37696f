"""What the server offers to the executors, as protocols: only the server has the classes."""

from collections.abc import Callable
from typing import Any, Protocol

from localaws.child_processes.processes import ChildProcesses
from localaws.context.access import AccessControl
from localaws.credentials import Identity
from localaws.settings import Settings

Json = dict[str, Any]
ControlHandler = Callable[[Json], Json]


class TrinoHandle(Protocol):
    """The Trino process of this server; it starts in the background and is restarted when dead."""

    @property
    def url(self) -> str:
        """Address such as ``http://127.0.0.1:41234``, fixed for the life of the server."""
        ...

    def wait_ready(self, timeout: float | None = None) -> None:
        """Return once Trino takes queries; start it again first if it has died.

        Parameters
        ----------
        timeout
            Seconds; None is ``settings.start_timeout_seconds``.

        Raises
        ------
        localaws.errors.TrinoUnavailableError
            Trino did not come up in time, or keeps dying. The text names the reason and the log.
        """
        ...

    def let_act_as(self, arn: str) -> None:
        """Let queries read and write S3 as a role or user, before the first one is sent."""
        ...

    def is_ready(self) -> bool:
        """Return whether a query sent now would be taken; never blocks."""
        ...


class ServerContext(Protocol):
    """What an executor may ask of the server it is installed in."""

    @property
    def settings(self) -> Settings:
        """Settings of this localaws."""
        ...

    @property
    def endpoint_url(self) -> str:
        """The AWS endpoint of this server, known before it serves."""
        ...

    @property
    def account_id(self) -> str:
        """The one account of this server."""
        ...

    @property
    def region(self) -> str:
        """The default region."""
        ...

    @property
    def trino(self) -> TrinoHandle:
        """The engine behind Athena."""
        ...

    @property
    def children(self) -> ChildProcesses:
        """The child processes of this server."""
        ...

    @property
    def access(self) -> AccessControl:
        """The policies of the account, for what a service does on somebody's behalf."""
        ...

    def aws_environment(self, identity: Identity | None = None) -> dict[str, str]:
        """Variables with which any AWS SDK in a child process talks to this server, nothing else.

        Contains ``AWS_ENDPOINT_URL``, keys, region and account; add ``PATH`` and the like yourself.
        The keys are an identity's; None is the operator.
        """
        ...

    def add_control(self, name: str, handler: ControlHandler) -> None:
        """Serve ``POST /_localaws/<name>``, JSON in and out, for ``control_client.call_control``.

        For what AWS has no API for, such as firing a schedule by hand. A ``localaws.errors.
        LocalAwsError`` that the handler raises reaches the caller as the same error.
        """
        ...

    def on_start(self, callback: Callable[[], None]) -> None:
        """Call back when the state is restored and requests are served: the place to start threads.

        What a killed server left RUNNING in moto's backends is to be marked failed here.
        """
        ...

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Call back before the last save of the state, on an orderly stop."""
        ...

    def on_reset(self, callback: Callable[[], None]) -> None:
        """Call back when ``localaws reset`` empties the account, before moto's backends."""
        ...
