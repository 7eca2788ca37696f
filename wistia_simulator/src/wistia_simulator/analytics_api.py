"""``/analytics/medias/{id}`` and ``/analytics/account``: modern only, the end date is exclusive."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from wistia_simulator.account import RELEASES, Account
from wistia_simulator.analytics import Bucket
from wistia_simulator.clock import parse_date
from wistia_simulator.medias import MediaLife
from wistia_simulator.randomness import words
from wistia_simulator.responses import BadParameterError, Request, Response
from wistia_simulator.statistics import LOADS_BEYOND_PLAYS
from wistia_simulator.stats_api import find

MAX_SPAN_DAYS = 731
GRANULARITIES = ("daily", "weekly", "monthly")
GROUPINGS = ("utm_campaign", "utm_source", "utm_medium", "referrer_domain", "viewer_screen_size")
SCREEN_SIZES = ("1920x1080", "1440x900", "390x844", "2560x1440", "820x1180")


def show_media(account: Account, request: Request, media_id: str) -> Response:
    """Answer ``GET /analytics/medias/{id}``: one object for the whole span."""
    life = find(account, media_id)
    if life is None:
        return Response.without_body(404)
    start, end = _span(request)
    return Response.of(_total(account, [life], start, end).to_json())


def list_media_buckets(account: Account, request: Request, media_id: str) -> Response:
    """Answer ``GET /analytics/medias/{id}/timeseries``."""
    life = find(account, media_id)
    return Response.without_body(404) if life is None else _timeseries(account, request, [life])


def show_account(account: Account, request: Request) -> Response:
    """Answer ``GET /analytics/account``."""
    start, end = _span(request)
    return Response.of(_without_cta(_total(account, _all(account), start, end).to_json()))


def list_account_buckets(account: Account, request: Request) -> Response:
    """Answer ``GET /analytics/account/timeseries``."""
    return _timeseries(account, request, _all(account), with_cta=False)


def list_traffic(account: Account, request: Request, media_id: str) -> Response:
    """Answer ``GET /analytics/medias/{id}/traffic``."""
    life = find(account, media_id)
    if life is None:
        return Response.without_body(404)
    group_by = request.get("group_by")
    if group_by not in GROUPINGS:
        raise BadParameterError(f"group_by must be one of {', '.join(GROUPINGS)}")
    groups: dict[str | None, list[float]] = {}
    for row in _rows(account, request, life):
        groups.setdefault(_group(row, group_by), []).append(row["percent_viewed"])
    found = [
        {
            group_by: name,
            "loads": _loads(len(percents)),
            "plays": len(percents),
            "engagement_rate": _mean(percents),
        }
        for name, percents in groups.items()
    ]
    return Response.of(_sorted_page(request, found, 100))


def list_embed_locations(account: Account, request: Request, media_id: str) -> Response:
    """Answer ``GET /analytics/medias/{id}/embed_locations``."""
    life = find(account, media_id)
    if life is None:
        return Response.without_body(404)
    wanted = request.get("embed_url")
    pages: dict[str, list[dict[str, Any]]] = {}
    for row in _rows(account, request, life):
        address = urlsplit(row["embed_url"])._replace(query="", fragment="").geturl()
        if address and (wanted is None or address == wanted):
            pages.setdefault(address, []).append(row)
    found = [_embed_location(address, rows, life) for address, rows in pages.items()]
    return Response.of(_sorted_page(request, found, 10))


def _span(request: Request) -> tuple[date, date]:
    bounds = []
    for name in ("start_date", "end_date"):
        day = parse_date(request.get(name) or "")
        if day is None:
            raise BadParameterError(f"{name} is required and must be formatted YYYY-MM-DD")
        bounds.append(day)
    start, end = bounds
    if not start < end:
        raise BadParameterError("start_date must be before end_date")
    if (end - start).days > MAX_SPAN_DAYS:
        raise BadParameterError("the date range must not exceed 2 years")
    return start, end


def _all(account: Account) -> list[MediaLife]:
    return [life for life in account.world.catalog.lives if life.exists_at(account.now)]


def _total(account: Account, lives: list[MediaLife], start: date, end: date) -> Bucket:
    total = Bucket(account.analytics.midnight(start))
    for life in lives:
        for _, bucket in account.analytics.daily(life, start, end, account.now):
            total.add(bucket)
    return total


def _timeseries(
    account: Account, request: Request, lives: list[MediaLife], *, with_cta: bool = True
) -> Response:
    start, end = _span(request)
    granularity = request.get("granularity")
    if granularity not in GRANULARITIES:
        raise BadParameterError(f"granularity must be one of {', '.join(GRANULARITIES)}")
    buckets: dict[date, Bucket] = {}
    for life in lives:
        for day, bucket in account.analytics.daily(life, start, end, account.now):
            first = max(start, _first_of(day, granularity))
            buckets.setdefault(first, Bucket(account.analytics.midnight(first))).add(bucket)
    rows = []
    for bucket in buckets.values():
        # A space instead of a T, as in the live API.
        moment = datetime.fromtimestamp(bucket.start, UTC).strftime("%Y-%m-%d %H:%M:%S.000Z")
        values = bucket.to_json()
        rows.append({"timestamp": moment, **(values if with_cta else _without_cta(values))})
    return Response.of(rows)


def _first_of(day: date, granularity: str) -> date:
    if granularity == "weekly":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if granularity == "monthly" else day


def _without_cta(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not name.startswith("cta_")}


def _rows(account: Account, request: Request, life: MediaLife) -> Iterator[dict[str, Any]]:
    start, end = _span(request)
    style = account.row_style(RELEASES[0])
    for day, position in account.analytics.sessions(life, start, end, account.now):
        yield json.loads(day.render(position, day.version(position, account.now), style))


def _group(row: dict[str, Any], group_by: str) -> str | None:
    if group_by == "viewer_screen_size":
        return SCREEN_SIZES[words("screen", row["visitor_key"])[0] % len(SCREEN_SIZES)]
    page = urlsplit(str(row["embed_url"]))
    if group_by == "referrer_domain":
        return page.hostname
    values = parse_qs(page.query).get(group_by)
    return values[0] if values else None


def _embed_location(address: str, rows: list[dict[str, Any]], life: MediaLife) -> dict[str, Any]:
    parts = urlsplit(address)
    players = len({row["visitor_key"] for row in rows})
    loads = _loads(len(rows))
    visitors = players + int((loads - len(rows)) * 0.8)
    seconds = sum(row["percent_viewed"] for row in rows) * life.duration_at(life.created)
    return {
        "embed_domain": parts.hostname or "",
        "embed_path": parts.path,
        "embed_url": address,
        "page_title": parts.path.strip("/").replace("-", " ").capitalize() or "Home",
        "loads": loads,
        "unique_loads": visitors,
        "plays": len(rows),
        "unique_plays": players,
        "play_rate": players / visitors if visitors else 0.0,
        "played_time": round(seconds, 3),
        "engagement_rate": _mean([row["percent_viewed"] for row in rows]),
        "unique_visitors": visitors,
        "cta_conversion_rate": 0.0,
    }


def _loads(plays: int) -> int:
    return plays + int(plays * LOADS_BEYOND_PLAYS)


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _sorted_page(
    request: Request, rows: list[dict[str, Any]], default_per_page: int
) -> list[dict[str, Any]]:
    sort_by = request.get("sort_by") or "plays"
    if rows and sort_by not in rows[0]:
        raise BadParameterError(f"sort_by {sort_by!r} is not supported")
    rows = sorted(
        rows, key=lambda row: row[sort_by], reverse=request.get("sort_direction") != "asc"
    )
    return rows[: min(100, request.whole_number("per_page", default_per_page))]
