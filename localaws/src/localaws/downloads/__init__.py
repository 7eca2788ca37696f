"""The engines that localaws runs on: downloaded once into a cache that all homes share."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from localaws.downloads.engines import MIB, Engine, engines
from localaws.downloads.fetch import MavenRepository
from localaws.errors import DownloadError
from localaws.settings import Settings

__all__ = ["ensure_engines", "missing_engines"]


def missing_engines(settings: Settings) -> list[str]:
    """Return the names of the engines that the cache lacks."""
    return [engine.label for engine in engines(settings) if not engine.is_complete()]


def ensure_engines(settings: Settings, console: Console | None = None) -> None:
    """Fetch what the cache lacks; two processes may do so at once, one of them waits.

    Parameters
    ----------
    settings
        Names the cache and the Maven mirror.
    console
        Where the progress bars go; None is standard error.

    Raises
    ------
    DownloadError
        No network, a full disk, or a file that is not what was pinned. Running it again goes on
        where it stopped.

    Examples
    --------
    >>> ensure_engines(Settings())  # doctest: +SKIP
    """
    if not missing_engines(settings):
        return
    console = console or Console(stderr=True, markup=False, emoji=False)
    try:
        settings.cache.mkdir(parents=True, exist_ok=True)
        with _cache_lock(settings, console):
            missing = [engine for engine in engines(settings) if not engine.is_complete()]
            if missing:
                _build(settings, missing, console)
    except OSError as error:
        raise _disk_failure(settings, error) from error


@contextmanager
def _cache_lock(settings: Settings, console: Console) -> Iterator[None]:
    lock = FileLock(settings.cache / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        console.print(f"Another localaws is filling {settings.cache}; waiting for it …")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _build(settings: Settings, missing: list[Engine], console: Console) -> None:
    needed_mib = sum(engine.disk_mib for engine in missing)
    free_mib = shutil.disk_usage(settings.cache).free // MIB
    if free_mib < needed_mib:
        raise DownloadError(
            f"Not enough disk space in {settings.cache}: {needed_mib} MiB are needed for"
            f" {', '.join(engine.label for engine in missing)}, {free_mib} MiB are free. Free some,"
            " or name a folder elsewhere in LOCALAWS_CACHE."
        )
    console.print(f"Fetching what localaws runs on into {settings.cache} (once) …")
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with (
        Progress(*columns, console=console) as progress,
        MavenRepository(settings.maven_url) as repository,
    ):
        for engine in missing:
            engine.build(repository, progress)


def _disk_failure(settings: Settings, error: OSError) -> DownloadError:
    reason = "the disk is full" if error.errno == errno.ENOSPC else (error.strerror or str(error))
    return DownloadError(
        f"Could not write to the cache {settings.cache}: {reason}"
        f"{f' ({error.filename})' if error.filename else ''}. Make room there, or name a folder"
        " elsewhere in LOCALAWS_CACHE, then run the command again; it goes on where it stopped."
    )
