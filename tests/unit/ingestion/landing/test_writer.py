"""Files of the landing zone."""

import gzip
import json
import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ingestion.client.body import Row, parse_body
from ingestion.errors import LandingFailed
from ingestion.landing.writer import Envelope, LandingWriter


class Uploads:
    """Replaces the bucket."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def upload(self, key: str, path: Path, sha256: str) -> None:
        self.files[key] = path.read_bytes()


def envelope(page: int = 1) -> Envelope:
    return Envelope("run", "events", "/p", {}, "start", "end", page, "now", "2026-09")


def page_of(records: list[Any]) -> list[tuple[int, Row]]:
    return list(enumerate(parse_body(json.dumps(records).encode()).rows))


def noise(count: int) -> list[Any]:
    draw = random.Random(7)
    return [{"key": f"{draw.getrandbits(4096):x}"} for _ in range(count)]


def writer(uploads: Uploads, tmp_path: Path, **more: Any) -> LandingWriter:
    return LandingWriter(uploads, "raw/", "events-0001", scratch=tmp_path, **more)  # type: ignore[arg-type]


def test_rows_are_lines_with_their_position(tmp_path: Path) -> None:
    uploads = Uploads()
    landing = writer(uploads, tmp_path)
    landing.write(envelope(page=3), page_of([{"a": 1}, {"a": "line\nbreak"}]))
    landing.close()
    lines = gzip.decompress(uploads.files["raw/events-0001-0001.json.gz"]).splitlines()
    assert [json.loads(line)["record"] for line in lines] == [{"a": 1}, {"a": "line\nbreak"}]
    assert [json.loads(line)["_meta"]["position"] for line in lines] == [0, 1]
    assert json.loads(lines[0])["_meta"]["page"] == 3


def test_no_rows_make_no_file(tmp_path: Path) -> None:
    uploads = Uploads()
    landing = writer(uploads, tmp_path)
    landing.write(envelope(), [])
    landing.close()
    assert uploads.files == {}
    assert landing.files == []


def test_files_are_rotated_by_size_and_numbered_from_the_continuation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uploads = Uploads()
    monkeypatch.setattr("ingestion.landing.writer.COMPRESS_BYTES", 10_000)
    landing = writer(uploads, tmp_path, first_file=5, rotate_bytes=100_000)
    for number in range(10):
        landing.write(envelope(number), page_of(noise(100)))
    landing.close()
    assert list(uploads.files)[:2] == [
        "raw/events-0001-0005.json.gz",
        "raw/events-0001-0006.json.gz",
    ]
    assert sum(file.rows for file in landing.files) == 1_000
    assert all(len(uploads.files[file.key]) == file.bytes for file in landing.files)
    assert not list(tmp_path.iterdir())


def test_a_file_tells_the_names_of_the_fields_of_its_own_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # GIVEN a writer that closes a file after each page
    monkeypatch.setattr("ingestion.landing.writer.COMPRESS_BYTES", 1)
    landing = writer(Uploads(), tmp_path, rotate_bytes=0)
    # WHEN pages with different fields are landed
    landing.write(envelope(1), page_of([{"b": 1, "a": {"inner": 2}}, {"c": None}]))
    landing.write(envelope(2), page_of([{"d": 1}, {}]))
    landing.close()
    # THEN each file lists its own, without those of nested objects
    assert [file.to_json()["fields"] for file in landing.files] == [["a", "b", "c"], ["d"]]


@pytest.mark.parametrize(
    "odd",
    [4, None, "text", [1], {"a": float("nan")}, {f"key{number}": 1 for number in range(1001)}],
)
def test_a_file_with_a_record_that_cannot_be_looked_into_tells_no_names(
    tmp_path: Path, odd: Any
) -> None:
    landing = writer(Uploads(), tmp_path)
    landing.write(envelope(1), page_of([{"a": 1}, odd]))
    landing.write(envelope(2), page_of([{"b": 1}]))
    landing.close()
    assert [(file.rows, file.fields) for file in landing.files] == [(3, None)]


def test_full_scratch_disk_is_said_and_leaves_nothing_behind(tmp_path: Path) -> None:
    landing = writer(Uploads(), tmp_path)
    page = page_of(noise(2_000))
    with file_size_limit(50_000), pytest.raises(LandingFailed, match="scratch disk"):
        write_and_close(landing, page)
    landing.discard()
    assert not list(tmp_path.iterdir())


def write_and_close(landing: LandingWriter, page: list[tuple[int, Row]]) -> None:
    landing.write(envelope(), page)
    landing.close()


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
