"""The declarations of the staging tables: one per stream, the contract with Glue, Athena and dbt.

The CloudFormation template declares the same tables; a test compares the two. A new stream
is one `Table` here, its fields in `privacy.csv`, and nothing else unless a column is derived.
"""

from dataclasses import dataclass

LINEAGE_COLUMNS = (
    ("ingested_at", "timestamp"),
    ("run_id", "string"),
    ("_extra", "string"),
    ("_nulled", "array<string>"),
)

# In a table that shows deletions: whether a row of the run's list is in quarantine, so that a row
# missing from the list is not necessarily deleted.
PARTIAL_COLUMN = "_is_partial"

# Wistia was founded in 2006: an older timestamp is invalid.
EARLIEST_DATE = "2006-01-01"

# No run's clock can show a later date.
LATEST_DATE = "2100-01-01"

# A share is the quotient of two figures that Wistia rounds: it may be 1.0000000002, and up to this
# much above 1 it means 1. A larger number is not a share.
SHARE_TOLERANCE = 0.01

# Above this a double is Infinity or nonsense; in Spark, NaN is larger than every number.
LARGEST_DOUBLE = 1e15


@dataclass(frozen=True)
class Column:
    """One column of a staging table.

    Parameters
    ----------
    name, type
        Name and Glue type (`string`, `bigint`, `array<string>`, …).
    field
        Path of the field in the record (`thumbnail.width`) or in the envelope (`_meta.media_id`).
        None when `derivations.py` computes the column.
    required
        Key, date or envelope: a record without it is quarantined. Any other value that does not fit
        is null, and `_nulled` lists its column. `events.media_id` is required as well: a play
        without a media counts nowhere.
    verbatim
        A name or a description: kept as served, blanks included. Any other text is an identifier or
        a dimension: outer blanks are removed, and a blank text is null.
    minimum, maximum
        Inclusive bounds of a number. The maximum of a double defaults to `LARGEST_DOUBLE`, so NaN
        and Infinity never reach a mart.
    tolerance
        Up to this far above the maximum, a number is replaced by the maximum.
    decimals
        A double is rounded to this many decimals (coarsened, see `privacy.csv`).
    """

    name: str
    type: str
    field: str | None = None
    required: bool = False
    verbatim: bool = False
    minimum: float | None = None
    maximum: float | None = None
    tolerance: float = 0
    decimals: int | None = None


@dataclass(frozen=True)
class Table:
    """One stream and the staging table that it fills.

    Parameters
    ----------
    name
        Name of the stream and of the table.
    partition_column
        `event_date` for facts, `snapshot_date` for dimensions (the run's date, by `as_of`).
    key
        Columns that identify a row; with the partition column they are unique in the table.
    columns
        The typed columns, without the lineage columns that every table ends with.
    shows_deletions
        A night lists all rows: one that is missing was deleted.
    """

    name: str
    partition_column: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    shows_deletions: bool = False

    @property
    def is_snapshot(self) -> bool:
        """Return whether a night writes one partition with the state of that night."""
        return self.partition_column == "snapshot_date"

    @property
    def glue_columns(self) -> tuple[tuple[str, str], ...]:
        """Name and Glue type of every column in the files, in order, partition column excluded."""
        typed = ((column.name, column.type) for column in self.columns)
        return (
            *typed,
            *LINEAGE_COLUMNS,
            *(((PARTIAL_COLUMN, "boolean"),) if self.shows_deletions else ()),
        )

    @property
    def ddl(self) -> str:
        """The table's columns as a Spark schema string."""
        return ", ".join(f"`{name}` {kind}" for name, kind in self.glue_columns)


def _count(name: str, field: str, kind: str = "bigint") -> Column:
    return Column(name, kind, field, minimum=0)


def _rate(name: str, field: str) -> Column:
    return Column(name, "double", field, minimum=0, maximum=1, tolerance=SHARE_TOLERANCE)


def _words(name: str, field: str) -> Column:
    return Column(name, "string", field, verbatim=True)


MEDIA = Table(
    "media",
    "snapshot_date",
    ("media_id",),
    (
        Column("media_id", "string", "hashed_id", required=True),
        Column("media_numeric_id", "bigint", "id"),
        _words("media_name", "name"),
        Column("media_type", "string", "type"),
        Column("status", "string", "status"),
        Column("is_archived", "boolean", "archived"),
        Column("is_protected", "boolean", "protected"),
        Column("created_at", "timestamp", "created"),
        Column("updated_at", "timestamp", "updated"),
        Column("duration_seconds", "double", "duration", minimum=0),
        _words("description", "description"),
        _words("section", "section"),
        _rate("progress", "progress"),
        Column("thumbnail_url", "string", "thumbnail.url"),
        _count("thumbnail_width", "thumbnail.width", "int"),
        _count("thumbnail_height", "thumbnail.height", "int"),
        Column("folder_id", "string", "folder.hashed_id"),
        Column("folder_numeric_id", "bigint", "folder.id"),
        _words("folder_name", "folder.name"),
        Column("subfolder_id", "string", "subfolder.hashed_id"),
        _words("subfolder_name", "subfolder.name"),
        Column("tags", "array<string>"),
        Column("asset_count", "int"),
        Column("original_file_bytes", "bigint"),
        Column("original_width", "int"),
        Column("original_height", "int"),
        Column("page_count", "int"),
    ),
    shows_deletions=True,
)

DELETED_MEDIA = Table(
    "deleted_media",
    "snapshot_date",
    ("media_id",),
    (
        Column("media_id", "string", "hashed_id", required=True),
        _words("media_name", "name"),
        Column("media_type", "string", "type"),
        Column("duration_seconds", "double", "duration", minimum=0),
        Column("page_count", "int"),
        Column("deleted_at", "timestamp", "deleted_at"),
        Column("folder_id", "string", "folder.hashed_id"),
        _words("folder_name", "folder.name"),
    ),
)

EVENTS = Table(
    "events",
    "event_date",
    ("event_key",),
    (
        Column("event_key", "string", "event_key", required=True),
        Column("received_at", "timestamp", "received_at", required=True),
        Column("visitor_id", "string"),
        Column("media_id", "string", "media_id", required=True),
        _words("media_name", "media_name"),
        Column("media_url", "string"),
        _rate("percent_viewed", "percent_viewed"),
        Column("embed_host", "string"),
        Column("embed_path", "string"),
        Column("utm_source", "string"),
        Column("utm_medium", "string"),
        Column("utm_campaign", "string"),
        Column("utm_term", "string"),
        Column("utm_content", "string"),
        Column("country_code", "string"),
        Column("region_code", "string"),
        Column("region_name", "string"),
        Column("city", "string", "city"),
        Column("latitude", "double", "lat", minimum=-90, maximum=90, decimals=1),
        Column("longitude", "double", "lon", minimum=-180, maximum=180, decimals=1),
        Column("organization", "string", "org"),
        Column("has_email", "boolean"),
        Column("conversion_type", "string", "conversion_type"),
        Column("is_conversion", "boolean"),
        Column("is_new_lead", "boolean", "conversion_data.is_new_lead"),
        Column("browser", "string", "user_agent_details.browser"),
        Column("browser_version", "string", "user_agent_details.browser_version"),
        Column("platform", "string", "user_agent_details.platform"),
        Column("is_mobile", "boolean", "user_agent_details.mobile"),
        Column("ingested_page", "int", "_meta.page"),
        Column("ingested_position", "int", "_meta.position"),
    ),
)

MEDIA_DAILY_STATS = Table(
    "media_daily_stats",
    "event_date",
    ("media_id",),
    (
        Column("media_id", "string", "_meta.media_id", required=True),
        _count("load_count", "load_count"),
        _count("play_count", "play_count"),
        Column("modelled_hours_watched", "double", "hours_watched", minimum=0),
    ),
)

MEDIA_ANALYTICS = Table(
    "media_analytics",
    "event_date",
    ("media_id",),
    (
        Column("media_id", "string", "_meta.media_id", required=True),
        Column("bucket_started_at", "timestamp", "timestamp", required=True),
        _count("plays", "plays"),
        _count("unique_plays", "unique_plays"),
        _count("unique_loads", "unique_loads"),
        _count("unique_visitors", "unique_visitors"),
        _rate("play_rate", "play_rate"),
        _rate("engagement_rate", "engagement_rate"),
        Column("played_seconds", "double", "played_time", minimum=0),
    ),
)

MEDIA_STATS = Table(
    "media_stats",
    "snapshot_date",
    ("media_id",),
    (
        Column("media_id", "string", "_meta.media_id", required=True),
        _count("load_count", "load_count"),
        _count("play_count", "play_count"),
        _rate("play_rate", "play_rate"),
        Column("modelled_hours_watched", "double", "hours_watched", minimum=0),
        _rate("engagement_rate", "engagement"),
        _count("visitor_count", "visitors"),
    ),
)

MEDIA_ENGAGEMENT = Table(
    "media_engagement",
    "snapshot_date",
    ("media_id",),
    (
        Column("media_id", "string", "_meta.media_id", required=True),
        _rate("engagement_rate", "engagement"),
        Column("engagement_data", "array<int>"),
        Column("rewatch_data", "array<int>"),
    ),
)

FOLDERS = Table(
    "folders",
    "snapshot_date",
    ("folder_id",),
    (
        Column("folder_id", "string", "hashed_id", required=True),
        Column("folder_numeric_id", "bigint", "id"),
        _words("folder_name", "name"),
        _words("description", "description"),
        _count("media_count", "media_count", "int"),
        Column("is_public", "boolean", "public"),
        Column("created_at", "timestamp", "created"),
        Column("updated_at", "timestamp", "updated"),
    ),
)

VISITORS = Table(
    "visitors",
    "snapshot_date",
    ("visitor_id",),
    (
        Column("visitor_id", "string", required=True),
        Column("created_at", "timestamp", "created_at"),
        Column("last_active_at", "timestamp", "last_active_at"),
        _count("load_count", "load_count"),
        _count("play_count", "play_count"),
        Column("browser", "string", "user_agent_details.browser"),
        Column("platform", "string", "user_agent_details.platform"),
        Column("is_mobile", "boolean", "user_agent_details.mobile"),
        Column("has_identity", "boolean"),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        MEDIA,
        DELETED_MEDIA,
        EVENTS,
        MEDIA_DAILY_STATS,
        MEDIA_ANALYTICS,
        MEDIA_STATS,
        MEDIA_ENGAGEMENT,
        FOLDERS,
        VISITORS,
    )
}
