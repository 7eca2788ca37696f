"""Finds the medias that the per-media streams ask about."""

from ingestion.client.http import Reply, WistiaClient
from ingestion.deadline import Deadline, DeadlineReached
from ingestion.declarations import STREAMS
from ingestion.errors import UnknownMedia, WistiaUnavailable
from ingestion.streams.list_endpoints import ListReading
from ingestion.streams.pages import PagedList, Params


def list_media_ids(
    client: WistiaClient, deadline: Deadline, *, only: tuple[str, ...] | None = None
) -> tuple[str, ...]:
    """Return the hashed ids of the account's medias, or ``only`` after checking it against them.

    Ids of the main view come first. A view that the server does not support adds none: the task
    that lands the list logs it.

    Raises
    ------
    UnknownMedia
        One of ``only`` is not in the account.
    """
    stream = STREAMS["media"]
    found: dict[str, None] = {}
    elsewhere: dict[str, None] = {}
    request_ids: list[str] = []

    def get(params: Params) -> Reply:
        return client.get(
            stream.path,
            params,
            stream=stream.name,
            deadline=deadline,
            array=True,
            fields=stream.looked_at,
        )

    def read(view: Params, into: dict[str, None], *, may_be_refused: bool) -> bool:
        def collect(reply: Reply, _params: Params, _page: int) -> None:
            request_ids.append(reply.request_id)
            media_ids = [row.text("hashed_id") for row in reply.rows]
            into.update({media_id: None for media_id in media_ids if media_id is not None})

        listing = PagedList(
            dict(stream.params) | view, stream.key, get, collect, may_be_refused=may_be_refused
        )
        reading = ListReading(listing, stream.paging, {})
        reading.read()
        return reading.refused is None

    try:
        unknown_views = []
        for number, view in enumerate(stream.readings):
            if view in unknown_views:
                continue
            into = found if view == stream.views[0] else elsewhere
            if not read(dict(view), into, may_be_refused=number < stream.other_views):
                unknown_views.append(view)
    except DeadlineReached:
        raise WistiaUnavailable(
            "Wistia did not list the medias before the function's time was up. Check the API's "
            "status and limit, then start the run again.",
            stream=stream.name,
            path=stream.path,
            request_id=request_ids[-1] if request_ids else None,
        ) from None
    found |= elsewhere
    if only is None:
        return tuple(found)
    unknown = [media_id for media_id in only if media_id not in found]
    if unknown:
        request_id = request_ids[-1] if request_ids else "-"
        raise UnknownMedia(
            f"Wistia has no media {', '.join(unknown[:10])} in this account. Correct MEDIA_IDS or "
            f"the input's media_ids. [stream={stream.name} media={unknown[0]} path={stream.path} "
            f"request_id={request_id or '-'}]"
        )
    return only
