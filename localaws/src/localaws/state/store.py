"""Save the state in the background and at the end; restore it at the start."""

import contextlib
import hashlib
import io
import json
import logging
import os
import platform
import shutil
import signal
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from localaws.errors import StateError
from localaws.state.objects import ObjectFiles
from localaws.state.pickling import (
    StatePickler,
    StateUnpickler,
    collect_backends,
    put_back,
)

logger = logging.getLogger(__name__)

FORMAT = 1
SAVE_TIMEOUT_SECONDS = 120
SNAPSHOT_NAME = "account.pickle"
HEADER_LIMIT_BYTES = 4096


@dataclass(frozen=True)
class RestoreReport:
    """What a start found on disk.

    Parameters
    ----------
    saved_at
        When the restored state was saved; None if there was none.
    clean
        Whether it was the last save of an orderly stop.
    set_aside
        Where a state is that could not be read, and why it could not.
    """

    saved_at: datetime | None = None
    clean: bool = True
    set_aside: tuple[Path, str] | None = None


class StateStore:
    """The saved state of one account.

    A save forks the server: the child has a copy of the whole memory as it was at one instant, and
    writes it down while the server goes on serving.

    Parameters
    ----------
    root
        Folder of the state.
    objects
        The S3 objects, which are in files of their own.
    """

    def __init__(self, root: Path, objects: ObjectFiles) -> None:
        self._root = root
        self._snapshot = root / SNAPSHOT_NAME
        self._objects = objects
        self._saving = threading.Lock()

    def save(self, *, clean: bool = False) -> None:
        """Write the state as it is now.

        Parameters
        ----------
        clean
            Whether this is the last save of an orderly stop.

        Raises
        ------
        StateError
            The disk is full, or something in the state cannot be written. The earlier state is
            left as it was.
        """
        with self._saving:
            self._root.mkdir(parents=True, exist_ok=True)
            condemned = self._objects.begin_save()
            succeeded = False
            try:
                self._write_in_child(clean=clean)
                succeeded = True
            finally:
                self._objects.end_save(condemned, succeeded=succeeded)

    def restore(self) -> RestoreReport:
        """Bring back the saved state; what cannot be read is set aside and reported."""
        try:
            header, payload = _read(self._snapshot)
        except FileNotFoundError:
            self._objects.delete_orphans()
            return RestoreReport()
        except (OSError, StateError) as error:
            return self._set_aside(str(error))
        try:
            content = StateUnpickler(io.BytesIO(payload)).load()
            put_back(content["backends"])
        except Exception as error:
            logger.exception("The saved state cannot be restored")
            return self._set_aside(f"{type(error).__name__}: {error}")
        orphans = self._objects.delete_orphans()
        if orphans:
            logger.info("Deleted %d objects that were put after the last save", orphans)
        saved_at = datetime.fromisoformat(header["saved_at"])
        return RestoreReport(saved_at=saved_at, clean=header["clean"])

    def clear(self) -> None:
        """Forget everything that was saved."""
        with self._saving:
            shutil.rmtree(self._root, ignore_errors=True)

    def _set_aside(self, reason: str) -> RestoreReport:
        aside = self._root.with_name(f"{self._root.name}-damaged-{time.strftime('%Y%m%dT%H%M%S')}")
        self._root.rename(aside)
        return RestoreReport(set_aside=(aside, reason))

    def _write_in_child(self, *, clean: bool) -> None:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._be_the_child(clean=clean, error_pipe=writing)
        self._objects.copied()
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            error = pipe.read().decode(errors="replace")
        _, status = os.waitpid(pid, 0)
        if status != 0:
            raise StateError(
                f"The state could not be saved to {self._snapshot}:"
                f" {error or f'the saving process ended with {status}'}. The state saved before"
                " is still there."
            )

    def _be_the_child(self, *, clean: bool, error_pipe: int) -> None:
        """Write the state and end; nothing but this thread lives in the child."""
        exit_code = 1
        try:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            signal.alarm(SAVE_TIMEOUT_SECONDS)  # a lock held by a lost thread must not hang us
            os.nice(5)
            self._objects.freeze()
            _write(self._snapshot, clean=clean)
            exit_code = 0
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent must hear it
            with contextlib.suppress(OSError):
                os.write(error_pipe, f"{type(error).__name__}: {error}".encode()[:4000])
        finally:
            os._exit(exit_code)


def _write(path: Path, *, clean: bool) -> None:
    """Write header and pickle in one step: a reader sees the old state or the new one."""
    part = path.with_suffix(".part")
    header = {
        "format": FORMAT,
        "moto": version("moto"),
        "python": platform.python_version_tuple()[:2],
        "saved_at": datetime.now(UTC).isoformat(),
        "clean": clean,
    }
    with part.open("wb") as stream:
        stream.write(b" " * HEADER_LIMIT_BYTES)
        pickler = StatePickler(stream)
        pickler.dump({"backends": collect_backends()})
        header["bytes"] = stream.tell() - HEADER_LIMIT_BYTES
    with part.open("r+b") as stream:
        stream.seek(HEADER_LIMIT_BYTES)
        header["sha256"] = hashlib.file_digest(stream, "sha256").hexdigest()
        stream.seek(0)
        stream.write(json.dumps(header).encode().ljust(HEADER_LIMIT_BYTES - 1) + b"\n")
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(path)


def _read(path: Path) -> tuple[dict[str, Any], bytes]:
    with path.open("rb") as stream:
        try:
            header: dict[str, Any] = json.loads(stream.read(HEADER_LIMIT_BYTES))
        except ValueError as error:
            raise StateError("its header is damaged") from error
        payload = stream.read()
    if hashlib.sha256(payload).hexdigest() != header.get("sha256"):
        raise StateError("it is damaged: its checksum does not match its content")
    if header.get("format") != FORMAT or header.get("moto") != version("moto"):
        raise StateError(
            f"it was written by another version (format {header.get('format')}, moto"
            f" {header.get('moto')}; this one is format {FORMAT}, moto {version('moto')})"
        )
    return header, payload
