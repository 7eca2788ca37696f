"""Finds the medias that the per-media streams ask about."""

from __future__ import annotations

from ingestion.client.http import WistiaClient
from ingestion.deadline import Deadline
from ingestion.errors import UnknownMedia
from ingestion.streams.declarations import STREAMS
from ingestion.streams.pulling import PER_PAGE


def list_media_ids(
    client: WistiaClient, deadline: Deadline, *, only: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """Return the hashed ids of the account's medias, or check the given ones against them.

    Raises
    ------
    UnknownMedia
        One of ``only`` is not in the account.
    """
    stream = STREAMS["media"]
    found: dict[str, None] = {}
    request_id = ""
    page = 1
    while True:
        params = dict(stream.params) | {"page": str(page), "per_page": str(PER_PAGE)}
        reply = client.get(stream.path, params, stream=stream.name, deadline=deadline, array=True)
        request_id = reply.request_id
        found.update(
            dict.fromkeys(
                str(row.record["hashed_id"]) for row in reply.rows if "hashed_id" in row.record
            )
        )
        if len(reply.rows) < PER_PAGE:
            break
        page += 1
    if only is None:
        return tuple(found)
    unknown = [media_id for media_id in only if media_id not in found]
    if unknown:
        raise UnknownMedia(
            f"Wistia has no media {', '.join(unknown[:10])} in this account. Correct MEDIA_IDS or "
            f"the input's media_ids. [stream={stream.name} media={unknown[0]} path={stream.path} "
            f"request_id={request_id or '-'}]"
        )
    return only
