"""The true state of the world at the clock, whatever the API serves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wistia_simulator.account import RELEASES, Account
from wistia_simulator.clock import SECONDS_PER_DAY, to_epoch, zulu
from wistia_simulator.feed import MAX_EPOCH, Query
from wistia_simulator.medias import Record


@dataclass(frozen=True)
class Truth:
    """The true state at one moment.

    Attributes
    ----------
    events
        Newest version of every visible event in the window, by `event_key`.
    served
        The newest version of each event in the window that was ever served, by `event_key`.
    medias
        Records of the medias in the list, by hashed id.
    archived, deleted
        Records of the archived medias, and of the deleted ones that can still be restored.
    """

    now: datetime
    events: dict[str, Record]
    served: dict[str, Record]
    medias: dict[str, Record]
    archived: dict[str, Record]
    deleted: dict[str, Record]


def observe(
    account: Account,
    start: str | datetime | None = None,
    end: str | datetime | None = None,
    release: str = RELEASES[0],
) -> Truth:
    """Return the true state at the clock, for events received in [start, end).

    Parameters
    ----------
    release
        The release whose row format is used.
    """
    now = account.now
    style = account.row_style(release)
    query = Query(start=to_epoch(start) if start else 0, end=to_epoch(end) if end else MAX_EPOCH)
    events: dict[str, Record] = {}
    for day, position in account.world.feed.select(query, now):
        row = json.loads(day.render(position, day.version(position, now), style))
        events[row["event_key"]] = row
    served: dict[str, Record] = {}
    for day in account.world.days_so_far():
        for position, version in enumerate(day.served):
            if version and query.start <= day.received[position] < query.end:
                row = json.loads(day.render(position, version - 1, style))
                served[row["event_key"]] = row
    medias, archived = (
        {
            life.media.hashed_id: life.record_at(now)
            for life in account.world.catalog.listed(now, archived=is_archived)
        }
        for is_archived in (False, True)
    )
    window = account.world.world.restore_window_days * SECONDS_PER_DAY
    deleted = {
        life.media.hashed_id: life.record_at(now)
        for life, _ in account.world.catalog.deleted(now, window)
    }
    return Truth(account.clock.now, events, served, medias, archived, deleted)


def as_json(account: Account, query: Mapping[str, str]) -> dict[str, Any]:
    """Answer ``/_simulator/truth?start=…&end=…&rows=1``: whole rows only with ``rows``."""
    found = observe(account, query.get("start"), query.get("end"))
    with_rows = query.get("rows") in ("1", "true")
    return {
        "now": zulu(account.now),
        "event_count": len(found.events),
        "served_count": len(found.served),
        "media_count": len(found.medias),
        "events": found.events
        if with_rows
        else {key: row["percent_viewed"] for key, row in found.events.items()},
        "served": found.served
        if with_rows
        else {key: row["percent_viewed"] for key, row in found.served.items()},
        "medias": sorted(found.medias),
        "archived_medias": sorted(found.archived),
        "deleted_medias": sorted(found.deleted),
        **account.log.to_json(),
    }
