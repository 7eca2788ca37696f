"""The columns that are computed, not just a typed field, by stream."""

from collections.abc import Callable

from pyspark.sql import Column
from pyspark.sql import functions as sf

from ingestion.normalize import expressions as ex
from ingestion.normalize import lengths, regions
from ingestion.normalize.fields import ACCOUNT_DAY_SHIFT
from ingestion.normalize.records import Fields

Stages = tuple[dict[str, Column], dict[str, Column], dict[str, Column]]
"""Columns by name, in three stages that build on each other: the first reads the record, the last
has only columns of the table. Each stage is a projection: Spark inlines an expression wherever it
is used, and plans of nested expressions grow without bound."""


UTM_PARAMETERS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

_ACCOUNT_DAY_SHIFT_SECONDS = int(ACCOUNT_DAY_SHIFT.total_seconds())

_ASSETS = "array<struct<type:string,file_size:bigint,width:int,height:int>>"


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
            **_lengths(),
        },
    )


def _lengths() -> dict[str, Column]:
    """Return the columns that a valid `duration` fills, by the media's type."""
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
    country, region, bare_region = map(sf.col, ("country_code", "_region", "_bare_region"))
    known_region = sf.col("_known_region")
    # A region that is in no table is kept: in capitals or digits it is a code of another table.
    looks_like_code = region.rlike("^([A-Z]{2}-)?[A-Z0-9]{1,3}$")
    email = sf.coalesce(record["email"], record["conversion_data.email"])
    parts, is_plain, query = map(sf.col, ("_url_parts", "_is_plain_url", "_query"))
    # `about:srcdoc` or `data:…` has no host, and may contain personal data.
    has_host = sf.col("embed_host").isNotNull()
    return (
        {
            "visitor_id": _visitor_id(record),
            "_url_parts": ex.url_parts(record["embed_url"]),
            "_is_plain_url": ex.is_plain_url(record["embed_url"]),
            "_query": ex.url_query(record["embed_url"], "utm_"),
            "_media_url": record["media_url"],
            "country_code": sf.upper(record["country"]),
            "_region": record["region"],
            "_bare_region": regions.without_country(sf.upper(record["country"]), record["region"]),
            "has_email": email.isNotNull(),
            "is_conversion": record["conversion_type"].isNotNull(),
        },
        {
            "media_url": ex.url_without_persons(sf.col("_media_url")),
            "embed_host": ex.url_host(parts, is_plain),
            "_embed_path": ex.url_path(parts, is_plain),
            "_known_region": regions.code(country, region, bare_region),
            **{f"_{name}": ex.query_parameter(query, name) for name in UTM_PARAMETERS},
        },
        {
            "embed_path": ex.without_persons(sf.col("_embed_path")),
            "region_code": sf.coalesce(known_region, sf.when(looks_like_code, bare_region)),
            "region_name": sf.when(
                known_region.isNotNull(), regions.name(country, known_region)
            ).otherwise(sf.when(~looks_like_code, region)),
            **{
                name: sf.when(has_host, ex.decode_parameter(sf.col(f"_{name}")))
                for name in UTM_PARAMETERS
            },
        },
    )


def _media_engagement(record: Fields) -> Stages:
    lists = {
        name: sf.from_json(record[name], "array<double>").cast("array<int>")
        for name in ("engagement_data", "rewatch_data")
    }
    return lists, {}, {}


def _media_daily_stats(record: Fields) -> Stages:
    # The day as written is the account's own, whatever time and zone follow it.
    return {"_date": ex.day(record["date"])}, {}, {}


def _visitors(record: Fields) -> Stages:
    identity = sf.coalesce(
        *(record[f"visitor_identity.{part}"] for part in ("name", "email", "org.name"))
    )
    return {"visitor_id": _visitor_id(record), "has_identity": identity.isNotNull()}, {}, {}


def _visitor_id(record: Fields) -> Column:
    return ex.keyed_hash(record["visitor_key"], sf.col("_inner_pad"), sf.col("_outer_pad"))


DERIVATIONS: dict[str, Callable[[Fields], Stages]] = {
    "media": _media,
    "deleted_media": lambda _: ({}, {}, _lengths()),
    "events": _events,
    "media_daily_stats": _media_daily_stats,
    "media_engagement": _media_engagement,
    "visitors": _visitors,
}

MISFITS: dict[str, Callable[[], Column]] = {
    "deleted_media": lambda: _is_document() & ~_is_page_count(),
}
"""Combinations of fields that do not fit although each field does. (`media` is not here: all its
lines are cleaned.)"""

PARTITION_DATES: dict[str, Callable[[], Column]] = {
    "events": lambda: sf.to_date("received_at"),
    "media_daily_stats": lambda: sf.to_date("_date"),
    "media_analytics": lambda: sf.to_date(
        sf.col("bucket_started_at") + sf.expr(f"interval {_ACCOUNT_DAY_SHIFT_SECONDS} seconds")
    ),
}
