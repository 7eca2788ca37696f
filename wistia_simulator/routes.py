"""Which path is served by what, and which switches take it away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from wistia_simulator import events_api, medias_api
from wistia_simulator.faults import Faults
from wistia_simulator.responses import Response

HANDLERS: dict[str, Callable[..., Response]] = {
    "medias": medias_api.list_medias,
    "media": medias_api.show_media,
    "folders": medias_api.list_folders,
    "folder": medias_api.show_folder,
    "token": medias_api.show_token,
    "events": events_api.list_events,
    "event": events_api.show_event,
}
BOTH_TRACKS = {
    "/medias": "medias",
    "/medias/<media_id>": "media",
    "/stats/events": "events",
    "/stats/events/<event_key>": "event",
}
V1_ONLY = {"/projects": "folders", "/projects/<folder_id>": "folder"}
MODERN_ONLY = {"/folders": "folders", "/folders/<folder_id>": "folder", "/token": "token"}
STATS = ("events", "event")
# Endpoints that the document of the 2026-01 release does not have.
NOT_IN_2026_01 = ("token",)


def table() -> Iterator[tuple[str, str]]:
    """All paths and the name of what serves them."""
    for path, endpoint in {**BOTH_TRACKS, **V1_ONLY}.items():
        yield f"/v1{path}", endpoint
    for path, endpoint in {**BOTH_TRACKS, **MODERN_ONLY}.items():
        yield f"/modern{path}", endpoint


def refusal(
    endpoint: str, release: str, arguments: Mapping[str, Any], faults: Faults
) -> Response | None:
    """The answer when a switch takes the endpoint away; None when it is served."""
    if faults.only_medias_and_events and endpoint not in ("medias", "media", "events", "event"):
        return Response.error(404, "Not found")
    if faults.strict_versions and release == "2026-01" and endpoint in NOT_IN_2026_01:
        return Response.error(404, "Not found")
    if faults.token_without_stats and endpoint in STATS:
        return Response.of(
            {
                "code": "unauthorized_scope",
                "error": "Token lacks the permission: Read detailed stats",
            },
            401,
        )
    return None
