"""What the state machine passes between the functions (the JSON is the contract, see README.md)."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingestion.errors import InvalidInput
from ingestion.timestamps import format_timestamp, last_date_before, parse_timestamp

Json = dict[str, Any]


@dataclass(frozen=True)
class Window:
    """Half-open interval of UTC time, ``start <= received_at < end``."""

    start: datetime
    end: datetime

    def to_json(self) -> Json:
        """Return the payload form."""
        return {"start": format_timestamp(self.start), "end": format_timestamp(self.end)}

    @classmethod
    def from_json(cls, payload: Json) -> "Window":
        """Read the payload form."""
        return cls(parse_timestamp(payload["start"]), parse_timestamp(payload["end"]))

    def contains(self, moment: datetime) -> bool:
        """Return whether a moment is in the window."""
        return self.start <= moment < self.end


def union(windows: list[Window]) -> Window:
    """Return the smallest window that holds all of them."""
    return Window(min(w.start for w in windows), max(w.end for w in windows))


@dataclass(frozen=True)
class RunPlan:
    """One run: its name, its logical time and its window (the union of its streams' windows).

    Attributes
    ----------
    is_narrowed
        It asks about the medias in its input or settings, not about all.
    sessions_until
        Up to when the account's viewing sessions are complete, without a gap, once the run is
        built. A run for old dates, or for some medias, does not move it. None if the run has no
        events stream.
    """

    run_id: str
    as_of: datetime
    window: Window
    streams: tuple[str, ...]
    full_refresh: bool = False
    is_backfill: bool = False
    is_narrowed: bool = False
    sessions_until: datetime | None = None

    @property
    def ingest_date(self) -> str:
        """UTC date in the keys of the run's files."""
        return self.as_of.date().isoformat()

    @property
    def dbt_vars(self) -> str:
        """JSON for ``dbt --vars``: dbt rebuilds exactly the dates that were ingested."""
        until = self.sessions_until
        return json.dumps(
            {
                "as_of": format_timestamp(self.as_of),
                "start_date": self.window.start.date().isoformat(),
                "end_date": last_date_before(self.window.end).isoformat(),
                "run_id": self.run_id,
                "sessions_until": None if until is None else format_timestamp(until),
            }
        )

    def to_json(self) -> Json:
        """Return the payload form (without tasks)."""
        return {
            "run_id": self.run_id,
            "as_of": format_timestamp(self.as_of),
            "ingest_date": self.ingest_date,
            "full_refresh": self.full_refresh,
            "is_backfill": self.is_backfill,
            "is_narrowed": self.is_narrowed,
            "window": self.window.to_json(),
            "dbt_vars": self.dbt_vars,
            "streams": ",".join(self.streams),
        }

    @classmethod
    def from_json(cls, payload: Json) -> "RunPlan":
        """Read the payload form."""
        until = json.loads(payload["dbt_vars"]).get("sessions_until")
        return cls(
            run_id=payload["run_id"],
            as_of=parse_timestamp(payload["as_of"]),
            window=Window.from_json(payload["window"]),
            streams=tuple(name for name in payload["streams"].split(",") if name),
            full_refresh=bool(payload["full_refresh"]),
            is_backfill=bool(payload["is_backfill"]),
            is_narrowed=bool(payload.get("is_narrowed")),
            sessions_until=None if until is None else parse_timestamp(until),
        )


@dataclass(frozen=True)
class Task:
    """One Map item: a stream, or a slice of its window, for all medias or for some.

    Attributes
    ----------
    media_ids
        Medias to pull, inline; None for the whole account.
    media_ids_key
        Key of the state object that lists them instead, so the payload stays small.
    """

    task_id: str
    stream: str
    window: Window
    media_ids: tuple[str, ...] | None = None
    media_ids_key: str | None = None

    def to_json(self) -> Json:
        """Return the payload form."""
        return {
            "task_id": self.task_id,
            "stream": self.stream,
            "window": self.window.to_json(),
            "media_ids": None if self.media_ids is None else list(self.media_ids),
            "media_ids_key": self.media_ids_key,
        }

    @classmethod
    def from_json(cls, payload: Json) -> "Task":
        """Read the payload form."""
        media_ids = payload.get("media_ids")
        return cls(
            task_id=payload["task_id"],
            stream=payload["stream"],
            window=Window.from_json(payload["window"]),
            media_ids=None if media_ids is None else tuple(media_ids),
            media_ids_key=payload.get("media_ids_key"),
        )


@dataclass(frozen=True)
class Continuation:
    """Where the next invocation of a task continues.

    Attributes
    ----------
    step
        Number of the invocation, from 0. It is in the name of its part, so a retry overwrites it.
    next_file
        First file number that the invocation may use.
    position
        How far the stream's paging has come; only the stream's puller reads it.
    idle
        Invocations in a row that did not move the position.
    """

    step: int = 0
    next_file: int = 1
    position: Json = field(default_factory=dict)
    idle: int = 0

    def to_json(self) -> Json:
        """Return the payload form."""
        return {
            "step": self.step,
            "next_file": self.next_file,
            "position": self.position,
            "idle": self.idle,
        }

    @classmethod
    def from_json(cls, payload: Json | None) -> "Continuation":
        """Read the payload form; None is the beginning of the task."""
        if payload is None:
            return cls()
        return cls(
            step=int(payload["step"]),
            next_file=int(payload["next_file"]),
            position=dict(payload["position"]),
            idle=int(payload["idle"]),
        )


def required(payload: Json, name: str) -> Any:
    """Return a field of a function's input.

    Raises
    ------
    InvalidInput
        The field is missing.
    """
    if name not in payload:
        raise InvalidInput(
            f"The input has no field {name!r}; it has {', '.join(sorted(payload)) or 'none'}. "
            "See ingestion/README.md for what each function takes."
        )
    return payload[name]
