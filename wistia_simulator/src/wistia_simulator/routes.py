"""The handler of each path, and the switches that disable it."""

from collections.abc import Callable, Iterator

from wistia_simulator import analytics_api, events_api, medias_api, stats_api, visitors_api
from wistia_simulator.account import RELEASES
from wistia_simulator.faults import Faults
from wistia_simulator.responses import Response

HANDLERS: dict[str, Callable[..., Response]] = {
    "medias": medias_api.list_medias,
    "media": medias_api.show_media,
    "deleted_medias": medias_api.list_deleted_medias,
    "folders": medias_api.list_folders,
    "folder": medias_api.show_folder,
    "token": medias_api.show_token,
    "media_summary": stats_api.show_media_summary,
    "events": events_api.list_events,
    "event": events_api.show_event,
    "media_stats": stats_api.show_media_stats,
    "media_days": stats_api.list_media_days,
    "media_engagement": stats_api.show_media_engagement,
    "folder_stats": stats_api.show_folder_stats,
    "account_stats": stats_api.show_account_stats,
    "account_days": stats_api.list_account_days,
    "visitors": visitors_api.list_visitors,
    "visitor": visitors_api.show_visitor,
    "analytics_media": analytics_api.show_media,
    "analytics_media_buckets": analytics_api.list_media_buckets,
    "analytics_account": analytics_api.show_account,
    "analytics_account_buckets": analytics_api.list_account_buckets,
    "analytics_traffic": analytics_api.list_traffic,
    "analytics_embed_locations": analytics_api.list_embed_locations,
}
BOTH_TRACKS = {
    "/medias": "medias",
    "/medias/<media_id>": "media",
    "/medias/<media_id>/stats": "media_summary",
    "/stats/medias/<media_id>": "media_stats",
    "/stats/medias/<media_id>/by_date": "media_days",
    "/stats/medias/<media_id>/engagement": "media_engagement",
    "/stats/projects/<folder_id>": "folder_stats",
    "/stats/account": "account_stats",
    "/stats/account/by_date": "account_days",
    "/stats/visitors": "visitors",
    "/stats/visitors/<visitor_key>": "visitor",
    "/stats/events": "events",
    "/stats/events/<event_key>": "event",
}
V1_ONLY = {"/projects": "folders", "/projects/<folder_id>": "folder"}
MODERN_ONLY = {
    "/deleted_media": "deleted_medias",
    "/folders": "folders",
    "/folders/<folder_id>": "folder",
    "/token": "token",
    "/analytics/account": "analytics_account",
    "/analytics/account/timeseries": "analytics_account_buckets",
    "/analytics/medias/<media_id>": "analytics_media",
    "/analytics/medias/<media_id>/timeseries": "analytics_media_buckets",
    "/analytics/medias/<media_id>/traffic": "analytics_traffic",
    "/analytics/medias/<media_id>/embed_locations": "analytics_embed_locations",
}
WITHOUT_STATS = ("medias", "media", "deleted_medias", "folders", "folder", "token")


def table() -> Iterator[tuple[str, str]]:
    """Yield all paths with the names of their handlers."""
    for path, endpoint in {**BOTH_TRACKS, **V1_ONLY}.items():
        yield f"/v1{path}", endpoint
    for path, endpoint in {**BOTH_TRACKS, **MODERN_ONLY}.items():
        yield f"/modern{path}", endpoint


def refusal(endpoint: str, release: str, faults: Faults) -> Response | None:
    """Return the answer if a switch disables the endpoint; None if it is served."""
    is_analytics = endpoint.startswith("analytics_")
    if faults.only_medias_and_events and endpoint not in ("medias", "media", "events", "event"):
        return Response.error(404, "Not found")
    # The published document of the first release has none of these.
    is_newer = is_analytics or endpoint in ("token", "account_days", "deleted_medias")
    if faults.strict_versions and release == RELEASES[0] and is_newer:
        return Response.error(404, "Not found")
    if faults.token_without_stats and endpoint not in WITHOUT_STATS:
        message = "Token lacks the permission: Read detailed stats"
        return Response.of({"code": "unauthorized_scope", "error": message}, 401)
    if faults.without_analytics and is_analytics:
        return Response.error(403, "Your plan does not include analytics")
    return None
