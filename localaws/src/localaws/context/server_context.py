"""What the server offers to the executors, as protocols: only the server has the classes."""

from collections.abc import Callable
from typing import Any, Protocol

from localaws.child_processes.processes import ChildProcesses
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

    def aws_environment(self) -> dict[str, str]:
        """Variables with which any AWS SDK in a child process talks to this server, nothing else.

        Contains ``AWS_ENDPOINT_URL``, keys, region and account; add ``PATH`` and the like yourself.
        """
        ...

    def credentials_of(self, role_arn: str, session_name: str) -> dict[str, str]:
        """Variables with new temporary credentials of a role, which last an hour.

        ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY`` and ``AWS_SESSION_TOKEN``: to be put over
        those of ``aws_environment`` for what runs with a role.
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
