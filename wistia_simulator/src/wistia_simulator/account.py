"""The account that the API serves: its world, clock, token, limit and switches."""

import re
from collections.abc import Mapping
from typing import Any

from wistia_simulator.analytics import Analytics
from wistia_simulator.clock import Clock, to_epoch
from wistia_simulator.event_days import RowStyle
from wistia_simulator.faults import Faults, FaultSchedule
from wistia_simulator.limits import RateLimiter, RequestLog
from wistia_simulator.media_changes import change_media
from wistia_simulator.responses import BadParameterError
from wistia_simulator.statistics import Statistics
from wistia_simulator.visitors import VisitorIndex
from wistia_simulator.world import DEFAULT_CACHE_BYTES, LivingWorld, World

DEFAULT_TOKEN = "local-wistia-token"  # noqa: S105 - valid only for the simulator
RELEASES = ("2026-01", "2026-03", "2026-05", "2026-07", "2026-09")
V1 = ""
"""The value for the frozen v1 track instead of a release: older than all releases."""
ATTRIBUTES_SINCE = "2026-07"
# The document of this release spells ids within a folder or subfolder hashedId; earlier and later
# ones spell them hashed_id.
CAMEL_CASE_NESTED_IDS = ("2026-03",)
DEFAULT_RATE_LIMIT_PER_MINUTE = 600


class Account:
    """One account, with everything that a request may use.

    Parameters
    ----------
    world
        The medias and events to serve.
    faults
        The initial switches.
    token
        The bearer token that is accepted.
    rate_limit_per_minute
        0 switches the limit off.
    cache_bytes
        Size of the cache of rows written as JSON: a thousand events take about one MiB.
    """

    def __init__(
        self,
        world: World,
        *,
        faults: Faults | None = None,
        token: str = DEFAULT_TOKEN,
        rate_limit_per_minute: int = DEFAULT_RATE_LIMIT_PER_MINUTE,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
    ) -> None:
        self._cache_bytes = cache_bytes
        self.clock = Clock(world.clock)
        self.schedule = FaultSchedule(faults or Faults())
        self.log = RequestLog()
        self.token = token
        self.limiter = RateLimiter(rate_limit_per_minute)
        self.load(world)

    def load(self, world: World) -> None:
        """Serve another world, from its initial clock on; switches, counts and limit stay."""
        self.world = LivingWorld(world, self._cache_bytes)
        self._reset_counts()
        self.visitors = VisitorIndex(self.world.feed)
        self.clock.set(world.clock)

    def change_media(
        self, hashed_id: str, event: str, at: str | int | None, fields: Mapping[str, Any]
    ) -> None:
        """Change a media, now or at a moment; see `media_changes`."""
        catalog = self.world.catalog
        change_media(catalog, hashed_id, event, self.now if at is None else at, fields)
        self.world.feed.forget_rows()  # they contain the media's name
        self._reset_counts()

    def _reset_counts(self) -> None:
        self.statistics = Statistics(self.world)
        self.analytics = Analytics(self.world, self.statistics)

    @property
    def faults(self) -> Faults:
        """The current switches; assign new ones to change them."""
        return self.schedule.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self.schedule.install(faults)

    @property
    def now(self) -> int:
        """The clock's time in epoch seconds."""
        return self.clock.epoch

    def row_style(self, release: str) -> RowStyle:
        """Return the form of event rows for a release, under the current switches."""
        faults = self.faults
        before = to_epoch(faults.old_formats_before) if faults.old_formats_before else 0
        return RowStyle(
            old_formats_before=before,
            region_drift=faults.region_drift,
            unknown_fields=faults.unknown_fields,
            missing_user_agent_share=faults.missing_user_agent_share,
            conversion_type=faults.conversion_type,
            with_attributes=release >= ATTRIBUTES_SINCE,
            name_epoch=self.world.catalog.name_epoch(self.now),
        )


def resolve_release(header: str | None) -> str:
    """Return the release that a version header pins; a month without one means the one before.

    Raises
    ------
    BadParameterError
        The header is not a month, or is older than every release.
    """
    if not header:
        return RELEASES[-1]
    if not re.fullmatch(r"\d{4}-\d{2}", header.strip()):
        raise BadParameterError(f"X-Wistia-API-Version must be YYYY-MM, got {header!r}")
    release = max((known for known in RELEASES if known <= header.strip()), default=None)
    if release is None:
        raise BadParameterError(f"X-Wistia-API-Version {header} is not supported")
    return release
