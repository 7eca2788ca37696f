"""``/stats/medias``, ``/stats/projects``, ``/stats/account`` and ``/medias/{id}/stats``."""

from collections.abc import Iterable
from typing import Any

from wistia_simulator.account import Account
from wistia_simulator.clock import SECONDS_PER_DAY, date_of, day_number, parse_date
from wistia_simulator.medias import MediaLife
from wistia_simulator.responses import BadParameterError, Request, Response


def show_media_stats(account: Account, request: Request, media_id: str) -> Response:  # noqa: ARG001
    """Answer ``GET /stats/medias/{id}``: lifetime totals."""
    life = find(account, media_id)
    if life is None:
        return Response.without_body(404)
    total = account.statistics.lifetime(life, account.now)
    body: dict[str, Any] = {
        "load_count": total.loads,
        "play_count": total.plays,
        "play_rate": total.play_rate,
        "hours_watched": total.hours_watched,
        "engagement": total.engagement,
        "visitors": total.visitors,
    }
    if not account.faults.actions_missing:
        body["actions"] = _actions(total.plays)
    return Response.of(body)


def list_media_days(account: Account, request: Request, media_id: str) -> Response:
    """Answer ``GET /stats/medias/{id}/by_date``: by default yesterday and today."""
    life = find(account, media_id)
    if life is None:
        return Response.without_body(404)
    return Response.of(_by_date(account, [life], _days(account, request)))


def show_media_engagement(account: Account, request: Request, media_id: str) -> Response:  # noqa: ARG001
    """Answer ``GET /stats/medias/{id}/engagement``: the lifetime curve."""
    life = find(account, media_id)
    if life is None:
        return Response.without_body(404)
    total = account.statistics.lifetime(life, account.now)
    return Response.of(
        {
            "engagement": total.engagement,
            "engagement_data": total.viewed,
            "rewatch_data": total.rewatched,
        }
    )


def show_media_summary(account: Account, request: Request, media_id: str) -> Response:  # noqa: ARG001
    """Answer ``GET /medias/{id}/stats``: whole numbers under camelCase names."""
    life = find(account, media_id)
    if life is None:
        return Response.error(404, "Media not found")
    total = account.statistics.lifetime(life, account.now)
    stats = {
        "pageLoads": total.loads,
        "visitors": total.visitors,
        "percentOfVisitorsClickingPlay": round(total.play_rate * 100),
        "plays": total.plays,
        "averagePercentWatched": round(total.engagement * 100),
    }
    name = life.field_at("name", account.now)
    return Response.of(
        {"id": life.numeric_id, "hashed_id": life.media.hashed_id, "name": name, "stats": stats}
    )


def show_folder_stats(account: Account, request: Request, folder_id: str) -> Response:  # noqa: ARG001
    """Answer ``GET /stats/projects/{id}``."""
    catalog = account.world.catalog
    known = [
        record
        for record in catalog.folder_records(account.now)
        if folder_id in (record["hashed_id"], str(record["id"]))
    ]
    if not known:
        return Response.without_body(404)
    lives = [
        life
        for life in _all(account)
        if life.media.folder is not None and life.media.folder.hashed_id == known[0]["hashed_id"]
    ]
    return Response.of({**_sum(account, lives), "number_of_videos": len(lives)})


def show_account_stats(account: Account, request: Request) -> Response:  # noqa: ARG001
    """Answer ``GET /stats/account``."""
    return Response.of(_sum(account, _all(account)))


def list_account_days(account: Account, request: Request) -> Response:
    """Answer ``GET /stats/account/by_date``, which fails without dates."""
    if not request.get("start_date") or not request.get("end_date"):
        return Response.error(500, "Internal server error")
    return Response.of(_by_date(account, _all(account), _days(account, request)))


def find(account: Account, media_id: str) -> MediaLife | None:
    """Return a media if it exists and no switch hides it from the statistics."""
    if media_id in account.faults.missing_media_ids:
        return None
    return account.world.catalog.find(media_id, account.now)


def _all(account: Account) -> list[MediaLife]:
    return [life for life in account.world.catalog.lives if life.exists_at(account.now)]


def _actions(plays: int) -> list[dict[str, Any]]:
    shown = plays // 4
    clicked = shown // 12
    return [
        {
            "type": "CTA",
            "action_count": clicked,
            "impression_count": shown,
            "rate": clicked / shown if shown else 0.0,
            "url": "https://www.example.com/signup",
            "text": "Start free",
        }
    ]


def _sum(account: Account, lives: Iterable[MediaLife]) -> dict[str, Any]:
    totals = [account.statistics.lifetime(life, account.now) for life in lives]
    return {
        "load_count": sum(total.loads for total in totals),
        "play_count": sum(total.plays for total in totals),
        "hours_watched": sum(total.hours_watched for total in totals),
    }


def _days(account: Account, request: Request) -> range:
    today = account.now // SECONDS_PER_DAY
    bounds = []
    for name, default in (("start_date", today - 1), ("end_date", today)):
        text = request.get(name)
        day = parse_date(text) if text else date_of(default)
        if day is None:
            raise BadParameterError(f"{name} must be formatted YYYY-MM-DD")
        bounds.append(day_number(day))
    return range(bounds[0], bounds[1] + 1)


def _by_date(account: Account, lives: list[MediaLife], days: range) -> list[dict[str, Any]]:
    now, statistics = account.now, account.statistics
    rows = []
    for number in days:
        loads = plays = 0
        hours = 0.0
        for life in lives:
            counts = statistics.on_day(life, number, now)
            loads += counts.loads
            plays += counts.plays
            hours += statistics.lifetime(life, now).hours_of(counts.plays) if counts.plays else 0.0
        row = {"date": date_of(number).isoformat(), "load_count": loads, "play_count": plays}
        rows.append({**row, "hours_watched": hours})
    return rows
