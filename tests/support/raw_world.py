"""The raw JSON of all nights as typed rows, in plain Python.

Independent on purpose of the code that lands and normalizes: manifests are read from the bucket, and
types, pseudonyms, addresses and the choice of the newest version are written again here, with the
standard library. Both share only the table of ISO 3166-2 regions, which is data.
"""

import gzip
import hashlib
import hmac
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ingestion.normalize.regions_library import subdivisions
from tests.support.independent_marts import Row, Staged

DOCUMENTS = ("PdfDocument", "MicrosoftOfficeDocument")
UNTIMED = (*DOCUMENTS, "Image", "Swf", "UnknownType")
SNAPSHOTS = ("media", "deleted_media", "media_engagement", "media_stats", "folders")
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

Line = dict[str, Any]


class RawBucket:
    """The landed lines of a data bucket.

    Parameters
    ----------
    client
        S3 client of boto3.
    bucket
        Name of the data bucket.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def keys(self, prefix: str) -> list[str]:
        """Return the keys under a prefix."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def content(self, key: str) -> bytes:
        """Return an object."""
        content: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return content

    def lines(self, runs: Collection[str] | None = None) -> dict[str, list[Line]]:
        """Return the lines of every sealed file by stream, each with its run's date, oldest first.

        Parameters
        ----------
        runs
            The runs that count; None for all of them.
        """
        found: dict[str, list[Line]] = defaultdict(list)
        manifests = [
            json.loads(self.content(key))
            for key in self.keys("raw_data/")
            if key.endswith("/manifest.json")
        ]
        for manifest in sorted(manifests, key=lambda one: (one["as_of"], one["run_id"])):
            as_of = _moment(manifest["as_of"])
            if runs is not None and manifest["run_id"] not in runs:
                continue
            for file in manifest["files"]:
                for text in gzip.decompress(self.content(file["key"])).splitlines():
                    found[manifest["stream"]].append(
                        json.loads(text) | {"night": as_of.date(), "as_of": as_of}
                    )
        return found


def read(bucket: RawBucket, pseudonym_key: str, runs: Collection[str] | None = None) -> Staged:
    """Return the content of the raw JSON of all nights, or of some runs.

    Raises
    ------
    AssertionError
        There is no night, or a record is in quarantine: the marts must not contain it, and this
        computation does not check records.
    """
    lines, quarantined = bucket.lines(runs), bucket.keys("quarantine/")
    if not lines or quarantined:
        raise AssertionError(f"{len(lines)} streams are landed, in quarantine: {quarantined}")
    key, asked = pseudonym_key.encode(), _asked(lines)
    return Staged(
        as_of=max(line["night"] for line in lines["media"]),
        as_of_time=max(line["as_of"] for line in lines["media"]).time(),
        events=[event(line, key) for line in lines["events"]],
        medias=_snapshots(asked, lines["media"], media),
        deleted=_snapshots(asked, lines["deleted_media"], deleted_media),
        curves=_snapshots(asked, lines["media_engagement"], curve),
        stats=_snapshots(asked, lines["media_stats"], lifetime),
        folders=_snapshots(asked, lines["folders"], folder),
        daily=_days(lines["media_daily_stats"], daily),
        analytics=_days(lines["media_analytics"], analytics),
    )


# ── the newest version ───────────────────────────────────────────────────────────────────────────
def _newest_last(lines: list[Line]) -> Iterator[Line]:
    def order(line: Line) -> tuple[Any, ...]:
        meta = line["_meta"]
        return meta["ingested_at"], meta["run_id"], meta["page"], meta["position"]

    yield from sorted(lines, key=order)


def _asked(lines: dict[str, list[Line]]) -> dict[datetime, str]:
    """Return when each night first requested a list of any kind, by its logical time."""
    asked: dict[datetime, str] = {}
    for stream in SNAPSHOTS:
        for line in lines[stream]:
            ingested_at = line["_meta"]["ingested_at"]
            asked[line["as_of"]] = min(ingested_at, asked.get(line["as_of"], ingested_at))
    return asked


def _snapshots(
    asked: dict[datetime, str], lines: list[Line], typed: Callable[[Line], tuple[str, Row]]
) -> dict[date, dict[str, Row]]:
    """Return the list of each night, as it was served then.

    A list of the past cannot be requested: what a run was served after a newer night's request
    says nothing about its own night. Neither does what it was served whole days after another run of
    that night. Of several runs of the same day the last one is right.
    """
    runs: dict[str, list[Line]] = defaultdict(list)
    for line in _newest_last(lines):
        runs[line["_meta"]["run_id"]].append(line)
    nights: dict[date, dict[str, Row]] = {}
    waited: dict[date, int] = {}
    for served in sorted(runs.values(), key=lambda served: served[0]["_meta"]["ingested_at"]):
        as_of, ingested_at = served[0]["as_of"], served[0]["_meta"]["ingested_at"]
        night, days = served[0]["night"], max(0, (_moment(ingested_at) - as_of).days)
        is_passed = any(other > as_of and time < ingested_at for other, time in asked.items())
        if not is_passed and days <= waited.setdefault(night, days):
            nights[night] = dict(map(typed, served))
    return nights


def _days(
    lines: list[Line], typed: Callable[[Line], tuple[date, Row]]
) -> dict[tuple[str, date], Row]:
    rows: dict[tuple[str, date], Row] = {}
    for line in _newest_last(lines):
        day, row = typed(line)
        rows[line["_meta"]["media_id"], day] = row
    return rows


# ── streams ──────────────────────────────────────────────────────────────────────────────────────
def event(line: Line, key: bytes) -> Row:
    """Return a viewing session with its pseudonym and without personal data."""
    meta, record = line["_meta"], line["record"]
    conversion = record.get("conversion_data") or {}
    agent = record.get("user_agent_details") or {}
    country = _text(record.get("country"))
    region_code, region_name = region(country and country.upper(), _text(record.get("region")))
    visitor, conversion_type = _text(record["visitor_key"]), _text(record.get("conversion_type"))
    return {
        "event_key": record["event_key"],
        "received_at": _moment(record["received_at"]),
        "visitor_id": visitor and hmac.new(key, visitor.encode(), hashlib.sha256).hexdigest(),
        "media_id": record["media_id"],
        "media_name": _text(record.get("media_name")),
        "percent_viewed": _double(record.get("percent_viewed")),
        **page(_text(record.get("embed_url"))),
        "country_code": country and country.upper(),
        "region_code": region_code,
        "region_name": region_name,
        "city": _text(record.get("city")),
        "latitude": _one_decimal(record.get("lat")),
        "longitude": _one_decimal(record.get("lon")),
        "organization": _text(record.get("org")),
        "has_email": bool(_text(record.get("email")) or _text(conversion.get("email"))),
        "conversion_type": conversion_type,
        "is_conversion": conversion_type is not None,
        "is_new_lead": conversion.get("is_new_lead"),
        "browser": _text(agent.get("browser")),
        "browser_version": _text(agent.get("browser_version")),
        "platform": _text(agent.get("platform")),
        "is_mobile": agent.get("mobile"),
        "ingested_at": _moment(meta["ingested_at"]),
        "run_id": meta["run_id"],
        "ingested_page": meta["page"],
        "ingested_position": meta["position"],
    }


def page(url: str | None) -> Row:
    """Return host, path and campaign of the page with the player."""
    if url is None:
        return dict.fromkeys(("embed_host", "embed_path", *UTM))
    parts = urlsplit(url)
    if parts.scheme not in ("", "http", "https") or not parts.hostname:
        return dict.fromkeys(("embed_host", "embed_path", *UTM))
    given = parse_qs(parts.query, keep_blank_values=True)
    campaign = {name: given[name][0] if name in given else None for name in UTM}
    return {
        "embed_host": parts.hostname,
        "embed_path": parts.path or "/",
        **{name: _text(value) for name, value in campaign.items()},
    }


def region(country: str | None, given: str | None) -> tuple[str | None, str | None]:
    """Return code and name of a region, which the API serves as a code or as a name."""
    if given is None:
        return None, None
    known = _regions().get((country, _plain(given)))
    if known is not None:
        return known
    return (given, None) if re.fullmatch("[A-Z0-9]{1,3}", given) else (None, given)


@cache
def _regions() -> dict[tuple[str | None, str], tuple[str, str]]:
    """Return ISO 3166-2 by code and by name; of two of one name, that which is no part of another."""
    found: dict[tuple[str | None, str], tuple[str, str]] = {}
    for row in sorted(subdivisions(), key=lambda row: row.is_part, reverse=True):
        names = f"{row.local}|{row.english}|{row.names}|{row.region_name}".split("|")
        found |= {
            (row.country_code, _plain(name)): (row.region_code, row.region_name)
            for name in names
            if name
        }
    by_code = {
        (row.country_code, _plain(row.region_code)): (row.region_code, row.region_name)
        for row in subdivisions()
    }
    return found | by_code


def _plain(name: str) -> str:
    """Return a name without accents, case, blanks and punctuation."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", name).casefold()))


def media(line: Line) -> tuple[str, Row]:
    """Return a media as one night lists it."""
    record = line["record"]
    folder, subfolder = record.get("folder") or {}, record.get("subfolder") or {}
    thumbnail, assets = record.get("thumbnail") or {}, record.get("assets")
    original: Row = next((a for a in assets or [] if a["type"] == "OriginalFile"), {})
    return record["hashed_id"], {
        "media_numeric_id": record.get("id"),
        "media_name": _text(record.get("name")),
        "media_type": _text(record.get("type")),
        "status": _text(record.get("status")),
        "section": _text(record.get("section")),
        "description": _text(record.get("description")),
        "tags": [tag["name"] for tag in record["tags"]] if "tags" in record else None,
        "is_archived": record.get("archived"),
        "is_protected": record.get("protected"),
        "folder_id": _text(folder.get("hashed_id")),
        "folder_numeric_id": folder.get("id"),
        "folder_name": _text(folder.get("name")),
        "subfolder_id": _text(subfolder.get("hashed_id")),
        "subfolder_name": _text(subfolder.get("name")),
        **length(record),
        "ingested_at": _moment(line["_meta"]["ingested_at"]),
        "progress": _double(record.get("progress")),
        "asset_count": None if assets is None else len(assets),
        "original_file_bytes": original.get("file_size"),
        "original_width": original.get("width"),
        "original_height": original.get("height"),
        "thumbnail_url": _text(thumbnail.get("url")),
        "thumbnail_width": thumbnail.get("width"),
        "thumbnail_height": thumbnail.get("height"),
        "created_at": _moment(record.get("created")),
        "updated_at": _moment(record.get("updated")),
    }


def length(record: Line) -> Row:
    """Return playing time or pages: Wistia serves both as `duration`; other kinds have neither."""
    kind, duration = record.get("type"), record.get("duration")
    return {
        "duration_seconds": None if kind in UNTIMED else _double(duration),
        "page_count": duration if kind in DOCUMENTS and duration == _whole(duration) else None,
    }


def deleted_media(line: Line) -> tuple[str, Row]:
    """Return a deleted media as one night lists it."""
    record = line["record"]
    folder = record.get("folder") or {}
    return record["hashed_id"], {
        "media_name": _text(record.get("name")),
        "media_type": _text(record.get("type")),
        **length(record),
        "deleted_at": _moment(record.get("deleted_at")),
        "folder_id": _text(folder.get("hashed_id")),
        "folder_name": _text(folder.get("name")),
        "ingested_at": _moment(line["_meta"]["ingested_at"]),
    }


def folder(line: Line) -> tuple[str, Row]:
    """Return a folder as one night lists it."""
    record = line["record"]
    return record["hashed_id"], {
        "folder_name": _text(record.get("name")),
        "description": _text(record.get("description")),
    }


def curve(line: Line) -> tuple[str, Row]:
    """Return the engagement curve of a media."""
    record = line["record"]
    return line["_meta"]["media_id"], {
        "engagement_data": record.get("engagement_data"),
        "rewatch_data": record.get("rewatch_data"),
    }


def lifetime(line: Line) -> tuple[str, Row]:
    """Return the lifetime totals of a media."""
    record = line["record"]
    return line["_meta"]["media_id"], {
        "load_count": record.get("load_count"),
        "play_count": record.get("play_count"),
        "visitor_count": record.get("visitors"),
        "play_rate": _double(record.get("play_rate")),
        "engagement_rate": _double(record.get("engagement")),
        "modelled_hours_watched": _double(record.get("hours_watched")),
    }


def daily(line: Line) -> tuple[date, Row]:
    """Return what Wistia reports of a media and a day: the one that is written, in any zone."""
    record = line["record"]
    return date.fromisoformat(record["date"][:10]), {
        "load_count": record.get("load_count"),
        "play_count": record.get("play_count"),
        "modelled_hours_watched": _double(record.get("hours_watched")),
    }


def analytics(line: Line) -> tuple[date, Row]:
    """Return what Wistia measured, on the account's own day (right from UTC-10 to UTC+13:45)."""
    record = line["record"]
    started = _moment(record["timestamp"])
    return (started + timedelta(hours=13, minutes=45)).date(), {
        "bucket_started_at": started,
        "ingested_at": _moment(line["_meta"]["ingested_at"]),
        "plays": record.get("plays"),
        "unique_plays": record.get("unique_plays"),
        "unique_loads": record.get("unique_loads"),
        "unique_visitors": record.get("unique_visitors"),
        "play_rate": _double(record.get("play_rate")),
        "engagement_rate": _double(record.get("engagement_rate")),
        "played_seconds": _double(record.get("played_time")),
    }


# ── values ───────────────────────────────────────────────────────────────────────────────────────
def _text(value: Any) -> str | None:
    return (None if value is None else str(value).strip(" ")) or None


def _double(value: Any) -> float | None:
    return None if value is None else float(value)


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _one_decimal(value: Any) -> float | None:
    if value is None:
        return None
    return float(Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP))


def _moment(text: Any) -> Any:
    """Return naive UTC in whole milliseconds, which is what Athena reads of a parquet timestamp."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    milliseconds = (moment.microsecond + 500) // 1000
    return moment.replace(microsecond=0) + timedelta(milliseconds=milliseconds)
