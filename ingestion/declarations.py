"""One declaration per stream: name, endpoint, paging, keys, window rule.

A new stream is one entry here and one schema in ``ingestion.normalize.schemas``.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Paging(StrEnum):
    """How the rows of an endpoint are reached."""

    OFFSET = "offset"  # page=1,2,… until a short page; shifts when the list changes meanwhile
    CURSOR = "cursor"  # cursor[after]=…; cannot shift. Falls back to offset where a server lacks it
    PER_MEDIA = "per_media"  # one request for each media, answered with an object or an array


class WindowRule(StrEnum):
    """How the run's window is asked for."""

    SNAPSHOT = "snapshot"  # the endpoint knows no dates: state as of now
    RECEIVED_AT = "received_at"  # asked one day wider on both sides, cut here on received_at
    INCLUSIVE_DATES = "inclusive_dates"  # start_date and end_date both belong to the answer
    EXCLUSIVE_END = "exclusive_end"  # end_date does not


@dataclass(frozen=True)
class Stream:
    """Declaration of one stream.

    Attributes
    ----------
    path
        Path below the base URL; ``{media_id}`` is filled in for :attr:`Paging.PER_MEDIA`.
    key
        Fields of a record that identify it among the records of its media (the key of the list).
    views
        Parameters of the lists that together are the stream, the main one first. A row is in one
        of them at a time and may move to another (a media that is archived) while they are read.
    optional
        An account or a server that refuses it (403, 404, 400, 422) is not a failure.
    """

    name: str
    path: str
    paging: Paging
    window: WindowRule
    key: tuple[str, ...]
    optional: bool = True
    params: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))
    views: tuple[MappingProxyType[str, str], ...] = (MappingProxyType({}),)

    @property
    def readings(self) -> tuple[MappingProxyType[str, str], ...]:
        """Views in the order in which they are read: the main one last, then the others again.

        A row that moves once is not missed. If it had moved before the view that it left was read,
        it is in the other view whenever that one is read later; and of any two views each is read
        after the other but for the main one, which is read after the first reading of all others.
        """
        others = self.views[1:]
        return (*others, self.views[0], *others)

    @property
    def other_views(self) -> int:
        """Number of views besides the main one. They are read first, and a server may lack them."""
        return len(self.views) - 1

    @property
    def has_days(self) -> bool:
        """Say whether the rows are days, also those on which nothing happened."""
        return self.window in {WindowRule.INCLUSIVE_DATES, WindowRule.EXCLUSIVE_END}

    @property
    def is_narrowed_by_media(self) -> bool:
        """Say whether a run for some medias asks about those alone. Lists are always read whole."""
        return self.paging is Paging.PER_MEDIA or self.window is WindowRule.RECEIVED_AT

    @property
    def looked_at(self) -> tuple[str, ...]:
        """Fields of a record that the ingestion itself reads, whatever their spelling."""
        if self.paging is Paging.PER_MEDIA:
            return ()
        names = [*self.key]
        if self.paging is Paging.CURSOR:
            names.append("cursor")
        if self.window is WindowRule.RECEIVED_AT:
            names += ["received_at", "media_id"]
        return tuple(names)


_OLDEST_FIRST = MappingProxyType({"sort_by": "id", "sort_direction": "1"})
_DELETED_FIRST = MappingProxyType({"sort_by": "deleted", "sort_direction": "1"})
_ACTIVE = MappingProxyType[str, str]({})
# "True will return only archived medias": the list without the parameter leaves them out.
_ARCHIVED = MappingProxyType({"archived": "true"})

_DECLARED = (
    Stream(
        name="media",
        path="/modern/medias",
        paging=Paging.CURSOR,
        window=WindowRule.SNAPSHOT,
        key=("hashed_id",),
        optional=False,
        params=_OLDEST_FIRST,  # new medias join at the end, where the paging still has to go
        views=(_ACTIVE, _ARCHIVED),
    ),
    Stream(
        name="events",
        path="/modern/stats/events",
        paging=Paging.OFFSET,
        window=WindowRule.RECEIVED_AT,
        key=("event_key",),
        optional=False,
    ),
    Stream(
        name="media_daily_stats",
        path="/modern/stats/medias/{media_id}/by_date",
        paging=Paging.PER_MEDIA,
        window=WindowRule.INCLUSIVE_DATES,
        key=("date",),
    ),
    Stream(
        name="media_analytics",
        path="/modern/analytics/medias/{media_id}/timeseries",
        paging=Paging.PER_MEDIA,
        window=WindowRule.EXCLUSIVE_END,
        key=("timestamp",),
        params=MappingProxyType({"granularity": "daily"}),
    ),
    Stream(
        name="media_stats",
        path="/modern/stats/medias/{media_id}",
        paging=Paging.PER_MEDIA,
        window=WindowRule.SNAPSHOT,
        key=(),
    ),
    Stream(
        name="media_engagement",
        path="/modern/stats/medias/{media_id}/engagement",
        paging=Paging.PER_MEDIA,
        window=WindowRule.SNAPSHOT,
        key=(),
    ),
    Stream(
        name="folders",
        path="/modern/folders",
        paging=Paging.CURSOR,
        window=WindowRule.SNAPSHOT,
        key=("hashed_id",),
        params=_OLDEST_FIRST,
    ),
    Stream(
        name="deleted_media",
        path="/modern/deleted_media",
        paging=Paging.CURSOR,
        window=WindowRule.SNAPSHOT,
        key=("hashed_id",),
        params=_DELETED_FIRST,  # whatever is deleted meanwhile joins at the end
    ),
    Stream(
        name="visitors",
        path="/modern/stats/visitors",
        paging=Paging.OFFSET,
        window=WindowRule.SNAPSHOT,
        key=("visitor_key",),
    ),
)

STREAMS: MappingProxyType[str, Stream] = MappingProxyType({s.name: s for s in _DECLARED})
# Visitors are people: pulled only where somebody asks for it.
DEFAULT_STREAMS: tuple[str, ...] = tuple(name for name in STREAMS if name != "visitors")
