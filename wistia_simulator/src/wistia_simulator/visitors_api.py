"""``/stats/visitors``: without a media or date filter; `media_id` is silently ignored."""

import json
from typing import Any

from wistia_simulator.account import RELEASES, Account
from wistia_simulator.clock import zulu
from wistia_simulator.events_api import STATS_PER_PAGE
from wistia_simulator.randomness import words
from wistia_simulator.responses import BadParameterError, Request, Response
from wistia_simulator.visitors import Presence

FILTERS = ("has_name", "has_email", "identified_by_email_gate")


def list_visitors(account: Account, request: Request) -> Response:
    """Answer ``GET /stats/visitors``."""
    start, count = request.window(STATS_PER_PAGE)
    kind, search = request.get("filter"), request.get("search")
    if kind is not None and kind not in FILTERS:
        raise BadParameterError(f"filter must be one of {', '.join(FILTERS)}")
    visitors = account.visitors.at(account.now)
    if kind is None and search is None:
        return Response.of(
            [_record(account, presence) for presence in visitors[start : start + count]]
        )
    records = [_record(account, presence) for presence in visitors]
    if kind is not None:
        records = [record for record in records if record["visitor_identity"]["email"]]
    if search is not None:
        records = [
            record for record in records if _matches(record["visitor_identity"], search.casefold())
        ]
    return Response.of(records[start : start + count])


def show_visitor(account: Account, request: Request, visitor_key: str) -> Response:  # noqa: ARG001
    """Answer ``GET /stats/visitors/{visitor_key}``."""
    number = account.world.visitor_number(visitor_key)
    for presence in account.visitors.at(account.now):
        if presence.day.visitor[presence.position] == number:
            return Response.of(_record(account, presence))
    return Response.without_body(404)


def _matches(identity: dict[str, Any], search: str) -> bool:
    return (
        search in (identity["name"] or "").casefold()
        or search in (identity["email"] or "").casefold()
    )


def _record(account: Account, presence: Presence) -> dict[str, Any]:
    day, position = presence.day, presence.position
    row = json.loads(
        day.render(position, day.version(position, account.now), account.row_style(RELEASES[0]))
    )
    data = row.get("conversion_data") or {}
    name = f"{data.get('first_name', '')} {data.get('last_name', '')}".strip()
    record = {
        "visitor_key": row["visitor_key"],
        "created_at": zulu(presence.first),
        "last_active_at": zulu(presence.last),
        "last_event_key": row["event_key"],
        "load_count": presence.plays + words("visitor loads", row["visitor_key"])[0] % 9,
        "play_count": presence.plays,
        "visitor_identity": {
            "name": name,
            "email": row.get("email"),
            "org": {"name": row.get("org") or None, "title": None},
        },
    }
    if "user_agent_details" in row:
        record["user_agent_details"] = row["user_agent_details"]
    return record
