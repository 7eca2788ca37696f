"""Keeps the unpacked code of functions and layers, once per content."""

import hashlib
import io
import shutil
import tempfile
import zipfile
from pathlib import Path


class CodeStore:
    """Unpacked zips by the SHA-256 of their bytes.

    Parameters
    ----------
    root
        Folder of the store. It may be deleted at any time: what is missing is unpacked again.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def unpack(self, content: bytes) -> Path:
        """Give the folder with a zip's content, unpacking it if this content was never seen.

        Safe to call from several threads and processes at once: the folder appears as a whole.

        Raises
        ------
        zipfile.BadZipFile
            The bytes are no zip.
        """
        folder = self._root / hashlib.sha256(content).hexdigest()
        if folder.is_dir():
            return folder
        self._root.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix="unpacking-", dir=self._root))
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                archive.extractall(partial)
                _restore_modes(archive, partial)
            partial.chmod(0o755)
            try:
                partial.rename(folder)
            except OSError:
                if not folder.is_dir():
                    raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        return folder


def _restore_modes(archive: zipfile.ZipFile, folder: Path) -> None:
    """Set the execute bits that ``extractall`` leaves out; bundled programs need them."""
    for member in archive.infolist():
        mode = member.external_attr >> 16 & 0o777
        if mode & 0o111 and not member.is_dir():
            (folder / member.filename).chmod(mode)
