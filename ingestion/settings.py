"""The functions' environment, read once per invocation.

Plain dataclasses: pydantic-settings would add 0.6 s to every cold start (measured on the two-core
development machine: 1.8 s instead of 1.2 s), which is longer than most invocations run.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ingestion.declarations import DEFAULT_STREAMS, STREAMS
from ingestion.errors import InvalidSettings

DEFAULT_BASE_URL = "https://api.wistia.com"
# Pinned: without the header /modern silently moves to the newest release. Each lives about a year.
DEFAULT_API_VERSION = "2026-09"


@dataclass(frozen=True)
class Settings:
    """The settings, as the environment has them.

    Attributes
    ----------
    data_bucket
        Bucket of the landing zone and the state.
    staging_database
        Glue database of the staging tables; only Register needs it.
    base_url
        Scheme and host of the API; paths are added by the client.
    requests_per_minute
        The account's limit, shared by all functions of a run; 0 for none.
    media_ids
        The only medias whose events and statistics are pulled; empty for all.
    connections
        Keep-alive connections of one function.
    """

    data_bucket: str
    staging_database: str = ""
    base_url: str = DEFAULT_BASE_URL
    api_version: str = DEFAULT_API_VERSION
    api_token: str = field(default="", repr=False)
    token_secret_id: str = ""
    streams: tuple[str, ...] = DEFAULT_STREAMS
    media_ids: tuple[str, ...] = ()
    lookback_days: int = 3
    initial_history_days: int = 729
    requests_per_minute: int = 600
    connections: int = 8
    request_timeout_seconds: float = 30.0
    max_attempts: int = 8
    rotate_bytes: int = 64 * 1024 * 1024

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings.

        Raises
        ------
        InvalidSettings
            A variable is missing or unreadable; the text names it.
        """
        read = _Reader(os.environ if environment is None else environment)
        settings = cls(
            data_bucket=read.text("DATA_BUCKET"),
            staging_database=read.text("STAGING_DATABASE", ""),
            base_url=_base_url(read.text("WISTIA_API_BASE_URL", DEFAULT_BASE_URL)),
            api_version=read.text("WISTIA_API_VERSION", DEFAULT_API_VERSION),
            api_token=read.text("WISTIA_API_TOKEN", ""),
            token_secret_id=read.text("WISTIA_TOKEN_SECRET_ID", ""),
            streams=read.names("INGEST_STREAMS", DEFAULT_STREAMS),
            media_ids=read.media_ids("MEDIA_IDS"),
            lookback_days=read.whole("LOOKBACK_DAYS", 3),
            initial_history_days=read.whole("INITIAL_HISTORY_DAYS", 729),
            requests_per_minute=read.whole("REQUESTS_PER_MINUTE", 600),
            connections=max(1, read.whole("WISTIA_CONNECTIONS", 8)),
            request_timeout_seconds=float(read.whole("WISTIA_TIMEOUT_SECONDS", 30)),
            max_attempts=max(1, read.whole("WISTIA_MAX_ATTEMPTS", 8)),
        )
        unknown = sorted(set(settings.streams) - set(STREAMS))
        if unknown:
            raise InvalidSettings(
                f"INGEST_STREAMS contains unknown streams: {', '.join(unknown)}. "
                f"Known streams: {', '.join(STREAMS)}."
            )
        return settings


def is_media_id(text: str) -> bool:
    """Return whether a text can be a media id: not empty, and no blanks in it."""
    return text.isprintable() and text.split() == [text]


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def text(self, name: str, default: str | None = None) -> str:
        value = self._environment.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise InvalidSettings(
                f"The environment variable {name} is not set. Set it on the function."
            )
        return default

    def names(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        parts = (part.strip() for part in self.text(name, "").split(","))
        return tuple(dict.fromkeys(part for part in parts if part)) or default

    def media_ids(self, name: str) -> tuple[str, ...]:
        """Read a list of ids. Only a variable that is not set means all medias."""
        given = self._environment.get(name)
        if given is None:
            return ()
        parts = [part.strip() for part in given.split(",")]
        if not all(map(is_media_id, parts)):
            raise InvalidSettings(
                f"{name}={given!r} is not a list of media ids such as abc123def4,ghi567jkl8. "
                f"Correct it, or unset {name} to take all medias."
            )
        return tuple(dict.fromkeys(parts))

    def whole(self, name: str, default: int) -> int:
        text = self.text(name, str(default))
        try:
            value = int(text)
        except ValueError:
            value = -1
        if value < 0:
            raise InvalidSettings(f"{name}={text!r} is not a whole number of zero or more.")
        return value


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query:
        raise InvalidSettings(
            "WISTIA_API_BASE_URL must be a scheme and a host, as in https://api.wistia.com "
            "(paths are added by the client, credentials come from the secret)."
        )
    # A path prefix is kept for gateways; /modern and /v1 are removed, because people paste them.
    path = parts.path.rstrip("/").removesuffix("/modern").removesuffix("/v1")
    return f"{parts.scheme}://{parts.netloc}{path}"
