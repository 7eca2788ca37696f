"""The columns that are more than one field with a type, stream by stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as sf

from ingestion.normalize import expressions as ex
from ingestion.normalize import lengths, regions
from ingestion.normalize.fields import ACCOUNT_DAY_SHIFT
from ingestion.normalize.records import Fields

Stages = tuple[dict[str, Column], ...]
"""Columns by name, in the order in which they build on each other; only the first may read the
record. Every stage is a projection of its own: Spark inlines an expression wherever it is used, and
plans of nested ones grow without bound."""


UTM_PARAMETERS: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

_ACCOUNT_DAY_SHIFT_SECONDS: Final = int(ACCOUNT_DAY_SHIFT.total_seconds())

_ASSETS: Final = "array<struct<type:string,file_size:bigint,width:int,height:int>>"


def _media(record: Fields) -> Stages:
    original = sf.filter("_assets", lambda asset: asset["type"] == "OriginalFile")
    return (
        {
            "_assets": sf.from_json(record["assets"], _ASSETS),
            "_tags": sf.from_json(record["tags"], "array<struct<name:string>>"),
        },
        {
            "tags": sf.transform("_tags", lambda tag: tag["name"]),
            "asset_count": sf.when(sf.col("_assets").isNotNull(), sf.size("_assets")),
            # `get` gives null where `[0]` fails on an empty array under ANSI mode.
            "_original": sf.get(original, sf.lit(0)),
        },
        {
            "original_file_bytes": sf.col("_original.file_size"),
            "original_width": sf.col("_original.width"),
            "original_height": sf.col("_original.height"),
        },
        _lengths(),
    )


def _lengths() -> dict[str, Column]:
    """Return what Wistia's `duration` means for the media's type, once it is a valid number."""
    without = (*lengths.DOCUMENTS, *lengths.WITHOUT_LENGTH)
    is_timed = ~sf.coalesce(sf.lower("media_type").isin(*without), sf.lit(False))
    duration = sf.col("duration_seconds")
    return {
        "page_count": sf.when(_is_document() & _is_page_count(), duration.cast("int")),
        "duration_seconds": sf.when(is_timed, duration),
    }


def _is_document() -> Column:
    return sf.coalesce(sf.lower("media_type").isin(*lengths.DOCUMENTS), sf.lit(False))


def _is_page_count() -> Column:
    duration = sf.col("duration_seconds")
    return (duration == sf.floor(duration)) & (duration <= lengths.MOST_PAGES)


def _events(record: Fields) -> Stages:
    region, known_region = sf.col("_region"), sf.col("_known_region")
    # What no table knows stays as it came: in capitals or digits it is a code of another table.
    looks_like_code = region.rlike("^([A-Z]{2}-)?[A-Z0-9]{1,3}$")
    email = sf.coalesce(record["email"], record["conversion_data.email"])
    url = record["embed_url"]
    # `about:srcdoc` or `data:…` has no host, and what it holds may be a person's.
    has_host = sf.col("_host") != ""
    return (
        {
            "_visitor_key": record["visitor_key"],
            "_url": url,
            "_bare_url": ex.without_query(url),
            "_media_page": ex.without_query(record["media_url"]),
            "_region": record["region"],
            "country_code": sf.upper(record["country"]),
            "has_email": email.isNotNull(),
            "is_conversion": record["conversion_type"].isNotNull(),
        },
        {
            "visitor_id": _visitor_id(),
            "_media_root": ex.url_root(sf.col("_media_page")),
            "_host": ex.url_host(sf.col("_bare_url")),
            "_path": ex.url_path(sf.col("_bare_url")),
            "_query": ex.url_query(sf.col("_url")),
            "_bare_region": regions.without_country(sf.col("country_code"), region),
        },
        {
            "_known_region": regions.code(sf.col("country_code"), region, sf.col("_bare_region")),
            "_media_path": ex.url_path_after(sf.col("_media_root"), sf.col("_media_page")),
            "embed_host": ex.text(sf.col("_host")),
            "embed_path": sf.when(
                has_host,
                sf.when(sf.col("_path") == "", sf.lit("/")).otherwise(
                    ex.without_persons(sf.col("_path"))
                ),
            ),
            **{
                f"_{name}": sf.when(has_host, ex.query_parameter(sf.col("_query"), name))
                for name in UTM_PARAMETERS
            },
        },
        {
            "media_url": sf.when(
                sf.col("_media_root") != "",
                sf.concat("_media_root", ex.without_persons(sf.col("_media_path"))),
            ),
            "region_code": sf.coalesce(
                known_region, sf.when(looks_like_code, sf.col("_bare_region"))
            ),
            "region_name": sf.when(
                known_region.isNotNull(), regions.name(sf.col("country_code"), known_region)
            ).otherwise(sf.when(~looks_like_code, region)),
            **{name: ex.decode_parameter(sf.col(f"_{name}")) for name in UTM_PARAMETERS},
        },
    )


def _media_engagement(record: Fields) -> Stages:
    return (
        {
            name: sf.from_json(record[name], "array<double>").cast("array<int>")
            for name in ("engagement_data", "rewatch_data")
        },
    )


def _visitors(record: Fields) -> Stages:
    identity = sf.coalesce(
        *(record[f"visitor_identity.{part}"] for part in ("name", "email", "org.name"))
    )
    return (
        {"_visitor_key": record["visitor_key"], "has_identity": identity.isNotNull()},
        {"visitor_id": _visitor_id()},
    )


def _visitor_id() -> Column:
    return ex.keyed_hash(sf.col("_visitor_key"), sf.col("_inner_pad"), sf.col("_outer_pad"))


DERIVATIONS: Final[dict[str, Callable[[Fields], Stages]]] = {
    "media": _media,
    "deleted_media": lambda _: ({}, {}, {}, _lengths()),
    "events": _events,
    # The day as it is written is the account's own, whatever time and zone are beside it.
    "media_daily_stats": lambda record: ({"_date": ex.day(record["date"])},),
    "media_engagement": _media_engagement,
    "visitors": _visitors,
}

MISFITS: Final[dict[str, Callable[[], Column]]] = {
    "deleted_media": lambda: _is_document() & ~_is_page_count(),
}
"""Where several fields together do not fit, once each of them does. (All lines of `media` are
cleaned.)"""

PARTITION_DATES: Final[dict[str, Callable[[], Column]]] = {
    "events": lambda: sf.to_date("received_at"),
    "media_daily_stats": lambda: sf.to_date("_date"),
    "media_analytics": lambda: sf.to_date(
        sf.col("bucket_started_at") + sf.expr(f"interval {_ACCOUNT_DAY_SHIFT_SECONDS} seconds")
    ),
}
