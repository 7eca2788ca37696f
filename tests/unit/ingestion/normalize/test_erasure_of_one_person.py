"""An erasure removes the records of one person, and never those of people without a key."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from ingestion.normalize.erase import erase
from ingestion.normalize.errors import NormalizeError
from ingestion.normalize.storage import DataBucket

KEY = b"a-pseudonym-key-for-tests"
FILE = "raw_data/events/1.json.gz"
# What Wistia, or a broken line, may contain instead of a key.
NOBODY: list[Any] = [None, "", " ", "\u3000", [], {}, False]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[DataBucket]:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="data")
        yield DataBucket(client, "data")


def _land(bucket: DataBucket, *visitor_keys: Any) -> None:
    lines = [json.dumps({"record": {"visitor_key": key}}) for key in visitor_keys]
    lines += ['{"record": {}}', '{"record": {"visitor_key": "", "cut']
    bucket.write(FILE, gzip.compress("\n".join(lines).encode()))


def _lines(bucket: DataBucket) -> list[str]:
    return gzip.decompress(bucket.read(FILE) or b"").decode().splitlines()


@pytest.mark.parametrize("visitor", ["", " ", "\t\n", "\u3000"])
def test_a_blank_visitor_erases_nobody(visitor: str, bucket: DataBucket) -> None:
    _land(bucket, *NOBODY, "v1")
    before = _lines(bucket)
    with pytest.raises(NormalizeError, match="Nothing was erased: the visitor is blank"):
        erase(bucket, visitor, KEY)
    assert _lines(bucket) == before


@pytest.mark.parametrize("visitor", ["null", "None", '""'])
def test_a_record_without_a_key_belongs_to_nobody(visitor: str, bucket: DataBucket) -> None:
    _land(bucket, *NOBODY, "v1")
    assert erase(bucket, visitor, KEY).rows == {}


@pytest.mark.parametrize("visitor", ["v1", " v1", "v1 ", "\tv1\n"])
@pytest.mark.parametrize("stored", ["v1", " v1 "])
def test_blanks_around_a_key_do_not_matter(visitor: str, stored: str, bucket: DataBucket) -> None:
    _land(bucket, stored, "v2")
    assert erase(bucket, visitor, KEY).rows == {"raw_data/events": 1}
    assert "v1" not in "".join(_lines(bucket))


def test_a_person_whose_key_is_the_word_null_can_be_erased(bucket: DataBucket) -> None:
    _land(bucket, "null", None)
    assert erase(bucket, "null", KEY).rows == {"raw_data/events": 1}


def test_half_a_surrogate_pair_in_a_key_does_not_stop_an_erasure(bucket: DataBucket) -> None:
    _land(bucket, "\ud800", "v1")
    assert erase(bucket, "v1", KEY).rows == {"raw_data/events": 1}
