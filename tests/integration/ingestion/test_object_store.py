"""The bucket's conditional writes, on moto and on the dictionary that replaces it in long tests."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestion.errors import LandingFailed, StateConflict
from ingestion.object_store import ObjectStore, PreconditionFailed
from tests.support.memory_s3 import MemoryS3


@pytest.fixture(params=["moto", "memory"])
def bucket(request: pytest.FixtureRequest, new_store: Callable[[], ObjectStore]) -> ObjectStore:
    return new_store() if request.param == "moto" else ObjectStore(MemoryS3(), "data")


def test_document_is_read_as_it_was_written(bucket: ObjectStore) -> None:
    tag = bucket.write_json("a", {"name": "São"})
    assert bucket.read_json("a") == ({"name": "São"}, tag)
    assert bucket.read_json("b") is None
    assert bucket.describe("b") is None


def test_write_for_an_absent_object_does_not_replace_one(bucket: ObjectStore) -> None:
    bucket.write_json("a", 1, if_absent=True)
    with pytest.raises(PreconditionFailed):
        bucket.write_json("a", 2, if_absent=True)
    assert bucket.read_json("a")[0] == 1  # type: ignore[index]


def test_write_for_another_version_is_refused(bucket: ObjectStore) -> None:
    old = bucket.write_json("a", 1)
    bucket.write_json("a", 2, if_match=old)
    with pytest.raises(PreconditionFailed):
        bucket.write_json("a", 3, if_match=old)
    with pytest.raises(PreconditionFailed):
        bucket.write_json("gone", 3, if_match=old)
    assert bucket.read_json("a")[0] == 2  # type: ignore[index]


def test_update_sees_what_another_writer_wrote_meanwhile(bucket: ObjectStore) -> None:
    # GIVEN another writer that comes between reading and writing, once
    bucket.write_json("a", 10)
    others = iter([100])

    def change(current: int) -> int:
        for value in others:
            bucket.write_json("a", value)
        return current + 1

    # WHEN the document is updated THEN nothing is lost
    assert bucket.update_json("a", change) == 101
    assert bucket.read_json("a")[0] == 101  # type: ignore[index]


def test_update_that_always_loses_says_so(bucket: ObjectStore) -> None:
    bucket.write_json("a", 0)

    def change(current: int) -> int:
        bucket.write_json("a", current + 1)
        return current

    with pytest.raises(StateConflict, match=r"s3://.*/a: it changed"):
        bucket.update_json("a", change)


def test_uploaded_file_is_described_by_size_and_digest(bucket: ObjectStore, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"rows")
    digest = hashlib.sha256(b"rows").hexdigest()
    bucket.upload("a", path, digest)
    assert bucket.describe("a") == (4, digest)


def test_bucket_that_is_not_there_is_named(new_store: Callable[[], ObjectStore]) -> None:
    gone = ObjectStore(new_store()._client, "no-such-bucket")
    with pytest.raises(LandingFailed, match="s3://no-such-bucket/a: NoSuchBucket"):
        gone.write_json("a", 1)
