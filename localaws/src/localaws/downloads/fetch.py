"""Fetch files over HTTP: checked, resumed where they stopped, and never half there."""

import hashlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

import requests
from jgo.constants import MAVEN_CENTRAL_URL
from remotezip import RemoteIOError, RemoteZip
from requests.adapters import HTTPAdapter
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential
from urllib3.exceptions import HTTPError as TransportError
from urllib3.util import Retry

from localaws.downloads.artifacts import MavenFile
from localaws.errors import DownloadError

CHUNK_BYTES = 1 << 20
CONNECT_TIMEOUT_SECONDS = 10
READ_TIMEOUT_SECONDS = 60
ATTEMPTS = 5

ReportBytes = Callable[[int], None]
TRANSIENT_ERRORS = (requests.RequestException, TransportError, RemoteIOError)


class MavenRepository:
    """Reads from a Maven repository.

    Parameters
    ----------
    url
        Root of the repository; None is Maven Central.
    """

    def __init__(self, url: str | None = None) -> None:
        self.url = (url or MAVEN_CENTRAL_URL).rstrip("/")
        self._session = _session()
        self._archives = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._session.close()

    def size_bytes(self, file: MavenFile) -> int:
        """Return the size of a file as the repository tells it.

        Raises
        ------
        DownloadError
            The repository cannot be reached or lacks the file.
        """
        try:
            response = self._session.head(self._url_of(file), timeout=CONNECT_TIMEOUT_SECONDS)
            response.raise_for_status()
        except TRANSIENT_ERRORS as error:
            raise self._failure(file.name, error) from error
        return int(response.headers["Content-Length"])

    def fetch(self, file: MavenFile, target: Path, report: ReportBytes) -> None:
        """Bring one file to ``target``; what an earlier, broken attempt got is kept and used.

        Parameters
        ----------
        file
            What to fetch.
        target
            Where it lies afterwards, complete and checked, or not at all.
        report
            Called with the number of bytes that have come, those of earlier attempts included.

        Raises
        ------
        DownloadError
            No connection, or the content is not what was pinned.
        """
        part = target.with_name(target.name + ".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        reported = 0

        def report_total(total: int) -> None:
            nonlocal reported
            if total > reported:
                report(total - reported)
                reported = total

        try:
            for attempt in _retrying():
                with attempt:
                    checksum = self._append(file, part, report_total)
        except TRANSIENT_ERRORS as error:
            raise self._failure(file.name, error) from error
        if checksum != file.sha256:
            part.unlink()
            raise _mismatch(file.name, file.sha256, checksum)
        part.replace(target)

    def member_sizes(self, archive: MavenFile) -> dict[str, int]:
        """Return ``{name without its folder: bytes to fetch}`` of the members of a zip archive."""
        try:
            for attempt in _retrying():
                with attempt:
                    members = self._archive(archive).infolist()
        except TRANSIENT_ERRORS as error:
            raise self._failure(archive.name, error) from error
        return {member.filename.partition("/")[2]: member.compress_size for member in members}

    def fetch_member(self, archive: MavenFile, name: str, sha256: str, target: Path) -> None:
        """Bring one member of a zip archive to ``target`` without the rest of the archive.

        Raises
        ------
        DownloadError
            No connection, or the content is not what was pinned.
        """
        folder = f"{archive.artifact}-{archive.version}"
        try:
            for attempt in _retrying():
                with attempt:
                    content = self._archive(archive).read(f"{folder}/{name}")
        except TRANSIENT_ERRORS as error:
            raise self._failure(name, error) from error
        checksum = hashlib.sha256(content).hexdigest()
        if checksum != sha256:
            raise _mismatch(name, sha256, checksum)
        part = target.with_name(f"{target.name}.{threading.get_ident()}.part")
        part.write_bytes(content)
        part.replace(target)

    def _append(self, file: MavenFile, part: Path, report_total: ReportBytes) -> str:
        """Fetch what ``part`` still lacks and return the checksum of the whole."""
        digest = hashlib.sha256()
        have = 0
        if part.exists():
            have = part.stat().st_size
            with part.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256")
        headers = {"Range": f"bytes={have}-"} if have else {}
        timeout = (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
        with self._session.get(
            self._url_of(file), headers=headers, stream=True, timeout=timeout
        ) as response:
            if response.status_code == requests.codes.requested_range_not_satisfiable:
                return digest.hexdigest()  # nothing was missing; the checksum tells if it is right
            response.raise_for_status()
            if response.status_code != requests.codes.partial_content:
                have, digest = 0, hashlib.sha256()
            report_total(have)
            with part.open("ab" if have else "wb") as stream:
                for chunk in response.iter_content(CHUNK_BYTES):
                    stream.write(chunk)
                    digest.update(chunk)
                    have += len(chunk)
                    report_total(have)
        return digest.hexdigest()

    def _archive(self, archive: MavenFile) -> RemoteZip:
        """Return the archive, opened once a thread: a RemoteZip has one read position."""
        opened: dict[str, RemoteZip] = self._archives.__dict__.setdefault("opened", {})
        if archive.name not in opened:
            opened[archive.name] = RemoteZip(
                self._url_of(archive), session=self._session, timeout=READ_TIMEOUT_SECONDS
            )
        return opened[archive.name]

    def _url_of(self, file: MavenFile) -> str:
        return f"{self.url}/{file.path}"

    def _failure(self, name: str, error: Exception) -> DownloadError:
        response = getattr(error, "response", None)
        reason = f"HTTP {response.status_code}" if response is not None else "no connection"
        return DownloadError(
            f"Could not download {name} from {self.url}: {reason}. Check the network and the proxy"
            " settings (HTTPS_PROXY), then run the same command again; it goes on where it stopped."
        )


def _session() -> requests.Session:
    session = requests.Session()
    retries = Retry(total=3, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504))
    adapter = HTTPAdapter(max_retries=retries, pool_maxsize=16)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _retrying() -> Retrying:
    """Try again after a broken transfer, but not when there is no network at all."""
    return Retrying(
        retry=retry_if_exception_type(
            (requests.exceptions.ChunkedEncodingError, TransportError, requests.Timeout)
        ),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(multiplier=0.5, max=8),
        reraise=True,
    )


def _mismatch(name: str, expected: str, got: str) -> DownloadError:
    return DownloadError(
        f"The download of {name} is not what localaws was tested with: its sha256 is {got[:16]}…"
        f" and not {expected[:16]}…. It was thrown away. Run the command again; if it happens"
        " again, a proxy or mirror changes the file (LOCALAWS_MAVEN_URL names another mirror)."
    )
