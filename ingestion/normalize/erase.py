"""Remove one person from raw, quarantine and staging, and prove it.

Runs on the operator's machine (`make erase VISITOR=…`), not on Glue. The marts belong to dbt: the
caller deletes the returned `visitor_id` from them.
"""

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.normalize import privacy, values
from ingestion.normalize.errors import NormalizeError
from ingestion.normalize.storage import DataBucket
from ingestion.spelling import camel

# Streams whose records contain a visitor key, and whose tables contain its hash.
PERSONAL_STREAMS = ("events", "visitors")

_VISITOR_ID_LENGTH = 64
_PARALLEL_FILES = 8


@dataclass
class Erasure:
    """What an erasure found and removed.

    Parameters
    ----------
    visitor_id
        The keyed hash of the person in staging and marts.
    rows
        Rows removed, by `raw_data/events`, `quarantine/events`, `staging/events`, …
    files
        Keys of the objects that were rewritten or deleted.
    """

    visitor_id: str
    rows: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


def erase(bucket: DataBucket, visitor: str, pseudonym_key: bytes) -> Erasure:
    """Remove a person from raw, quarantine and staging.

    Parameters
    ----------
    bucket
        The bucket with raw, quarantine and staging.
    visitor
        A visitor key as Wistia serves it, or the `visitor_id` of staging (64 hex digits).
    pseudonym_key
        The secret key of the visitor hash.

    Returns
    -------
    Erasure
        What was removed. A second call removes nothing, which is the proof.

    Raises
    ------
    NormalizeError
        The visitor is blank, rows are left, or a raw file cannot be read, so it may still contain
        the person.
    """
    visitor = visitor.strip()
    if not visitor:
        raise NormalizeError(
            "Nothing was erased: the visitor is blank, and records without a key belong to "
            "unknown people. Give a visitor_key or a visitor_id"
        )
    is_hash = len(visitor) == _VISITOR_ID_LENGTH and all(c in "0123456789abcdef" for c in visitor)
    visitor_id = visitor if is_hash else privacy.visitor_id(visitor, pseudonym_key)
    erasure = Erasure(visitor_id)
    person = _Person(visitor_id, pseudonym_key)
    _sweep(bucket, person, erasure)
    left = Erasure(visitor_id)
    _sweep(bucket, person, left)
    if left.rows:
        raise NormalizeError(
            f"Erasing {visitor_id} is not complete: a run wrote rows meanwhile, {left.rows}. Wait "
            "until it ends, then erase again"
        )
    return erasure


_KEY_NAMES = ("visitor_key", camel("visitor_key"))

# A line without any of these contains no key; the last one is an escaped letter, maybe of a name.
_MARKS = (*(name.encode() for name in _KEY_NAMES), b"\\u")


@dataclass(frozen=True)
class _Person:
    """Recognizes one person's records and rows."""

    visitor_id: str
    pseudonym_key: bytes

    def is_in_line(self, line: bytes) -> bool:
        """Return whether a raw or quarantined line is a record of the person."""
        if not any(mark in line for mark in _MARKS):
            return False
        try:
            envelope = values.parse(line)
            if isinstance(envelope.get("record"), str):  # quarantine keeps the line as text
                envelope = values.parse(envelope["record"].encode())
            record = envelope["record"]
            given = [record[name] for name in _KEY_NAMES if name in record]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return self._is_in_broken_line(line)
        # Null is not a key, even if somebody's key is the word "null".
        return any(self._is_key(values.as_text(key)) for key in given if key is not None)

    def _is_key(self, text: str) -> bool:
        # Half a surrogate pair has no bytes: without a replacement, the erasure would fail here.
        key = text.strip().encode(errors="replace").decode()
        return bool(key) and privacy.visitor_id(key, self.pseudonym_key) == self.visitor_id

    def _is_in_broken_line(self, line: bytes) -> bool:
        """Check every text of a line that is not JSON: a cut record may still contain a key."""
        texts = line.decode(errors="replace").replace("\\", "").split('"')
        return any(map(self._is_key, texts))


def _sweep(bucket: DataBucket, person: _Person, erasure: Erasure) -> None:
    for stream in PERSONAL_STREAMS:
        _each(bucket, f"raw_data/{stream}/", ".json.gz", erasure, _from_lines(bucket, person))
        _each(bucket, f"quarantine/{stream}/", ".json.gz", erasure, _from_lines(bucket, person))
        _each(bucket, f"staging/{stream}/", ".parquet", erasure, _from_parquet(bucket, person))


def _each(
    bucket: DataBucket, prefix: str, suffix: str, erasure: Erasure, clean: Callable[[str], int]
) -> None:
    keys = [entry.key for entry in bucket.list(prefix) if entry.key.endswith(suffix)]
    with ThreadPoolExecutor(_PARALLEL_FILES) as pool:
        removed = dict(zip(keys, pool.map(clean, keys), strict=True))
    found = {key: rows for key, rows in removed.items() if rows}
    if found:
        erasure.rows[prefix.rstrip("/")] = sum(found.values())
        erasure.files += sorted(found)
        if prefix.startswith("raw_data/"):
            for folder in sorted({key.rpartition("/")[0] for key in found}):
                _seal_again(bucket, f"{folder}/manifest.json")
        bucket.delete_old_versions(prefix, set(found))


def _from_lines(bucket: DataBucket, person: _Person) -> Callable[[str], int]:
    def clean(key: str) -> int:
        try:
            content = gzip.decompress(bucket.read(key) or b"")
        except (OSError, EOFError, zlib.error) as error:
            raise NormalizeError(
                f"{bucket.uri(key)} cannot be read ({error}), so it cannot be proven that the "
                "person is not in it. Delete the file and ingest its window again, then erase again"
            ) from error
        lines = [line + b"\n" for line in content.split(b"\n") if line]
        kept = [line for line in lines if not person.is_in_line(line)]
        if len(kept) < len(lines):
            bucket.write(key, gzip.compress(b"".join(kept)))
        return len(lines) - len(kept)

    return clean


def _seal_again(bucket: DataBucket, key: str) -> None:
    """Rewrite a manifest, so that a replay of the changed files is not refused as tampered."""
    content = bucket.read(key)
    if content is None:
        return
    manifest: dict[str, Any] = json.loads(content)
    for file in manifest["files"]:
        raw = bucket.read(file["key"]) or b""
        file["rows"] = sum(1 for line in gzip.decompress(raw).split(b"\n") if line.strip(b" \t\r"))
        file["bytes"], file["sha256"] = len(raw), hashlib.sha256(raw).hexdigest()
    manifest["rows"] = sum(file["rows"] for file in manifest["files"])
    manifest["bytes"] = sum(file["bytes"] for file in manifest["files"])
    bucket.write_json(key, manifest)


def _from_parquet(bucket: DataBucket, person: _Person) -> Callable[[str], int]:
    def clean(key: str) -> int:
        content = io.BytesIO(bucket.read(key) or b"")
        ids = pq.read_table(content, columns=["visitor_id"])["visitor_id"]
        is_person = pc.fill_null(pc.equal(ids, person.visitor_id), False)
        found: int = pc.sum(is_person).as_py() or 0
        if not found:
            return 0
        content.seek(0)
        kept = pq.read_table(content).filter(pc.invert(is_person))
        if not kept.num_rows:
            bucket.delete([key])
            return found
        rewritten = io.BytesIO()
        pq.write_table(kept, rewritten, compression="zstd", coerce_timestamps="us")
        bucket.write(key, rewritten.getvalue())
        return found

    return clean
