"""A manifest: the list of files that a run landed for a stream, and what it says about them.

Seal writes it and the normalize job reads it. On Glue there is only the standard library besides
boto3 and pyspark, so this module and what it imports use nothing else.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ingestion.payloads import Json, Window
from ingestion.timestamps import format_timestamp, parse_timestamp

MANIFEST_VERSION = 1


@dataclass(frozen=True)
class LandedFile:
    """One raw file.

    Attributes
    ----------
    fields
        The field names of its records. None if they are not known: a record is not an object, or
        there are too many names.
    """

    key: str
    rows: int
    bytes: int
    sha256: str
    fields: list[str] | None = None

    def has_only(self, names: Iterable[str]) -> bool:
        """Return whether its records are known to have no other fields than these."""
        return self.fields is not None and set(self.fields).issubset(names)

    def to_json(self) -> Json:
        """Return the stored form."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Json) -> "LandedFile":
        """Read the stored form, also that of older versions, which had no field names."""
        fields = document.get("fields")
        return cls(
            key=document["key"],
            rows=int(document["rows"]),
            bytes=int(document["bytes"]),
            sha256=document["sha256"],
            fields=None if fields is None else list(fields),
        )


@dataclass(frozen=True)
class Manifest:
    """What one run landed for one stream.

    Attributes
    ----------
    is_narrowed
        The run asked about some medias only: it says nothing about the others.
    is_partial
        A list of it may lack rows: what is missing from it may still exist.
    created_at
        When the run had asked for everything. None in the manifests of an older version.
    """

    run_id: str
    stream: str
    files: tuple[LandedFile, ...]
    as_of: datetime | None = None
    window: Window | None = None
    is_narrowed: bool = False
    is_partial: bool = False
    requests: int = 0
    api_version: str = ""
    created_at: datetime | None = None

    @property
    def rows(self) -> int:
        """Number of records in all files."""
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        """Size of all files, compressed."""
        return sum(file.bytes for file in self.files)

    def to_json(self) -> Json:
        """Return the stored form."""
        return {
            "manifest_version": MANIFEST_VERSION,
            "run_id": self.run_id,
            "stream": self.stream,
            "as_of": _written(self.as_of),
            "is_narrowed": self.is_narrowed,
            "is_partial": self.is_partial,
            "window": None if self.window is None else self.window.to_json(),
            "files": [file.to_json() for file in self.files],
            "rows": self.rows,
            "bytes": self.bytes,
            "requests": self.requests,
            "api_version": self.api_version,
            "created_at": _written(self.created_at),
        }

    @classmethod
    def from_json(cls, document: Json) -> "Manifest":
        """Read the stored form, also that of older versions.

        Raises
        ------
        KeyError, TypeError, ValueError
            The document is not a manifest.
        """
        window = document.get("window")
        return cls(
            run_id=document["run_id"],
            stream=document["stream"],
            files=tuple(map(LandedFile.from_json, document["files"])),
            as_of=_moment(document.get("as_of")),
            window=Window.from_json(window) if window else None,
            is_narrowed=bool(document.get("is_narrowed")),
            is_partial=bool(document.get("is_partial")),
            requests=int(document.get("requests", 0)),
            api_version=str(document.get("api_version", "")),
            created_at=_moment(document.get("created_at")),
        )


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else format_timestamp(moment)


def _moment(text: Any) -> datetime | None:
    return parse_timestamp(text) if text else None
