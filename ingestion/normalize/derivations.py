"""The columns that are more than one field with a type, stream by stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from pyspark.sql import Column
from pyspark.sql import functions as sf

from ingestion.normalize import expressions as ex

Derivation = Callable[[Column], dict[str, Column]]

UTM_PARAMETERS: Final = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

_ASSETS: Final = "array<struct<type:string,file_size:bigint,width:int,height:int>>"


def _media(record: Column) -> dict[str, Column]:
    assets = sf.from_json(record["assets"], _ASSETS)
    original = sf.filter(assets, lambda asset: asset["type"] == "OriginalFile")
    # `get` gives null where `[0]` would fail on an empty array under ANSI mode.
    first = sf.get(original, sf.lit(0))
    tags = sf.from_json(record["tags"], "array<struct<name:string>>")
    return {
        "tags": sf.transform(tags, lambda tag: tag["name"]),
        "asset_count": sf.when(assets.isNotNull(), sf.size(assets)),
        "original_file_bytes": first["file_size"],
        "original_width": first["width"],
        "original_height": first["height"],
    }


def _events(record: Column) -> dict[str, Column]:
    location = ex.url_location(ex.text(record["embed_url"]))
    country = sf.upper(ex.text(record["country"]))
    given_region = ex.text(record["region"])
    known_region = ex.region(country, given_region)
    looks_like_code = given_region.rlike("^[A-Z0-9]{1,3}$")
    email = sf.coalesce(
        ex.text(record["email"]), ex.text(sf.get_json_object(record["conversion_data"], "$.email"))
    )
    return {
        "visitor_id": ex.keyed_hash(
            ex.text(record["visitor_key"]), sf.col("_inner_pad"), sf.col("_outer_pad")
        ),
        "media_url": ex.without_query(ex.text(record["media_url"])),
        "embed_host": ex.url_host(location),
        "embed_path": ex.url_path(location),
        **{name: ex.url_parameter(location, name) for name in UTM_PARAMETERS},
        "country_code": country,
        "region_code": sf.coalesce(
            sf.substring_index(known_region, "|", 1), sf.when(looks_like_code, given_region)
        ),
        "region_name": sf.coalesce(
            sf.substring_index(known_region, "|", -1), sf.when(~looks_like_code, given_region)
        ),
        "has_email": email.isNotNull(),
        "is_conversion": ex.text(record["conversion_type"]).isNotNull(),
    }


def _media_engagement(record: Column) -> dict[str, Column]:
    return {
        name: sf.from_json(record[name], "array<double>").cast("array<int>")
        for name in ("engagement_data", "rewatch_data")
    }


def _visitors(record: Column) -> dict[str, Column]:
    identity = sf.from_json(
        record["visitor_identity"], "struct<name:string,email:string,org:struct<name:string>>"
    )
    given = (identity["name"], identity["email"], identity["org"]["name"])
    return {
        "visitor_id": ex.keyed_hash(
            ex.text(record["visitor_key"]), sf.col("_inner_pad"), sf.col("_outer_pad")
        ),
        "has_identity": sf.coalesce(*(ex.text(part) for part in given)).isNotNull(),
    }


DERIVATIONS: Final[dict[str, Derivation]] = {
    "media": _media,
    "events": _events,
    "media_engagement": _media_engagement,
    "visitors": _visitors,
}

# Fields whose JSON must parse although the column that they feed is derived.
ARRAY_FIELDS: Final[dict[str, dict[str, str]]] = {
    "media": {"tags": "tags", "assets": "asset_count"},
    "media_engagement": {"engagement_data": "engagement_data", "rewatch_data": "rewatch_data"},
}

PARTITION_DATES: Final[dict[str, Callable[[Column], Column]]] = {
    "events": lambda _: sf.to_date("received_at"),
    "media_daily_stats": lambda record: sf.to_date(ex.timestamp(ex.text(record["date"]))),
    # Buckets are days of the account's zone: the partition is the UTC day that a bucket mostly
    # covers, which is the account's own day for every zone from UTC-12 to UTC+12.
    "media_analytics": lambda _: sf.to_date(
        sf.col("bucket_started_at") + sf.expr("interval 12 hours")
    ),
}
