"""Hashes and zips of files: the same content always gives the same bytes."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

# The earliest date that a zip can hold; a real one would change the hash.
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
HASH_CHARACTERS = 16
_IGNORED_FOLDERS = {"__pycache__", "target", "logs", "dbt_packages"}


def files_below(root: Path, *paths: str) -> dict[str, Path]:
    """Return the files under ``paths`` by name relative to ``root``, sorted, without caches.

    Raises
    ------
    FileNotFoundError
        A path does not exist.
    """
    found: dict[str, Path] = {}
    for path in paths:
        top = root / path
        if not top.exists():
            raise FileNotFoundError(f"{top} cannot be packaged: it does not exist")
        for file in [top] if top.is_file() else sorted(top.rglob("*")):
            relative = file.relative_to(root)
            if file.is_file() and not _IGNORED_FOLDERS.intersection(relative.parts):
                found[relative.as_posix()] = file
    return dict(sorted(found.items()))


def hash_of(files: Mapping[str, Path], *extra: str) -> str:
    """Return a short hash of names, content and any extra text."""
    digest = hashlib.sha256()
    for name, file in sorted(files.items()):
        content = file.read_bytes()
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    for text in extra:
        digest.update(f"\0{text}".encode())
    return digest.hexdigest()[:HASH_CHARACTERS]


def zip_of(entries: Iterable[tuple[str, Path]]) -> bytes:
    """Return a zip with fixed times and modes: the same content gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, file in sorted(entries):
            info = zipfile.ZipInfo(name, ZIP_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, file.read_bytes())
    return buffer.getvalue()
