"""``/stats/events``."""

from functools import partial

from wistia_simulator.account import Account
from wistia_simulator.clock import SECONDS_PER_DAY, day_number, parse_date
from wistia_simulator.feed import MAX_EPOCH, Query, Window
from wistia_simulator.responses import Request, Response

STATS_PER_PAGE = 10
NOBODY = -1


def list_events(account: Account, request: Request) -> Response:
    """Answer ``GET /stats/events``: newest first, without a total."""
    query = _query(account, request)
    if isinstance(query, Response):
        return query
    window = Window(*request.window(STATS_PER_PAGE), account.schedule.held_back())
    feed, now = account.world.feed, account.now
    runs = feed.page(query, now, window, account.faults)
    style = account.row_style(request.release)
    body = b"[" + b",".join(feed.render(runs, now, style)) + b"]"
    return Response(200, body, delivered=partial(feed.mark_served, runs, now, style))


def show_event(account: Account, request: Request, event_key: str) -> Response:
    """Answer ``GET /stats/events/{event_key}``."""
    place = account.world.find_event(event_key, account.now)
    if place is None:
        return Response.without_body(404)
    day, position = place
    return Response(
        200,
        day.render(
            position, day.version(position, account.now), account.row_style(request.release)
        ),
    )


def _query(account: Account, request: Request) -> Query | Response:
    media = visitor = None
    if media_id := request.get("media_id"):
        media = account.world.catalog.index_of(media_id)
        media = NOBODY if media is None else media
    if visitor_key := request.get("visitor_key"):
        visitor = account.world.visitor_number(visitor_key)
        visitor = NOBODY if visitor is None else visitor
    bounds = {"start_date": 0, "end_date": MAX_EPOCH}
    for name in bounds:
        if text := request.get(name):
            day = parse_date(text)
            if day is None:
                return Response.error(422, f"{name} must be formatted YYYY-MM-DD")
            bounds[name] = day_number(day) * SECONDS_PER_DAY
    # The time zone of the dates, and whether the end is inclusive, are not documented.
    shift = -int(account.faults.date_filter_utc_offset_hours * 3600)
    start, end = bounds["start_date"], bounds["end_date"]
    if start:
        start += shift
    if end != MAX_EPOCH:
        end += shift + (0 if account.faults.date_filter_end_exclusive else SECONDS_PER_DAY)
    return Query(media, visitor, max(0, start), end)
