"""One invocation's work on a task, and how it ended: shared by all pullers."""

import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b

from ingestion.client.body import Row
from ingestion.client.http import Reply, WistiaClient
from ingestion.deadline import Deadline
from ingestion.declarations import Stream, WindowRule
from ingestion.errors import WistiaBadRequest, WistiaForbidden, WistiaNotFound
from ingestion.landing.content import nothing_of, sums_of
from ingestion.landing.refused import Refused
from ingestion.landing.writer import Envelope, LandingWriter
from ingestion.payloads import Json, RunPlan, Task
from ingestion.streams.pages import key_of
from ingestion.timestamps import format_timestamp, parse_timestamp

# Answers that a retry would not change, but that may concern one media or list only.
REFUSALS = (WistiaBadRequest, WistiaForbidden, WistiaNotFound)


@dataclass
class Pull:
    """One invocation's work on one task.

    Attributes
    ----------
    position
        Where to begin; empty at the beginning of the task.
    connections
        Requests in flight at once.
    """

    client: WistiaClient
    writer: LandingWriter
    stream: Stream
    plan: RunPlan
    task: Task
    api_version: str
    deadline: Deadline
    connections: int = 1
    media_ids: tuple[str, ...] | None = None
    position: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = None if self.media_ids is None else frozenset(self.media_ids)
        self._newest_lines: dict[bytes, bytes] = {}
        self.rows = 0
        self.sums: Counter[str] = nothing_of(self.stream)
        self.newest: datetime | None = None
        self.ignores_media_filter = False

    def get(
        self, path: str, params: dict[str, str], *, media_id: str | None = None, array: bool | None
    ) -> Reply:
        """Send a request for this stream."""
        return self.client.get(
            path,
            params,
            stream=self.stream.name,
            media_id=media_id,
            deadline=self.deadline,
            array=array,
            fields=self.stream.looked_at,
        )

    def land(
        self, reply: Reply, path: str, params: dict[str, str], *, page: int, media_id: str | None
    ) -> None:
        """Land the rows of a reply that belong to the task."""
        envelope = Envelope(
            run_id=self.plan.run_id,
            stream=self.stream.name,
            path=path,
            params=params,
            window_start=format_timestamp(self.task.window.start),
            window_end=format_timestamp(self.task.window.end),
            page=page,
            ingested_at=format_timestamp(reply.received_at),
            api_version=self.api_version,
            media_id=media_id,
        )
        kept = self._kept(reply.rows, media_id)
        sums = sums_of(self.stream, (row for _, row in kept), media_id)
        landed = self.writer.write(envelope, self._changed(kept))
        with self._lock:
            self.rows += landed
            self.sums.update(sums)

    def _kept(self, rows: list[Row], media_id: str | None) -> list[tuple[int, Row]]:
        if self.stream.window is not WindowRule.RECEIVED_AT:
            return list(enumerate(rows))
        asked_for = {None, media_id}
        if media_id is not None and any(row.text("media_id") not in asked_for for row in rows):
            self.ignores_media_filter = True
        return [(position, row) for position, row in enumerate(rows) if self._belongs(row)]

    def _changed(self, rows: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
        """Leave out rows that another reading of the views landed in this very version."""
        if len(self.stream.views) == 1:
            return rows
        changed = []
        with self._lock:
            for position, row in rows:
                key = key_of(row, self.stream.key)
                digest = blake2b(row.line, digest_size=16).digest()
                if self._newest_lines.get(key) != digest:
                    self._newest_lines[key] = digest
                    changed.append((position, row))
        return changed

    def _belongs(self, row: Row) -> bool:
        """Filter by received_at and by media: a server may ignore its filters.

        A record without a readable time is landed: normalize quarantines it, and nothing is lost.
        """
        media_id = row.text("media_id")
        if self._wanted is not None and media_id is not None and media_id not in self._wanted:
            return False
        try:
            moment = parse_timestamp(row.text("received_at") or "")
        except ValueError:
            return True
        if not self.task.window.contains(moment):
            return False
        if self.newest is None or moment > self.newest:
            self.newest = moment
        return True


@dataclass(frozen=True)
class Outcome:
    """How an invocation's pull ended.

    Attributes
    ----------
    position
        Where to continue; None if the task is done.
    unavailable
        Reason an optional stream was unavailable, if it was.
    unstable
        Lists (media ids, or "all") that changed during every pass over them.
    refused
        Medias that were refused one by one, once the task is done.
    left_out
        Lists that the server does not serve, each with the reason, once the task is done.
    """

    position: Json | None = None
    unavailable: str | None = None
    unstable: tuple[str, ...] = ()
    refused: Refused = field(default_factory=Refused)
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Return whether the task is finished."""
        return self.position is None
