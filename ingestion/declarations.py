"""One declaration per stream: name, endpoint, paging, keys, window rule.

A new stream is one entry here and one schema in ``ingestion.normalize.schemas``.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Paging(StrEnum):
    """How the rows of an endpoint are reached."""

    OFFSET = "offset"  # page=1,2,… until an empty page; shifts when the list changes meanwhile
    CURSOR = "cursor"  # cursor[after]=…; cannot shift. Falls back to offset if a server lacks it
    PER_MEDIA = "per_media"  # one request for each media, answered with an object or an array


class WindowRule(StrEnum):
    """How the run's window is requested."""

    SNAPSHOT = "snapshot"  # the endpoint has no dates: it returns the current state
    RECEIVED_AT = "received_at"  # requested one day wider on both sides, cut here on received_at
    INCLUSIVE_DATES = "inclusive_dates"  # the answer includes start_date and end_date
    EXCLUSIVE_END = "exclusive_end"  # the answer includes start_date, not end_date


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
        Parameters of the lists that make up the stream, the main one first. A row is in one of
        them at a time and may move to another while they are read (a media that is archived).
    optional
        It is not a failure if the account or the server refuses it (403, 404, 400, 422).
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

        A row that moves once is not missed. If it moved before its old view was read, it is in the
        new view whenever that one is read later. Of any two views each is read after the other,
        except the main one, which is read after the first reading of all others.
        """
        others = self.views[1:]
        return (*others, self.views[0], *others)

    @property
    def other_views(self) -> int:
        """Number of views besides the main one. They are read first; a server may lack them."""
        return len(self.views) - 1

    @property
    def has_days(self) -> bool:
        """Return whether the rows are days, including those without activity."""
        return self.window in {WindowRule.INCLUSIVE_DATES, WindowRule.EXCLUSIVE_END}

    @property
    def is_narrowed_by_media(self) -> bool:
        """Return whether a run for some medias asks only for those. Lists are always read whole."""
        return self.paging is Paging.PER_MEDIA or self.window is WindowRule.RECEIVED_AT

    @property
    def looked_at(self) -> tuple[str, ...]:
        """Fields of a record that ingestion itself reads, in any spelling."""
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
# "True will return only archived medias": the list without the parameter omits them.
_ARCHIVED = MappingProxyType({"archived": "true"})

_DECLARED = (
    Stream(
        name="media",
        path="/modern/medias",
        paging=Paging.CURSOR,
        window=WindowRule.SNAPSHOT,
        key=("hashed_id",),
        optional=False,
        params=_OLDEST_FIRST,  # new medias are added at the end, which paging reaches last
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
        params=_DELETED_FIRST,  # what is deleted meanwhile is added at the end
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
# Visitors are people: pulled only if INGEST_STREAMS contains the stream.
DEFAULT_STREAMS: tuple[str, ...] = tuple(name for name in STREAMS if name != "visitors")
