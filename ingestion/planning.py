"""Turns an execution's input into a run: its window, its streams' windows and its tasks."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from ingestion.declarations import STREAMS, Paging, WindowRule
from ingestion.errors import InvalidInput
from ingestion.payloads import Task, Window
from ingestion.settings import Settings, is_media_id
from ingestion.streams.windows import RETENTION_DAYS, oldest_served
from ingestion.timestamps import (
    format_timestamp,
    parse_typed_date,
    parse_typed_timestamp,
    start_of_day,
    utc_now,
)
from ingestion.watermarks import Watermark

# A long window is read as several lists: page numbers stay low, and tasks run in parallel.
EVENTS_TASK_DAYS = 190
# Warn while there is still time to act before Wistia stops serving the oldest missing day.
RETENTION_WARNING_DAYS = 30
# The clocks of the machines that start runs and of this one may differ a little.
CLOCK_SKEW = timedelta(minutes=5)
# Wistia was founded in 2006: an older date is a typing error.
OLDEST_DATE = date(2006, 1, 1)
INPUT_FIELDS = ("as_of", "start_date", "end_date", "media_ids", "full_refresh")
_OWN_NAMES = MappingProxyType({name: name for name in INPUT_FIELDS})


@dataclass(frozen=True)
class RunRequest:
    """An execution's input, validated."""

    as_of: datetime
    start_date: date | None = None
    end_date: date | None = None
    media_ids: tuple[str, ...] | None = None
    full_refresh: bool = False

    @classmethod
    def from_input(
        cls,
        payload: Mapping[str, Any],
        execution_start: str,
        *,
        now: Callable[[], datetime] = utc_now,
        names: Mapping[str, str] = _OWN_NAMES,
    ) -> "RunRequest":
        """Read the input; a field that is null counts as left out.

        Parameters
        ----------
        payload
            The execution's input, as Step Functions passes it.
        execution_start
            The logical time if the input has no ``as_of``.
        now
            Returns the current time.
        names
            The name of each of the ``INPUT_FIELDS`` in errors: the commands have other names.

        Raises
        ------
        InvalidInput
            A field is unknown or unreadable, or contradicts another field or the clock.
        """
        unknown = sorted(set(payload) - set(INPUT_FIELDS))
        if unknown:
            raise InvalidInput(
                f"The execution's input has unknown fields: {', '.join(unknown)}. "
                f"Known fields: {', '.join(sorted(INPUT_FIELDS))}."
            )
        full_refresh = payload.get("full_refresh", False)
        if not isinstance(full_refresh, bool):
            raise InvalidInput(f"{names['full_refresh']} must be true or false.")
        given = payload.get("as_of")
        request = cls(
            _moment(names["as_of"], execution_start if given is None else given),
            _day(names["start_date"], payload.get("start_date")),
            _day(names["end_date"], payload.get("end_date")),
            _media_ids(names["media_ids"], payload.get("media_ids")),
            full_refresh,
        )
        request._check_as_of(now(), names["as_of"])
        request._check_window(names)
        return request

    def _check_as_of(self, now: datetime, name: str) -> None:
        """Refuse a time in the future: its days without activity would stay for good."""
        as_of = format_timestamp(self.as_of)
        if self.as_of > now + CLOCK_SKEW:
            raise InvalidInput(
                f"{name} {as_of} is in the future: the clock says "
                f"{format_timestamp(now.replace(microsecond=0))}. "
                f"Use a time in the past, or leave {name} out."
            )
        if self.as_of.date() < OLDEST_DATE:
            raise InvalidInput(
                f"{name} {as_of} is before {OLDEST_DATE}, when Wistia did not exist. "
                "Use a later time."
            )

    def _check_window(self, names: Mapping[str, str]) -> None:
        """Refuse a window that cannot contain anything."""
        start, end, as_of = self.start_date, self.end_date, format_timestamp(self.as_of)
        first, last, logical = (names[it] for it in ("start_date", "end_date", "as_of"))
        if start is None:
            if end is not None:
                raise InvalidInput(f"{last} {end} needs a {first}: use both or neither.")
            return
        if end is not None and end < start:
            raise InvalidInput(
                f"{last} {end} is before {first} {start}: swap them. Both days are "
                f"included, so one day has the same {first} and {last}."
            )
        if start_of_day(start) >= self.as_of:
            raise InvalidInput(
                f"{first} {start} is not before {logical} {as_of}: the window would begin after "
                f"the run's own time. Use an earlier {first}, or a later {logical} in the past."
            )
        if start < OLDEST_DATE:
            raise InvalidInput(
                f"{first} {start} is before {OLDEST_DATE}, when Wistia did not exist. "
                "Use a later day."
            )
        oldest = oldest_served(self.as_of)
        if end is not None and end < oldest:
            raise InvalidInput(
                f"The window {start} to {end} ends before {oldest}: Wistia serves the "
                f"{RETENTION_DAYS} days before {logical} {as_of}, and nothing older. "
                "Use a later window."
            )

    @property
    def is_backfill(self) -> bool:
        """Return whether the window was given instead of resolved from a watermark."""
        return self.start_date is not None


def run_id_of(as_of: datetime, execution_id: str) -> str:
    """Return the name of a run: a redrive keeps the name, a new execution gets a new one."""
    return f"{as_of:%Y%m%dT%H%M%SZ}-{hashlib.sha256(execution_id.encode()).hexdigest()[:8]}"


def stream_window(request: RunRequest, watermark: Watermark, settings: Settings) -> Window:
    """Resolve the window of one stream.

    It begins at midnight UTC, so the days that dbt rebuilds were ingested whole, and ends at
    ``as_of``: the rest of that day belongs to the next night.
    """
    if request.start_date is not None:
        end = request.as_of
        if request.end_date is not None and request.end_date < end.date():
            end = start_of_day(request.end_date + timedelta(days=1))
        return Window(start_of_day(request.start_date), end)
    ingested_until = None if request.full_refresh else watermark.before(request.as_of)
    if ingested_until is None:
        first = request.as_of - timedelta(days=settings.initial_history_days)
    else:
        first = ingested_until - timedelta(days=settings.lookback_days)
    if watermark.unavailable and not request.full_refresh:
        # A trial of a few days: dbt rebuilds what all windows cover, and a plan without analytics
        # must not make it rebuild two years every night. Once back, the next night fills the gap.
        first = max(first, request.as_of - timedelta(days=1 + settings.lookback_days))
    return Window(start_of_day(first.date()), request.as_of)


def tasks_of(
    streams: Mapping[str, Window],
    *,
    narrowed_to: tuple[str, ...] | None,
    media_ids: tuple[str, ...] | None,
    media_ids_key: str,
) -> list[Task]:
    """Cut the run into Map items.

    Parameters
    ----------
    streams
        Streams to pull with their windows, in order.
    narrowed_to
        The only medias to ask about; None for all.
    media_ids
        Medias of the per-media streams.
    media_ids_key
        Key of the list of their ids: payloads stay small however many medias there are.
    """
    tasks: list[Task] = []
    for name, window in streams.items():
        stream = STREAMS[name]
        if stream.paging is Paging.PER_MEDIA:
            if media_ids:
                tasks.append(Task(f"{name}-0001", name, window, media_ids_key=media_ids_key))
        elif stream.window is WindowRule.RECEIVED_AT:
            key = None if narrowed_to is None else media_ids_key
            tasks.extend(
                Task(f"{name}-{number:04d}", name, part, media_ids_key=key)
                for number, part in enumerate(split_window(window, EVENTS_TASK_DAYS), start=1)
            )
        else:
            # Lists of dimensions stay whole: a media missing from its snapshot counts as deleted.
            tasks.append(Task(f"{name}-0001", name, window))
    return tasks


def split_window(window: Window, days: int) -> list[Window]:
    """Cut a window at midnights into pieces of similar length, at most ``days`` days each."""
    whole = (window.end - window.start) / timedelta(days=1)
    pieces = max(1, -(-int(whole) // days))
    step = timedelta(days=-(-int(whole) // pieces)) if pieces > 1 else window.end - window.start
    starts = [window.start + step * number for number in range(pieces)]
    ends = [*starts[1:], window.end]
    return [Window(start, end) for start, end in zip(starts, ends, strict=True) if start < end]


def retention_warning(watermarks: Mapping[str, Watermark], request: RunRequest) -> str | None:
    """Return a warning if days that were never ingested leave Wistia's retention, or have left."""
    edge = request.as_of - timedelta(days=RETENTION_DAYS)
    if request.start_date is not None:
        if start_of_day(request.start_date) < edge:
            return f"Wistia serves {RETENTION_DAYS} days of events, so none before {edge.date()}."
        return None
    missing_since = [w.value for w in watermarks.values() if w.value and not w.unavailable]
    oldest = min(missing_since, default=None)
    if oldest is None or oldest - edge > timedelta(days=RETENTION_WARNING_DAYS):
        return None
    return (
        f"The oldest day that was never ingested is {oldest.date()}; Wistia stops serving it "
        f"after {RETENTION_DAYS} days, {(oldest - edge).days} days from now."
    )


def _moment(name: str, given: Any) -> datetime:
    try:
        return parse_typed_timestamp(given).replace(microsecond=0)
    except (TypeError, ValueError):
        raise InvalidInput(
            f"{name} {given!r} is not a timestamp such as 2026-03-02T02:00:00Z."
        ) from None


def _media_ids(name: str, given: Any) -> tuple[str, ...] | None:
    """Read a list of ids. An empty one is a mistake: it must not mean all medias, or none."""
    if given is None:
        return None
    advice = f"Use a list of hashed media ids, or leave {name} out to take all medias."
    if not isinstance(given, list):
        raise InvalidInput(f"{name} {given!r} is not a list. {advice}")
    if not given:
        raise InvalidInput(f"{name} is an empty list. {advice}")
    for media_id in given:
        if not isinstance(media_id, str) or not is_media_id(media_id):
            raise InvalidInput(f"{name} contains {media_id!r}, which is not a media id. {advice}")
    return tuple(dict.fromkeys(given))


def _day(name: str, given: Any) -> date | None:
    if given is None:
        return None
    try:
        return parse_typed_date(given)
    except (TypeError, ValueError):
        raise InvalidInput(f"{name} {given!r} is not a date such as 2026-01-31.") from None
