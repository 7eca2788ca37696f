"""Downloads resume, are checked, and fail with one sentence that says what to do."""

import hashlib
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from rich.console import Console

from localaws import downloads
from localaws.downloads.artifacts import MavenFile, trino_plugin_jars
from localaws.downloads.fetch import MavenRepository
from localaws.errors import DownloadError
from localaws.settings import Settings

CONTENT = bytes(range(256)) * 64


class RepositoryHandler(http.server.BaseHTTPRequestHandler):
    """Serves one file, whole or from an offset, and notes what was asked for."""

    ranges: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.ranges.append(wanted)
        begin = int(re.findall(r"\d+", wanted)[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(CONTENT) - begin))
        self.end_headers()
        self.wfile.write(CONTENT[begin:])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def repository() -> Iterator[MavenRepository]:
    RepositoryHandler.ranges.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), RepositoryHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with MavenRepository(f"http://127.0.0.1:{server.server_port}") as opened:
        yield opened
    server.shutdown()
    server.server_close()


def maven_file(content: bytes) -> MavenFile:
    return MavenFile("org.example", "thing", "1", hashlib.sha256(content).hexdigest())


def test_a_broken_download_goes_on_where_it_stopped(repository: MavenRepository, tmp_path: Path):
    # GIVEN the first part of a file, left by an earlier attempt
    (tmp_path / "thing.jar.part").write_bytes(CONTENT[:1000])
    reported: list[int] = []

    # WHEN the file is fetched
    repository.fetch(maven_file(CONTENT), tmp_path / "thing.jar", reported.append)

    # THEN only the rest was asked for, all of it was reported, and the file is whole
    assert RepositoryHandler.ranges == ["bytes=1000-"]
    assert sum(reported) == len(CONTENT)
    assert (tmp_path / "thing.jar").read_bytes() == CONTENT


def test_a_file_with_another_checksum_is_thrown_away(repository: MavenRepository, tmp_path: Path):
    # GIVEN a pinned file and a repository that serves something else
    pinned = maven_file(b"what was tested")

    # WHEN it is fetched
    with pytest.raises(DownloadError, match="not what localaws was tested with"):
        repository.fetch(pinned, tmp_path / "thing.jar", lambda _: None)

    # THEN nothing of it is left
    assert list(tmp_path.iterdir()) == []


def test_no_network_is_told_in_one_line(tmp_path: Path):
    # GIVEN a repository that nobody serves
    repository = MavenRepository("http://127.0.0.1:9")

    # WHEN a file is fetched
    with repository, pytest.raises(DownloadError) as caught:
        repository.size_bytes(maven_file(CONTENT))

    # THEN one line says what was tried, why it failed and what to do
    assert "Could not download thing-1.jar" in str(caught.value)
    assert "no connection" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_full_disk_is_told_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # GIVEN an empty cache on a disk without space
    usage = downloads.shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _: usage)

    # WHEN the engines are wanted
    with pytest.raises(DownloadError) as caught:
        downloads.ensure_engines(Settings(cache=tmp_path), Console(quiet=True))

    # THEN the error tells how much is needed and how to go elsewhere
    assert "Not enough disk space" in str(caught.value)
    assert "LOCALAWS_CACHE" in str(caught.value)


def test_every_jar_of_the_plugins_is_pinned_and_the_unused_ones_are_left_out():
    # GIVEN the pinned lists
    jars = trino_plugin_jars()

    # WHEN their entries are looked at
    names = [name for plugin in jars.values() for name, _ in plugin]
    checksums = [checksum for plugin in jars.values() for _, checksum in plugin]

    # THEN all are sha256 sums, and what only other catalogs load is not among them
    assert all(re.fullmatch(r"[0-9a-f]{64}", checksum) for checksum in checksums)
    unused = (
        "snowflake-jdbc",
        "rocksdbjni",
        "com.azure",
        "google-cloud",
        "alluxio-core",
        "native-quic",
    )
    assert not [name for name in names if any(part in name for part in unused)]
    assert len(jars["hive"]) > 200
