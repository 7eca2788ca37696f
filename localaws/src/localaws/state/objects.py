"""S3 objects as files: they take no memory, and a save of the state need not copy them.

moto keeps objects in memory or in anonymous temporary files. Here each lies in a file of its own
from the moment it is put. A file is never changed; an object that is replaced gets a new one. Files
that the last saved state refers to are kept until the next save, so that after a kill that state
is whole.
"""

import contextlib
import os
import shutil
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from moto.s3 import models as s3_models
from moto.s3.models import FakeKey


class ObjectFiles:
    """The folder with one file for each S3 object.

    Parameters
    ----------
    root
        The folder; it is made when the first object is put.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._epoch = 0  # grows when a save begins, and again when it has its copy of the memory
        self._condemned: list[Path] = []
        self._restored: set[str] = set()
        self._frozen = False
        self._lock = threading.Lock()

    def write(self, content: bytes) -> tuple[str, int]:
        """Write a new file; return its name and the epoch in which it was written."""
        name = uuid.uuid4().hex
        path = self.path(name)
        with _whole_or_not(path):
            try:
                path.write_bytes(content)
            except FileNotFoundError:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        return name, self._epoch

    def write_stream(self, source: IO[bytes]) -> tuple[str, int]:
        """As `write`, without holding the content in memory."""
        name = uuid.uuid4().hex
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with _whole_or_not(path), path.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        return name, self._epoch

    def path(self, name: str) -> Path:
        """Return where the file of that name lies."""
        return self.root / name[:2] / name

    def discard(self, name: str, epoch: int) -> None:
        """Delete a file: now if no saved state refers to it, otherwise after the next save."""
        with self._lock:
            if self._frozen:
                return
            if epoch < self._epoch:
                self._condemned.append(self.path(name))
                return
        _unlink(self.path(name))

    def begin_save(self) -> list[Path]:
        """Note that a save begins; return the files to delete once it has succeeded."""
        with self._lock:
            self._epoch += 1
            condemned, self._condemned = self._condemned, []
        return condemned

    def copied(self) -> None:
        """Note that the save has its copy of the memory: what comes from now on is not in it."""
        with self._lock:
            self._epoch += 1

    def end_save(self, condemned: list[Path], *, succeeded: bool) -> None:
        """Delete what only the state before the save referred to, or keep it if the save failed."""
        if succeeded:
            for path in condemned:
                _unlink(path)
            return
        with self._lock:
            self._condemned.extend(condemned)

    def freeze(self) -> None:
        """Delete nothing any more: this process ends, and its objects with it, not their files."""
        with self._lock:
            self._frozen = True

    def note_restored(self, name: str) -> None:
        """Note that a restored object refers to this file."""
        self._restored.add(name)

    def delete_orphans(self) -> int:
        """Delete files that no restored object refers to, such as those put after the last save."""
        orphans = [path for path in self.root.glob("*/*") if path.name not in self._restored]
        for path in orphans:
            _unlink(path)
        self._restored.clear()
        return len(orphans)


@contextlib.contextmanager
def _whole_or_not(path: Path) -> Iterator[None]:
    """Leave no half of a file where the disk had no room for the rest."""
    try:
        yield
    except OSError:
        _unlink(path)
        raise


class ObjectFile:
    """The content of one S3 object; used instead of moto's temporary file."""

    files: ObjectFiles
    """The one folder of this process; set by ``install``."""

    def __init__(self, max_size: int = 0) -> None:
        del max_size
        self._name: str | None = None
        self._epoch = 0
        self._is_owner = True

    def get(self) -> bytes:
        """Return the content."""
        if self._name is None:
            return b""
        return self.files.path(self._name).read_bytes()

    def get_range(self, begin: int, end: int) -> bytes:
        """Return bytes ``begin`` to ``end``, the latter not included."""
        if self._name is None:
            return b""
        descriptor = os.open(self.files.path(self._name), os.O_RDONLY)
        try:
            return os.pread(descriptor, end - begin, begin)
        finally:
            os.close(descriptor)

    def set(self, content: bytes) -> None:
        """Replace the content."""
        name, number = self.files.write(content) if content else (None, 0)
        self._replace(name, number)

    def set_stream(self, source: IO[bytes]) -> None:
        """Replace the content by all that can be read from ``source``."""
        self._replace(*self.files.write_stream(source))

    def close(self) -> None:
        """Drop the content."""
        self._replace(None, 0)

    def _replace(self, name: str | None, epoch: int) -> None:
        replaced, number, is_owner = self._name, self._epoch, self._is_owner
        self._name, self._epoch = name, epoch
        self._is_owner = True
        if replaced is not None and is_owner:
            self.files.discard(replaced, number)

    def __deepcopy__(self, memo: dict[int, Any]) -> "ObjectFile":
        """Read the same file without owning it.

        moto copies every key to list the versions of a bucket, and closes the copies after that.
        """
        copied = ObjectFile()
        copied._name, copied._is_owner = self._name, False
        memo[id(self)] = copied
        return copied

    @property
    def name(self) -> str | None:
        """Name of the file; None if the object is empty."""
        return self._name

    def __getstate__(self) -> tuple[str | None]:
        return (self._name,)

    def __setstate__(self, state: tuple[str | None]) -> None:
        (self._name,) = state
        self._epoch = -1  # it comes out of a saved state
        self._is_owner = True
        if self._name is not None:
            self.files.note_restored(self._name)


def install(root: Path) -> ObjectFiles:
    """Make moto's S3 keep its objects in files below ``root``."""
    ObjectFile.files = ObjectFiles(root)
    s3_models.tempfile = _TempfileModule
    FakeKey.value = property(_get_value, _set_value)
    FakeKey.__getstate__ = _get_state
    FakeKey.__setstate__ = _set_state
    return ObjectFile.files


class _TempfileModule:
    """What ``moto.s3.models`` sees as ``tempfile``."""

    SpooledTemporaryFile = ObjectFile


def _get_value(key: Any) -> bytes:
    content: bytes = key._value_buffer.get()
    return content


def _set_value(key: Any, content: bytes | str) -> None:
    content = content.encode() if isinstance(content, str) else bytes(content)
    key._value_buffer.set(content)
    key.contentsize = len(content)
    if key._etag is None:
        key._etag = s3_models.md5_hash(content).hexdigest()


def _get_state(key: Any) -> dict[str, Any]:
    return {name: value for name, value in key.__dict__.items() if name != "lock"}


def _set_state(key: Any, state: dict[str, Any]) -> None:
    key.__dict__.update(state)
    key.lock = threading.Lock()


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()
