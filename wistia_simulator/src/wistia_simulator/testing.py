"""The simulator within the process of a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from wistia_simulator import truth
from wistia_simulator.account import DEFAULT_TOKEN, RELEASES, Account
from wistia_simulator.clock import Clock
from wistia_simulator.faults import Fault, Faults, Rule
from wistia_simulator.given_events import Event
from wistia_simulator.limits import RequestLog
from wistia_simulator.medias import Change, Folder, Media
from wistia_simulator.server import SimulatorServer
from wistia_simulator.truth import Truth
from wistia_simulator.world import DEFAULT_CACHE_BYTES, World

__all__ = [
    "Change",
    "Event",
    "Fault",
    "Faults",
    "Folder",
    "Media",
    "Rule",
    "Simulator",
    "Truth",
    "World",
    "running",
]


class Simulator:
    """A running simulator.

    Attributes
    ----------
    base_url
        Such as ``http://127.0.0.1:40001``; the client adds ``/modern/…``.
    token
        The bearer token that it accepts.
    """

    def __init__(self, account: Account, base_url: str) -> None:
        self.account = account
        self.base_url = base_url
        self.token = account.token

    @property
    def clock(self) -> Clock:
        """The clock, as in ``clock.set("2026-03-03T02:00:00Z")`` and ``clock.advance(days=1)``."""
        return self.account.clock

    @property
    def faults(self) -> Faults:
        """The current switches; assigning new ones resets their counters."""
        return self.account.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.account.faults = faults

    @property
    def requests(self) -> RequestLog:
        """The counts of requests so far; ``requests.reset()`` sets them to zero."""
        return self.account.log

    def load(self, world: World, faults: Faults | None = None) -> None:
        """Serve another world with all counts reset: faster than a new server for each example."""
        self.account.load(world)
        self.account.faults = faults or Faults()
        self.account.log.reset()

    def change_media(
        self, hashed_id: str, event: str, at: str | int | None = None, **fields: object
    ) -> None:
        """Change a media, now or at a moment.

        Examples
        --------
        >>> with running(World(events=0)) as simulator:
        ...     media = min(simulator.truth().medias)
        ...     simulator.change_media(media, "rename", name="Another name")
        ...     simulator.change_media(media, "archive")
        ...     simulator.truth().archived[media]["name"]
        'Another name'
        """
        self.account.change_media(hashed_id, event, at, fields)

    def truth(
        self,
        start: str | datetime | None = None,
        end: str | datetime | None = None,
        release: str = RELEASES[0],
    ) -> Truth:
        """Return the true state at the clock, for events received in [start, end)."""
        return truth.observe(self.account, start, end, release)


@contextmanager
def running(
    world: World | None = None,
    faults: Faults | None = None,
    *,
    token: str = DEFAULT_TOKEN,
    rate_limit_per_minute: int = 0,
    cache_bytes: int = DEFAULT_CACHE_BYTES,
    port: int = 0,
) -> Iterator[Simulator]:
    """Serve a world on 127.0.0.1 while the block runs.

    Parameters
    ----------
    world
        The medias and events to serve; `World()` by default.
    faults
        The initial switches; a clean API by default.
    rate_limit_per_minute
        Off by default: tests send requests faster than an account may.
    cache_bytes
        Size of the cache of rows written as JSON: a thousand events take about one MiB.

    Examples
    --------
    >>> import requests
    >>> with running(World(events=50)) as simulator:
    ...     answer = requests.get(
    ...         f"{simulator.base_url}/modern/stats/events",
    ...         params={"per_page": 100},
    ...         headers={"Authorization": f"Bearer {simulator.token}"},
    ...         timeout=10,
    ...     )
    >>> len(answer.json())
    50
    """
    account = Account(
        world or World(),
        faults=faults,
        token=token,
        rate_limit_per_minute=rate_limit_per_minute,
        cache_bytes=cache_bytes,
    )
    server = SimulatorServer(account, port)
    base_url = server.start()
    try:
        yield Simulator(account, base_url)
    finally:
        server.stop()
