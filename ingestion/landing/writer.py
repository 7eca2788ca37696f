"""Writes rows as gzipped NDJSON to the scratch disk and uploads each file."""

import hashlib
import json
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isal import isal_zlib

from ingestion.client.body import Row
from ingestion.errors import LandingFailed
from ingestion.landing.field_names import FieldNames
from ingestion.manifest import LandedFile
from ingestion.object_store import ObjectStore

_GZIP = 31  # zlib's window bits for a gzip container
# A page of events (230 kB) takes 0.24 ms in ISA-L's level 2 (21 kB), 1.3 ms in zlib's 3 (23 kB).
_LEVEL = 2
# Several pages are compressed at once: each time the thread must get back the interpreter's lock
# from the others, which for single pages takes longer than the compression itself.
COMPRESS_BYTES = 1024 * 1024
MOST_WAITING_BYTES = 6 * 1024 * 1024


@dataclass(frozen=True)
class Envelope:
    """The ``_meta`` object that is written with each record, without the position."""

    run_id: str
    stream: str
    path: str
    params: dict[str, str]
    window_start: str
    window_end: str
    page: int
    ingested_at: str
    api_version: str
    media_id: str | None = None

    def prefix(self) -> bytes:
        """Return the JSON text up to the position's value."""
        meta: dict[str, Any] = {
            "run_id": self.run_id,
            "stream": self.stream,
            "request": {"path": self.path, "params": self.params},
            "window_start": self.window_start,
            "window_end": self.window_end,
            "page": self.page,
            "ingested_at": self.ingested_at,
            "api_version": self.api_version,
        }
        if self.media_id is not None:
            meta["media_id"] = self.media_id
        return f'{{"_meta": {json.dumps(meta)[:-1]}, "position": '.encode()


class LandingWriter:
    """Lands the rows of one invocation in a few files. Safe to share among threads.

    The scratch disk holds one file at a time, and memory a few pages: neither grows with the rows.

    Parameters
    ----------
    store
        The bucket that the files go to.
    prefix, name
        Files are named ``<prefix><name>-<nnnn>.json.gz``.
    first_file
        Number of the first file. Names depend only on the task and the continuation, so a retried
        invocation overwrites its own files instead of adding copies.
    rotate_bytes
        Compressed size at which a file is closed and uploaded.
    """

    def __init__(
        self,
        store: ObjectStore,
        prefix: str,
        name: str,
        *,
        first_file: int = 1,
        rotate_bytes: int = 64 * 1024 * 1024,
        scratch: Path | None = None,
    ) -> None:
        self.store = store
        self._prefix = prefix
        self._name = name
        self._rotate_bytes = rotate_bytes
        self._scratch = scratch or Path(tempfile.gettempdir())
        self._lock = threading.Lock()
        self._waiting: list[_Page] = []
        self._waiting_bytes = 0
        self._file_lock = threading.Lock()
        self._open: _OpenFile | None = None
        self.next_file = first_file
        self.files: list[LandedFile] = []

    def write(self, envelope: Envelope, rows: Sequence[tuple[int, Row]]) -> int:
        """Land rows of one page with their positions in it, and return their number."""
        prefix = envelope.prefix()
        lines = [b'%b%d}, "record": %b}\n' % (prefix, at, row.line) for at, row in rows]
        if not lines:
            return 0
        fields = FieldNames.of(row.line for _, row in rows)
        with self._lock:
            self._waiting.append(_Page(b"".join(lines), len(lines), fields))
            self._waiting_bytes += len(self._waiting[-1].data)
            waiting = self._waiting_bytes
        # Compressing blocks no other thread, unless rows arrive faster than they are compressed.
        if waiting >= COMPRESS_BYTES and self._file_lock.acquire(
            blocking=waiting >= MOST_WAITING_BYTES
        ):
            try:
                self._compress_waiting()
            finally:
                self._file_lock.release()
        return len(lines)

    def close(self) -> None:
        """Upload the open file, if there is one."""
        with self._file_lock:
            self._compress_waiting()
            if self._open is not None:
                self._upload(self._open)

    def discard(self) -> None:
        """Delete the open file: the invocation failed."""
        with self._file_lock:
            if self._open is not None:
                self._open.remove()
                self._open = None

    def _compress_waiting(self) -> None:
        with self._lock:
            waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        if not waiting:
            return
        if self._open is None:
            self._open = _OpenFile(self._scratch, self._key())
        self._open.write(waiting)
        if self._open.bytes >= self._rotate_bytes:
            self._upload(self._open)

    def _key(self) -> str:
        return f"{self._prefix}{self._name}-{self.next_file:04d}.json.gz"

    def _upload(self, file: "_OpenFile") -> None:
        try:
            sha256 = file.finish()
            key = self._key()
            self.store.upload(key, file.path, sha256)
        finally:
            file.remove()
            self._open = None
        self.files.append(LandedFile(key, file.rows, file.bytes, sha256, file.fields.names))
        self.next_file += 1


@dataclass(frozen=True)
class _Page:
    data: bytes
    rows: int
    fields: FieldNames


class _OpenFile:
    def __init__(self, folder: Path, key: str) -> None:
        self._key = key
        try:
            self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - lives across calls
                dir=folder, prefix="landing-", suffix=".json.gz", delete=False
            )
        except OSError as error:
            raise _disk_error(key, folder, error) from error
        self.path = Path(self._file.name)
        self._compressor = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, _GZIP)
        self._digest = hashlib.sha256()
        self.fields = FieldNames()
        self.rows = 0
        self.bytes = 0

    def write(self, pages: list[_Page]) -> None:
        self._append(self._compressor.compress(b"".join(page.data for page in pages)))
        for page in pages:
            self.rows += page.rows
            self.fields.join(page.fields)

    def finish(self) -> str:
        self._append(self._compressor.flush())
        try:
            self._file.close()
        except OSError as error:
            raise _disk_error(self._key, self.path.parent, error) from error
        return self._digest.hexdigest()

    def remove(self) -> None:
        # Closing flushes, which fails on a full disk: delete the file anyway.
        try:
            self._file.close()
        except OSError:
            self.path.unlink(missing_ok=True)
            return
        self.path.unlink(missing_ok=True)

    def _append(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise _disk_error(self._key, self.path.parent, error) from error
        self._digest.update(data)
        self.bytes += len(data)


def _disk_error(key: str, folder: Path, error: OSError) -> LandingFailed:
    return LandingFailed(
        f"Could not write {key} to the scratch disk {folder}: {error.strerror}. Nothing from "
        "this step is visible. Free space there, or give the function more ephemeral storage, then "
        "redrive."
    )
