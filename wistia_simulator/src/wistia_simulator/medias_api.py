"""``/medias``, ``/folders`` (``/projects`` on v1) and ``/token``."""

import base64
import json
from collections.abc import Callable
from typing import Any

from wistia_simulator.account import CAMEL_CASE_NESTED_IDS, Account
from wistia_simulator.clock import SECONDS_PER_DAY, offset
from wistia_simulator.medias import MediaLife, Record
from wistia_simulator.responses import MAX_PER_PAGE, BadParameterError, Request, Response

SORT_KEYS: dict[str, Callable[[Record], Any]] = {
    "id": lambda record: record["id"],
    "name": lambda record: record["name"].casefold(),
    "created": lambda record: record["created"],
    "updated": lambda record: record["updated"],
    "position": lambda record: record["id"],
    "mediaCount": lambda record: record["media_count"],
    "type": lambda record: record["type"],
    "deleted": lambda record: record["deleted_at"],
}
_CAMEL_CASE = {"hashed_id": "hashedId", "file_size": "fileSize", "content_type": "contentType"}
MEDIA_CURSOR_SORTS = ("id", "created")
DELETED_CURSOR_SORTS = ("id", "deleted", "name", "type", "created")
FOLDER_CURSOR_SORTS = ("id", "created", "updated")


def list_medias(account: Account, request: Request) -> Response:
    """Answer ``GET /medias``."""
    now = account.now
    if account.faults.archived_filter == "refused" and request.get("archived") is not None:
        raise BadParameterError("unknown parameter: archived")
    lives = _listed(account, now, wants_archived=request.get("archived") in ("true", "1"))
    if account.schedule.first_media_has_vanished():
        lives = lives[1:]
    records = [_media_record(account, life, request) for life in lives]
    folder_key = "folder" if request.track == "modern" else "project"
    if folder := request.get(f"{folder_key}_id"):
        records = [record for record in records if folder in _ids_of(record[folder_key])]
    if kind := request.get("type"):
        records = [record for record in records if record["type"] == kind]
    if name := request.get("name"):
        records = [record for record in records if record["name"] == name]
    if hashed_ids := request.all("hashed_ids") + request.all("hashed_id"):
        wanted = set(hashed_ids)
        records = [record for record in records if record["hashed_id"] in wanted]
    for tag in request.all("tags"):
        records = [record for record in records if {"name": tag} in record["tags"]]
    return _page(request, records, MEDIA_CURSOR_SORTS)


def show_media(account: Account, request: Request, media_id: str) -> Response:
    """Answer ``GET /medias/{hashed_id}``."""
    life = account.world.catalog.find(media_id, account.now)
    if life is None:
        return Response.error(404, "Media not found")
    return Response.of(_media_record(account, life, request))


def list_deleted_medias(account: Account, request: Request) -> Response:
    """Answer ``GET /deleted_media``: what can still be restored, latest deletion first."""
    records = deleted_records(account)
    if hashed_ids := request.all("hashed_ids"):
        records = [record for record in records if record["hashed_id"] in hashed_ids]
    return _page(
        request, records, DELETED_CURSOR_SORTS, _without_order, default_sort=("deleted", "0")
    )


def deleted_records(account: Account) -> list[Record]:
    """Return the current deleted medias, with the fields that they can be ordered by."""
    now, window = account.now, account.world.world.restore_window_days * SECONDS_PER_DAY
    records = []
    for life, deleted_at in account.world.catalog.deleted(now, window):
        record = life.record_at(now)
        folder = record["folder"]
        records.append(
            {
                "id": record["id"],
                "created": record["created"],
                "hashed_id": record["hashed_id"],
                "name": record["name"],
                "type": record["type"],
                "duration": record.get("duration"),
                "deleted_at": offset(deleted_at),
                "restore_expires_at": offset(deleted_at + window),
                "folder": folder and {"hashed_id": folder["hashed_id"], "name": folder["name"]},
            }
        )
    return records


def _without_order(record: Record) -> Record:
    """Remove the fields that the list is ordered by but does not contain."""
    return {name: value for name, value in record.items() if name not in ("id", "created")}


def list_folders(account: Account, request: Request) -> Response:
    """Answer ``GET /folders``; v1 calls them projects and uses camelCase."""
    records = account.world.catalog.folder_records(account.now)
    if hashed_ids := request.all("hashed_ids"):
        records = [record for record in records if record["hashed_id"] in hashed_ids]
    return _page(
        request, records, FOLDER_CURSOR_SORTS, _as_project if request.track == "v1" else None
    )


def show_folder(account: Account, request: Request, folder_id: str) -> Response:
    """Answer ``GET /folders/{hashed_id}``."""
    for record in account.world.catalog.folder_records(account.now):
        if folder_id in (record["hashed_id"], str(record["id"])):
            return Response.of(_as_project(record) if request.track == "v1" else record)
    return Response.error(404, "Folder not found")


def show_token(account: Account, request: Request) -> Response:  # noqa: ARG001
    """Answer ``GET /token``: what the token may do, for a connection check."""
    scopes = ["all:read"] if account.faults.token_without_stats else ["all:read", "stats:read"]
    return Response.of(
        {
            "type": "permanent",
            "application": None,
            "scopes": scopes,
            "name": "pipeline",
            "expires_at": None,
        }
    )


def _listed(account: Account, now: int, *, wants_archived: bool) -> list[MediaLife]:
    """Return the archived medias or the others, or both if a switch says so."""
    catalog, served = account.world.catalog, account.faults.archived_filter
    lives = catalog.listed(now, archived=wants_archived)
    if served == "ignored" or (served == "adds" and wants_archived):
        lives += catalog.listed(now, archived=not wants_archived)
    return sorted(lives, key=lambda life: life.index)


def _media_record(account: Account, life: MediaLife, request: Request) -> Record:
    record = life.record_at(account.now)
    if request.release in CAMEL_CASE_NESTED_IDS:
        nested = {name: _in_camel_case(record[name]) for name in ("folder", "subfolder")}
        record = {**record, **nested}
    if request.track == "v1":
        record = _as_v1_media(record)
    if account.faults.unknown_fields:
        record = {**record, "aspect_ratio": 1.7778, "labels": {"review": ["done"]}}
    return record


def _in_camel_case(nested: Record | None) -> Record | None:
    if nested is None:
        return None
    return {_CAMEL_CASE.get(name, name): value for name, value in nested.items()}


def _ids_of(nested: Record | None) -> set[str]:
    """Return the hashed id of a nested part, in either spelling."""
    return {value for name, value in (nested or {}).items() if name in ("hashed_id", "hashedId")}


def _as_v1_media(record: Record) -> Record:
    """Rename the folder and remove nulls: v1's document has none there."""
    converted = {name: value for name, value in record.items() if name != "folder"}
    converted["project"] = _in_camel_case(record["folder"])
    for name in ("section", "duration"):
        if converted.get(name) is None:
            converted.pop(name, None)
    converted["assets"] = [
        {_CAMEL_CASE.get(name, name): value for name, value in asset.items() if value is not None}
        for asset in record["assets"]
    ]
    return converted


def _as_project(record: Record) -> Record:
    names = {
        "media_count": "mediaCount",
        "hashed_id": "hashedId",
        "public_id": "publicId",
        "anonymous_can_upload": "anonymousCanUpload",
        "anonymous_can_download": "anonymousCanDownload",
    }
    modern_only = ("medias", "kind", "personal_library")
    return {
        names.get(name, name): value for name, value in record.items() if name not in modern_only
    }


def _page(
    request: Request,
    records: list[Record],
    cursor_sorts: tuple[str, ...],
    convert: Callable[[Record], Record] | None = None,
    default_sort: tuple[str, str] = ("id", "1"),
) -> Response:
    sort_by = request.get("sort_by") or default_sort[0]
    key = SORT_KEYS.get(sort_by)
    needed = {"mediaCount": "media_count", "deleted": "deleted_at", "type": "type"}.get(sort_by)
    if key is None or (records and needed and needed not in records[0]):
        raise BadParameterError(f"sort_by {sort_by!r} is not supported")
    is_default = request.get("sort_by") is None
    direction = request.get("sort_direction") or (default_sort[1] if is_default else "1")
    if direction not in ("0", "1"):
        raise BadParameterError("sort_direction must be 0 or 1")
    if sort_by == "position":
        ordered = records
    else:
        ordered = sorted(
            records, key=lambda record: (key(record), record["id"]), reverse=direction == "0"
        )
    if _is_cursor_mode(request):
        if request.get("page"):
            raise BadParameterError("page cannot be combined with cursor")
        if sort_by not in cursor_sorts:
            raise BadParameterError(
                f"cursor pagination supports sort_by {' and '.join(cursor_sorts)} only"
            )
        found = _cursor_page(request, ordered, sort_by, key, descending=direction == "0")
    else:
        start, count = request.window(MAX_PER_PAGE)
        found = ordered[start : start + count]
    return Response.of([convert(record) for record in found] if convert else found)


def _is_cursor_mode(request: Request) -> bool:
    return bool(
        request.get("cursor[enabled]") in ("1", "true")
        or request.get("cursor[before]")
        or request.get("cursor[after]")
    )


def _cursor_page(
    request: Request,
    ordered: list[Record],
    sort_by: str,
    key: Callable[[Record], Any],
    *,
    descending: bool,
) -> list[Record]:
    per_page = min(request.whole_number("per_page", MAX_PER_PAGE), MAX_PER_PAGE)

    def place(record: Record) -> tuple[Any, int]:
        return key(record), record["id"]

    if after := request.get("cursor[after]"):
        limit = _read_cursor(after, sort_by)
        found = [
            record
            for record in ordered
            if (place(record) < limit if descending else place(record) > limit)
        ][:per_page]
    elif before := request.get("cursor[before]"):
        limit = _read_cursor(before, sort_by)
        found = [
            record
            for record in ordered
            if (place(record) > limit if descending else place(record) < limit)
        ]
        found = found[-per_page:]
    else:
        found = ordered[:per_page]
    return [{**record, "cursor": _write_cursor(sort_by, place(record))} for record in found]


def _write_cursor(sort_by: str, place: tuple[Any, int]) -> str:
    return base64.urlsafe_b64encode(json.dumps([sort_by, *place]).encode()).decode()


def _read_cursor(text: str, sort_by: str) -> tuple[Any, int]:
    try:
        kind, value, number = json.loads(base64.urlsafe_b64decode(text.encode()))
    except (ValueError, TypeError) as error:
        raise BadParameterError("cursor is not valid") from error
    if kind != sort_by:
        raise BadParameterError("cursor does not belong to this sort_by")
    return value, number
