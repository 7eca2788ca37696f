"""What the server offers to the executors, as protocols: only the server has the classes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import Popen
from typing import IO, Any, Protocol

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
        """Tell whether a query sent now would be taken; never blocks."""
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

    def aws_environment(self) -> dict[str, str]:
        """Variables with which any AWS SDK in a child process talks to this server, nothing else.

        Contains ``AWS_ENDPOINT_URL``, keys, region and account; add ``PATH`` and the like yourself.
        """
        ...

    def start_process(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        log_name: str | None = None,
        stdin: int | IO[Any] | None = None,
        stdout: int | IO[Any] | None = None,
        stderr: int | IO[Any] | None = None,
    ) -> "Popen[bytes]":
        """Start a process in a session of its own that never outlives the server.

        The server kills it (and whatever it started) when it stops, and a watchdog does so when the
        server itself is killed. Give no pipe that nobody reads.

        Parameters
        ----------
        name
            What ``localaws status`` calls it, such as ``lambda wistia-analytics-plan``.
        argv
            Program and arguments; no shell.
        env
            The whole environment of the process; one private variable is added to find it again.
        cwd
            Working directory; None is the server's run folder.
        log_name
            File under ``settings.logs_dir`` that collects what is written to the streams that are
            not given; None drops it.
        stdin, stdout, stderr
            As for ``subprocess.Popen``; None is ``DEVNULL`` for stdin, the log for the others.
        """
        ...

    def kill_process(self, process: "Popen[bytes]") -> None:
        """Kill a process of ``start_process`` with everything in its session, and reap it."""
        ...

    def add_control(self, name: str, handler: ControlHandler) -> None:
        """Serve ``POST /_localaws/<name>``, JSON in and out, for ``control_client.call_control``.

        For what AWS has no API for, such as firing a schedule by hand. A ``localaws.errors.
        LocalAwsError`` that the handler raises reaches the caller as the same error.
        """
        ...

    def add_state(
        self, name: str, *, save: Callable[[], object], restore: Callable[[Any], None]
    ) -> None:
        """Save state that lives outside moto's backends along with them.

        ``save`` must return fast and give something that can be pickled; ``restore`` is called
        before the first request, after moto's backends are back, and only if something was saved.
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
