"""What a run landed: its manifests, and the check that the files are those that were sealed."""

import hashlib
import json
import zlib
from datetime import date

from ingestion import layout
from ingestion.manifest import LandedFile, Manifest
from ingestion.normalize.errors import NormalizeError
from ingestion.normalize.storage import DataBucket

# Up to this size the driver reads the files again to compare their checksums. For a larger backfill
# it compares only sizes and row counts, which costs nothing.
CHECKSUM_LIMIT_BYTES = 64 * 1024 * 1024

_GZIP_WINDOW = 31  # zlib: gzip header and trailer, largest window


def read_manifest(
    bucket: DataBucket, stream: str, ingest_date: date, run_id: str
) -> Manifest | None:
    """Return a run's manifest, None if the run landed nothing for the stream.

    Raises
    ------
    NormalizeError
        The manifest cannot be read, or it belongs to another run.
    """
    key = layout.manifest_key(stream, ingest_date.isoformat(), run_id)
    content = bucket.read(key)
    if content is None:
        return None
    try:
        described = json.loads(content)
        if described["run_id"] != run_id or described["stream"] != stream:
            raise NormalizeError(
                f"Manifest {bucket.uri(key)} belongs to run {described['run_id']}, stream "
                f"{described['stream']}: it was copied or moved. Ingest the run again"
            )
        return Manifest.from_json(described)
    except (KeyError, TypeError, ValueError) as error:
        raise NormalizeError(
            f"Cannot read the manifest {bucket.uri(key)}: {error!r}. Ingest the run again"
        ) from error


def broken_files(bucket: DataBucket, manifest: Manifest) -> dict[str, str]:
    """Return the files that differ from the manifest, each with the reason.

    Raises
    ------
    NormalizeError
        A file is missing: its rows are not in quarantine but lost, and a run that continued would
        hide that.
    """
    if not manifest.files:
        return {}
    folder = manifest.files[0].key.rpartition("/")[0] + "/"
    sizes = {entry.key: entry.size for entry in bucket.list(folder)}
    missing = [file.key for file in manifest.files if file.key not in sizes]
    if missing:
        raise NormalizeError(
            f"{len(missing)} of {len(manifest.files)} files that the manifest of "
            f"{manifest.stream} lists are missing from the bucket {bucket.name}, the first is "
            f"{missing[0]}. Raw expires after its retention; ingest the window again"
        )
    broken = {
        file.key: "empty_file" if sizes[file.key] == 0 else "truncated_file"
        for file in manifest.files
        if sizes[file.key] != file.bytes
    }
    if sum(file.bytes for file in manifest.files) <= CHECKSUM_LIMIT_BYTES:
        for file in manifest.files:
            content = bucket.read(file.key) if file.key not in broken else None
            if content is not None and hashlib.sha256(content).hexdigest() != file.sha256:
                broken[file.key] = "checksum_differs"
    return broken


def explain_row_count(bucket: DataBucket, file: LandedFile) -> str:
    """Return why a file's line count, as read by Spark, differs from the manifest.

    Raises
    ------
    NormalizeError
        The file is correct, but reading it failed midway: a new attempt will succeed.
    """
    content = bucket.read(file.key) or b""
    if not content:
        return "empty_file"
    decoder = zlib.decompressobj(wbits=_GZIP_WINDOW)
    try:
        text = decoder.decompress(content) + decoder.flush()
    except zlib.error:
        return "not_gzip"
    if not decoder.eof:
        return "truncated_gzip"
    lines = sum(1 for line in text.split(b"\n") if line.strip(b" \t\r"))
    if lines == file.rows:
        raise NormalizeError(
            f"Spark read only part of {bucket.uri(file.key)}, although the file is complete: S3 "
            "failed during the read. Nothing was changed; start the job again"
        )
    return (
        "pretty_printed" if text.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"[" else "row_count_differs"
    )
