"""Medias and folders as they change over time: added, renamed, swapped, archived, deleted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from wistia_simulator.clock import offset, to_epoch
from wistia_simulator.errors import SimulatorInputError
from wistia_simulator.randomness import words

Record = dict[str, Any]
Moment = datetime | str | int
TIMED_TYPES = ("Video", "Audio")
DOCUMENT_TYPES = ("PdfDocument", "MicrosoftOfficeDocument")


def as_epoch(moment: Moment) -> int:
    """Return the epoch seconds of a moment in any of the accepted forms."""
    return moment if isinstance(moment, int) else to_epoch(moment)


@dataclass(frozen=True)
class Change:
    """From `at` on, these fields have these values."""

    at: Moment
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Folder:
    """A folder of the account (a project on v1)."""

    hashed_id: str
    name: str
    numeric_id: int = 0
    description: str = ""
    created: Moment = "2024-01-01T00:00:00Z"
    is_public: bool = False
    subfolders: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Media:
    """One media and its changes over time.

    Parameters
    ----------
    hashed_id
        The join key; the numeric id is derived from it unless given.
    duration
        Seconds, or the number of pages of a document; None for types that have neither. A later
        swap is a `Change` of ``duration``.
    created, deleted, archived
        When it appears in the list, leaves it, and is archived; None for never.
    restored, unarchived
        When it is restored, and leaves the archive; None for never.
    changes
        Later values of any field, oldest first.
    fields
        Additional fields of the served record, or other values for the usual ones.
    weight
        Its share of the generated events; it has no effect in a world of given events.
    """

    hashed_id: str
    name: str = "A media"
    type: str = "Video"
    duration: float | None = 60.0
    created: Moment = "2025-01-01T00:00:00Z"
    deleted: Moment | None = None
    archived: Moment | None = None
    restored: Moment | None = None
    unarchived: Moment | None = None
    changes: tuple[Change, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    folder: Folder | None = None
    subfolder: tuple[str, str] | None = None
    tags: tuple[str, ...] = ()
    numeric_id: int = 0
    weight: float = 1.0

    @property
    def is_timed(self) -> bool:
        """Return whether it can be played."""
        return self.type in TIMED_TYPES


class Switch:
    """A state that is on or off, and the moments at which it changes."""

    def __init__(self, on: Moment | None, off: Moment | None) -> None:
        moments = ((on, True), (off, False))
        self._turns = sorted((as_epoch(at), is_on) for at, is_on in moments if at is not None)

    def turn(self, at: int, *, on: bool) -> None:
        """Turn it on or off from a moment on; later changes are dropped."""
        self._turns = [turn for turn in self._turns if turn[0] < at] + [(at, on)]

    def last_turn(self, now: int) -> tuple[int, bool]:
        """Return when it last changed, and to what; it is off from the beginning."""
        return max((turn for turn in self._turns if turn[0] <= now), default=(0, False))

    def is_on(self, now: int) -> bool:
        """Return whether it is on at a moment."""
        return self.last_turn(now)[1]

    def is_on_within(self, start: int, end: int) -> bool:
        """Return whether it is on at any moment from start until before end."""
        return self.is_on(start) or any(on and start <= at < end for at, on in self._turns)


class MediaLife:
    """A media with its times resolved: its record in the API at any moment."""

    def __init__(self, media: Media, index: int) -> None:
        self.media = media
        self.index = index
        self.created = as_epoch(media.created)
        self.deletion = Switch(media.deleted, media.restored)
        self.archiving = Switch(media.archived, media.unarchived)
        self.changes = sorted(
            ((as_epoch(change.at), change.fields) for change in media.changes), key=lambda c: c[0]
        )
        self.numeric_id = (
            media.numeric_id or 1_000_000 + words("media", media.hashed_id)[0] % 900_000_000
        )
        self._base = self._base_record()
        self.record_at = lru_cache(maxsize=8)(self._record_at)

    def exists_at(self, now: int) -> bool:
        """Return whether it has been created and is not deleted."""
        return self.created <= now and not self.deletion.is_on(now)

    def is_archived_at(self, now: int) -> bool:
        """Return whether it is archived."""
        return self.archiving.is_on(now)

    def add_change(self, at: int, fields: Mapping[str, Any]) -> None:
        """Set fields to other values from a moment on."""
        self.changes = sorted([*self.changes, (at, fields)], key=lambda change: change[0])
        self.record_at.cache_clear()

    def turn(self, switch: Switch, at: int, *, on: bool) -> None:
        """Delete, restore, archive or unarchive it from a moment on."""
        switch.turn(at, on=on)
        self.record_at.cache_clear()

    def field_at(self, name: str, now: int) -> Any:
        """Return the value of one field at a moment."""
        value = self._base.get(name)
        for at, fields in self.changes:
            if at > now:
                break
            value = fields.get(name, value)
        return value

    def duration_at(self, now: int) -> float:
        """Return the duration in seconds at a moment; 0.0 for a type without a length."""
        value = self.field_at("duration", now)
        return float(value) if self.media.is_timed and value else 0.0

    def _record_at(self, now: int) -> Record:
        record = dict(self._base)
        for at, fields in self.changes:
            if at > now:
                break
            record.update(fields)
            record["updated"] = offset(at)
        for turned_at, _ in (self.archiving.last_turn(now), self.deletion.last_turn(now)):
            record["updated"] = max(record["updated"], offset(turned_at))
        record["archived"] = self.is_archived_at(now)
        return record

    def _base_record(self) -> Record:
        media = self.media
        drawn = words("assets", media.hashed_id)
        record: Record = {
            "id": self.numeric_id,
            "name": media.name,
            "type": media.type,
            "archived": False,
            "created": offset(self.created),
            "updated": offset(self.created),
            "duration": media.duration,
            "hashed_id": media.hashed_id,
            "description": f"<p>{media.name}</p>" if drawn[0] % 3 else "",
            "progress": 1.0,
            "status": "ready",
            "section": "Introduction" if drawn[1] % 9 == 0 else None,
            "thumbnail": {
                "url": f"https://embed-ssl.wistia.com/deliveries/{drawn[2]:08x}{drawn[3]:08x}.jpg?image_crop_resized=200x120",
                "width": 200,
                "height": 120,
            },
            "protected": None,
            "folder": None
            if media.folder is None
            else {
                "id": folder_numeric_id(media.folder),
                "name": media.folder.name,
                "hashed_id": media.folder.hashed_id,
            },
            "subfolder": None
            if media.subfolder is None
            else {
                "hashed_id": media.subfolder[0],
                "name": media.subfolder[1],
                "description": None,
                "position": 1,
                "created": offset(self.created),
                "updated": offset(self.created),
            },
            "tags": [{"name": name} for name in media.tags],
            "assets": _assets(media, drawn),
        }
        if media.duration is None and media.type not in (*TIMED_TYPES, *DOCUMENT_TYPES):
            del record["duration"]  # "omitted for other types of media"
        record.update(media.fields)
        return record


def folder_numeric_id(folder: Folder) -> int:
    """Return a folder's number, derived from its hashed id unless given."""
    return folder.numeric_id or 10_000 + words("folder", folder.hashed_id)[0] % 9_000_000


def _assets(media: Media, drawn: tuple[int, ...]) -> list[Record]:
    url = f"https://embed-ssl.wistia.com/deliveries/{drawn[4]:08x}{drawn[5]:08x}"
    size = 1_000_000 + drawn[6] % 400_000_000
    if media.type == "Video":
        return [
            {
                "url": f"{url}.bin",
                "width": 1920,
                "height": 1080,
                "file_size": size,
                "content_type": "video/mp4",
                "type": "OriginalFile",
            },
            {
                "url": f"{url}hd.bin",
                "width": 1280,
                "height": 720,
                "file_size": size // 3,
                "content_type": "video/mp4",
                "type": "HdMp4VideoFile",
            },
            {
                "url": f"{url}.jpg",
                "width": 1280,
                "height": 720,
                "file_size": 90_000,
                "content_type": "image/jpg",
                "type": "StillImageFile",
            },
        ]
    content_type = {
        "Audio": "audio/mpeg",
        "Image": "image/png",
        "PdfDocument": "application/pdf",
        "MicrosoftOfficeDocument": "application/vnd.ms-powerpoint",
    }
    return [
        {
            "url": f"{url}.bin",
            "width": None,
            "height": None,
            "file_size": size // 20,
            "content_type": content_type.get(media.type),
            "type": "OriginalFile",
        },
    ]


class Catalog:
    """All medias and folders of the account, past and future.

    Parameters
    ----------
    medias
        All medias, future and deleted ones included; their order determines their index.
    folders
        Folders in addition to those of the medias.
    """

    def __init__(self, medias: Iterable[Media], folders: Iterable[Folder] = ()) -> None:
        self.lives = [MediaLife(media, index) for index, media in enumerate(medias)]
        self._by_id = {life.media.hashed_id: life for life in self.lives}
        if len(self._by_id) != len(self.lives):
            raise SimulatorInputError("two medias share a hashed_id; each media needs its own")
        self._by_number = {str(life.numeric_id): life for life in self.lives}
        self._unlisted: dict[str, int] = {}
        named = {folder.hashed_id: folder for folder in folders}
        for life in self.lives:
            if life.media.folder is not None:
                named.setdefault(life.media.folder.hashed_id, life.media.folder)
        self.folders = sorted(named.values(), key=folder_numeric_id)
        self._renames: list[int] = []
        self.note_renames()

    def note_renames(self) -> None:
        """Collect the moments of all renames; call it after adding one."""
        self._renames = sorted(
            at for life in self.lives for at, fields in life.changes if "name" in fields
        )

    def find(self, media_id: str, now: int) -> MediaLife | None:
        """Return the media with this hashed or numeric id, if it exists at the moment."""
        life = self._by_id.get(media_id) or self._by_number.get(media_id)
        return life if life is not None and life.exists_at(now) else None

    def ever(self, media_id: str) -> MediaLife | None:
        """Return the media with this hashed or numeric id, past or future."""
        return self._by_id.get(media_id) or self._by_number.get(media_id)

    def event_index(self, media_id: str) -> int:
        """Return the index of a given event's media, even if the account never lists it."""
        life = self._by_id.get(media_id)
        if life is not None:
            return life.index
        return self._unlisted.setdefault(media_id, len(self.lives) + len(self._unlisted))

    def index_of(self, media_id: str) -> int | None:
        """Return the index of a media by hashed or numeric id, even if it does not exist now."""
        life = self.ever(media_id)
        return self._unlisted.get(media_id) if life is None else life.index

    def name_epoch(self, now: int) -> int:
        """Return how many renames have happened: event rows contain the current media name."""
        return sum(at <= now for at in self._renames)

    def moment_of_name_epoch(self, name_epoch: int) -> int:
        """Return a moment at which `name_epoch` renames have happened."""
        return self._renames[name_epoch - 1] if name_epoch else min(self._renames, default=1) - 1

    def listed(self, now: int, *, archived: bool) -> list[MediaLife]:
        """Return the medias that exist at the moment, either the archived ones or the others."""
        return [
            life
            for life in self.lives
            if life.exists_at(now) and life.is_archived_at(now) == archived
        ]

    def deleted(self, now: int, restore_window_seconds: int) -> list[tuple[MediaLife, int]]:
        """Return the deleted medias that can still be restored, each with its time of deletion."""
        found = []
        for life in self.lives:
            deleted_at, is_deleted = life.deletion.last_turn(now)
            if life.created <= now and is_deleted and now < deleted_at + restore_window_seconds:
                found.append((life, deleted_at))
        return found

    def folder_records(self, now: int) -> list[Record]:
        """Return the folders that exist at the moment, as ``/modern/folders`` serves them."""
        counts: dict[str, int] = {}
        for life in self.lives:
            if life.media.folder is not None and life.exists_at(now):
                counts[life.media.folder.hashed_id] = counts.get(life.media.folder.hashed_id, 0) + 1
        return [
            {
                "id": folder_numeric_id(folder),
                "name": folder.name,
                "description": folder.description,
                "media_count": counts.get(folder.hashed_id, 0),
                "medias": {
                    "url": f"https://api.wistia.com/modern/medias?folder_id={folder.hashed_id}"
                },
                "created": offset(as_epoch(folder.created)),
                "updated": offset(as_epoch(folder.created)),
                "hashed_id": folder.hashed_id,
                "public": folder.is_public,
                "public_id": folder.hashed_id if folder.is_public else None,
                "anonymous_can_upload": False,
                "anonymous_can_download": folder.is_public,
                "kind": "account",
                "personal_library": False,
            }
            for folder in self.folders
            if as_epoch(folder.created) <= now
        ]
