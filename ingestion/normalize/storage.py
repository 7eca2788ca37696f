"""The data bucket as the job uses it: manifests, raw files, partitions and their atomic swap."""

import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig

PARTITION_FILE = "part-00000.zstd.parquet"

_PARALLEL_REQUESTS = 16
_DELETE_BATCH = 1000
# Files are already moved in parallel; ten more threads for each take as long as its request.
_ONE_THREAD = TransferConfig(use_threads=False)


@dataclass(frozen=True)
class StoredObject:
    """Key and size in bytes of an object."""

    key: str
    size: int


class DataBucket:
    """The data bucket, through an injected boto3 S3 client."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.name = name

    def uri(self, key: str) -> str:
        """Return the `s3://` address of a key."""
        return f"s3://{self.name}/{key}"

    def key_of(self, uri: str) -> str:
        """Return the key of an address that Spark reports (`s3://` or `s3a://`)."""
        return re.sub(r"^s3a?://[^/]+/", "", uri)

    def list(self, prefix: str, *, after: str = "") -> Iterator[StoredObject]:
        """Yield the objects under a prefix, ordered by key, page by page.

        Parameters
        ----------
        after
            Only keys that come alphabetically after this one.
        """
        start = {"StartAfter": after} if after else {}
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix, **start
        )
        for page in pages:
            for entry in page.get("Contents", []):
                yield StoredObject(entry["Key"], entry["Size"])

    def read(self, key: str) -> bytes | None:
        """Return an object's content, None if it does not exist."""
        try:
            body: bytes = self._client.get_object(Bucket=self.name, Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None
        return body

    def write(self, key: str, content: bytes) -> None:
        """Write a small object."""
        self._client.put_object(Bucket=self.name, Key=key, Body=content)

    def write_json(self, key: str, content: Any) -> None:
        """Write an object as JSON."""
        self.write(key, json.dumps(content, indent=2, default=str).encode())

    def upload(self, path: Path, key: str) -> None:
        """Write an object from a local file, of any size, atomically."""
        self._client.upload_file(str(path), self.name, key, Config=_ONE_THREAD)

    def download(self, key: str, path: Path) -> None:
        """Write an object to a local file, of any size."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._client.download_file(self.name, key, str(path), Config=_ONE_THREAD)

    def copy(self, source_key: str, key: str) -> None:
        """Copy an object within the bucket; readers see the old or the new one, never a part."""
        self._client.copy(
            CopySource={"Bucket": self.name, "Key": source_key}, Bucket=self.name, Key=key
        )

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; keys that do not exist are not an error."""
        remaining = list(keys)
        while remaining:
            batch, remaining = remaining[:_DELETE_BATCH], remaining[_DELETE_BATCH:]
            self._client.delete_objects(
                Bucket=self.name, Delete={"Objects": [{"Key": key} for key in batch]}
            )

    def delete_old_versions(self, prefix: str, keys: set[str]) -> None:
        """Delete what a versioned bucket keeps of overwritten or deleted objects."""
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self.name, Prefix=prefix
        )
        for page in list(pages):  # read to the end first: a list must not change while it is read
            for entry in page.get("Versions", []) + page.get("DeleteMarkers", []):
                if entry["Key"] in keys and entry["VersionId"] != "null":
                    if entry["IsLatest"] and entry in page.get("Versions", []):
                        continue
                    self._client.delete_object(
                        Bucket=self.name, Key=entry["Key"], VersionId=entry["VersionId"]
                    )


class Scratch:
    """Where Spark writes before the swap.

    On one machine (Spark master `local[…]`) it is a folder: a partition then costs one request
    instead of the dozen that the S3A committer's renames take. On a cluster it is a prefix of the
    bucket, because the workers share nothing else.
    """

    def __init__(self, bucket: DataBucket, prefix: str, *, is_local: bool) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._folder = Path(tempfile.mkdtemp(prefix="normalize-")) if is_local else None

    def uri(self, name: str) -> str:
        """Return the address that Spark writes to."""
        if self._folder is not None:
            return (self._folder / name).as_uri()
        return self._bucket.uri(f"{self._prefix}{name}")

    def files(self, name: str, suffix: str) -> list[str]:
        """Return the files that Spark wrote under a name, as relative paths."""
        if self._folder is not None:
            folder = self._folder / name
            return [
                str(path.relative_to(folder)) for path in sorted(folder.rglob(f"[!._]*{suffix}"))
            ]
        start = f"{self._prefix}{name}/"
        found = (entry.key.removeprefix(start) for entry in self._bucket.list(start))
        return sorted(
            key for key in found if key.endswith(suffix) and "/_" not in key and key[0] != "_"
        )

    def readable(self, name: str, prefix: str, keys: Sequence[str]) -> str:
        """Return the address at which Spark finds objects, instead of the prefix of their keys.

        On one machine they are downloaded in parallel: Spark would make half a dozen requests to
        S3 for each. They take no more room than the files that Spark writes there anyway.
        """
        if self._folder is None:
            return self._bucket.uri(prefix)
        folder = self._folder / name
        with ThreadPoolExecutor(_PARALLEL_REQUESTS) as pool:
            paths = (folder / key.removeprefix(prefix) for key in keys)
            list(pool.map(self._bucket.download, keys, paths))
        return f"{folder.as_uri()}/"

    def promote(self, name: str, moves: dict[str, str]) -> None:
        """Put files (relative path to key) in place, each in one atomic request."""

        def move(item: tuple[str, str]) -> None:
            relative, key = item
            if self._folder is not None:
                self._bucket.upload(self._folder / name / relative, key)
            else:
                self._bucket.copy(f"{self._prefix}{name}/{relative}", key)

        with ThreadPoolExecutor(_PARALLEL_REQUESTS) as pool:
            list(pool.map(move, moves.items()))

    def remove(self) -> None:
        """Delete everything in scratch, also what an earlier attempt left."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._bucket.delete(entry.key for entry in self._bucket.list(self._prefix))


def partition_prefix(table: str, partition_column: str, day: date) -> str:
    """Return the prefix of one partition of a staging table."""
    return f"staging/{table}/{partition_column}={day.isoformat()}/"


def partition_files(
    bucket: DataBucket, table: str, partition_column: str, first: date, last: date
) -> dict[date, list[StoredObject]]:
    """Return the parquet files of a staging table by partition, from the first to the last day."""
    prefix = f"staging/{table}/"
    pattern = re.compile(
        rf"^{re.escape(prefix)}{partition_column}=(\d{{4}}-\d\d-\d\d)/[^_.][^/]*\.parquet$"
    )
    found: dict[date, list[StoredObject]] = {}
    for entry in bucket.list(prefix, after=f"{prefix}{partition_column}={first.isoformat()}"):
        match = pattern.match(entry.key)
        if not match:
            continue
        day = date.fromisoformat(match[1])
        if day > last:
            break
        found.setdefault(day, []).append(entry)
    return found
