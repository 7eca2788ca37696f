"""Lists what lies under a crawler's target, and reads the schemas of parquet files."""

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

_FOOTER_GUESS_BYTES = 64 * 1024
_HEAD_BYTES = 64
_CLASSIFICATIONS = {b"PAR1": "parquet", b"ORC": "orc", b"Obj\x01": "avro"}
_COMPRESSIONS = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"PK\x03\x04": "zip"}


@dataclass(frozen=True)
class FileFormat:
    """What a crawler enters as a table's ``classification`` and ``compressionType``.

    The compression is that of the file as a whole: a parquet file has none, whatever the codec of
    its pages (AWS's own templates declare ``compressionType: none`` for parquet).
    """

    classification: str | None
    compression: str = "none"


@dataclass(frozen=True)
class DataFile:
    """One object under a target."""

    key: str
    etag: str
    size: int


@dataclass
class Folder:
    """The files of one partition, or of an unpartitioned table.

    Attributes
    ----------
    path
        Key prefix below the bucket, with its slash at the end.
    partition
        Keys and values of the Hive-style path, in its order; none for a table's own folder.
    """

    path: str
    partition: tuple[tuple[str, str], ...]
    files: list[DataFile] = field(default_factory=list)

    @property
    def fingerprint(self) -> str:
        """Changes when any file of the folder comes, goes or changes."""
        content = "\n".join(sorted(f"{file.key} {file.etag}" for file in self.files))
        return hashlib.sha256(content.encode()).hexdigest()


def split_location(location: str) -> tuple[str, str]:
    """Cut an S3 address into bucket and key prefix; the prefix ends with a slash unless empty."""
    bucket, _, prefix = location.partition("://")[2].partition("/")
    return bucket, prefix.rstrip("/") + "/" if prefix.strip("/") else ""


def list_files(s3: Any, bucket: str, prefix: str) -> Iterator[DataFile]:
    """List the data files under a prefix; hidden files and folders are nobody's data."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            parts = entry["Key"][len(prefix) :].split("/")
            hidden = any(part.startswith(("_", ".")) for part in parts)
            if entry["Size"] and not hidden and not parts[-1].endswith("_$folder$"):
                yield DataFile(entry["Key"], entry["ETag"], entry["Size"])


def group_by_folder(files: Iterator[DataFile], prefix: str) -> list[Folder]:
    """Sort files into the folders of their partitions, ``key=value`` by ``key=value``."""
    folders: dict[str, Folder] = {}
    for file in files:
        parts = file.key[len(prefix) :].split("/")[:-1]
        pairs = [part.partition("=") for part in parts]
        partition = tuple((name.lower(), unquote(value)) for name, sign, value in pairs if sign)
        path = prefix + "".join(f"{part}/" for part in parts)
        folders.setdefault(path, Folder(path, partition)).files.append(file)
    return sorted(folders.values(), key=lambda folder: folder.path)


class _RangeFile(io.RawIOBase):
    """A file in S3, read in ranges: a footer is a few kilobytes of maybe a gigabyte."""

    def __init__(self, s3: Any, bucket: str, file: DataFile) -> None:
        super().__init__()
        self._s3 = s3
        self._bucket = bucket
        self._file = file
        self._position = 0
        self._tail_start = max(0, file.size - _FOOTER_GUESS_BYTES)
        self._tail = self._fetch(self._tail_start, file.size)

    def _fetch(self, start: int, end: int) -> bytes:
        if start >= end:
            return b""
        answer = self._s3.get_object(
            Bucket=self._bucket, Key=self._file.key, Range=f"bytes={start}-{end - 1}"
        )
        return bytes(answer["Body"].read())

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.size}[whence]
        self._position = base + offset
        return self._position

    def read(self, size: int | None = -1) -> bytes:
        end = self._file.size if size is None or size < 0 else self._position + size
        end = min(end, self._file.size)
        if self._position >= self._tail_start:
            content = self._tail[self._position - self._tail_start : end - self._tail_start]
        else:
            content = self._fetch(self._position, end)
        self._position += len(content)
        return content


def format_of(s3: Any, bucket: str, file: DataFile) -> FileFormat | None:
    """Tell a file's format by its first bytes, as the built-in classifiers do; None if unknown."""
    answer = s3.get_object(Bucket=bucket, Key=file.key, Range=f"bytes=0-{_HEAD_BYTES - 1}")
    head = bytes(answer["Body"].read())
    for magic, compression in _COMPRESSIONS.items():
        if head.startswith(magic):
            # What is inside takes more than the first bytes; only the compression is compared.
            return FileFormat(None, compression)
    for magic, classification in _CLASSIFICATIONS.items():
        if head.startswith(magic):
            return FileFormat(classification)
    return FileFormat("json") if head.lstrip().startswith((b"{", b"[")) else None


def is_parquet(s3: Any, bucket: str, file: DataFile) -> bool:
    """Tell whether a file is parquet by its first bytes."""
    found = format_of(s3, bucket, file)
    return found is not None and found.classification == "parquet"


def read_schema(s3: Any, bucket: str, file: DataFile) -> pa.Schema:
    """Read a parquet file's schema from its footer.

    Raises
    ------
    pyarrow.ArrowInvalid
        The file is no parquet file, or its footer is damaged.
    """
    return pq.read_schema(pa.PythonFile(_RangeFile(s3, bucket, file), mode="r"))
