"""The few things that Athena itself does in S3, done in moto's process without HTTP."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO
from urllib.parse import urlsplit

from moto.s3.models import FakeBucket, FakeKey, S3Backend, s3_backends

from localaws.athena.errors import failure

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Location:
    """An S3 address: a bucket and a key or prefix."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, url: str) -> "Location":
        """Read ``s3://bucket/key``."""
        parts = urlsplit(url, allow_fragments=False)
        if parts.scheme not in {"s3", "s3a", "s3n"} or not parts.netloc:
            raise failure("INVALID_TABLE_PROPERTY", f"'{url}' is not an Amazon S3 location")
        return cls(parts.netloc, url.split("/", 3)[3] if url.count("/") > 2 else "")

    @property
    def prefix(self) -> str:
        """The key as a folder."""
        return self.key if not self.key or self.key.endswith("/") else f"{self.key}/"

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


class ObjectStore:
    """Reads and writes objects of one account.

    Parameters
    ----------
    account_id
        The account.
    """

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id

    @property
    def _backend(self) -> S3Backend:
        return s3_backends[self._account_id]["aws"]

    def has_bucket(self, bucket: str) -> bool:
        """Return whether a bucket exists."""
        return bucket in self._backend.buckets

    def _bucket(self, bucket: str) -> FakeBucket:
        found = self._backend.buckets.get(bucket)
        if found is None:
            raise failure("NO_SUCH_BUCKET", f"The specified bucket does not exist: {bucket}")
        return found

    def keys(self, location: Location) -> Iterator[str]:
        """Return the keys of the objects under a folder."""
        prefix = location.prefix
        for name, key in list(self._bucket(location.bucket).keys.items()):
            if name.startswith(prefix) and isinstance(key, FakeKey):
                yield name

    def is_empty(self, location: Location) -> bool:
        """Return whether a folder holds no object; a marker of the folder itself does not count."""
        return not any(key != location.prefix for key in self.keys(location))

    def get(self, location: Location) -> bytes | None:
        """Read a small object."""
        key = self._key(location)
        return None if key is None else key.value

    def _key(self, location: Location) -> FakeKey | None:
        if not self.has_bucket(location.bucket):
            return None
        return self._backend.get_object(location.bucket, location.key)

    def size(self, location: Location) -> int | None:
        """Return an object's size in bytes; None if there is no such object."""
        key = self._key(location)
        return None if key is None else int(key.size)

    def read(self, location: Location, offset: int, count: int) -> bytes:
        """Read a part of an object."""
        key = self._key(location)
        if key is None:
            return b""
        # moto's own ``value`` copies the whole object for every page of a result.
        content: bytes = key._value_buffer.get_range(offset, offset + count)
        return content

    def put(self, location: Location, content: bytes, content_type: str) -> None:
        """Write a small object."""
        self._bucket(location.bucket)
        key = self._backend.put_object(location.bucket, location.key, content)
        key.set_metadata({"Content-Type": content_type})

    def put_file(self, location: Location, source: IO[bytes], content_type: str) -> int:
        """Write an object of any size without holding it in memory; return its size in bytes."""
        self._bucket(location.bucket)
        digest, size = hashlib.md5(usedforsecurity=False), 0
        while chunk := source.read(_CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
        source.seek(0)
        key = self._backend.put_object(location.bucket, location.key, b"", etag=digest.hexdigest())
        # moto takes an object only as bytes: a result of a million rows would be held twice.
        key._value_buffer.set_stream(source)
        key.contentsize = size
        key.set_metadata({"Content-Type": content_type})
        return size
