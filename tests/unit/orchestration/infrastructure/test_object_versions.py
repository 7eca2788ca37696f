"""Objects of a versioned bucket are deleted permanently, however many there are."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from orchestration.infrastructure.object_versions import delete_versions

BUCKET = "versioned-bucket"
MORE_THAN_A_PAGE = 1003


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """S3 with a versioned bucket that holds one object in two versions."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for content in (b"first", b"second"):
            client.put_object(Bucket=BUCKET, Key="kept", Body=content)
        yield client


def test_a_bucket_of_more_than_one_page_is_emptied(client: Any) -> None:
    for number in range(MORE_THAN_A_PAGE):
        client.put_object(Bucket=BUCKET, Key=f"old/{number:04d}")
    delete_versions(client, BUCKET, keep_newest=False)
    client.delete_bucket(Bucket=BUCKET)
    assert client.list_buckets()["Buckets"] == []


def test_the_newest_version_can_be_kept(client: Any) -> None:
    delete_versions(client, BUCKET, "kept", keep_newest=True)
    versions = client.list_object_versions(Bucket=BUCKET, Prefix="kept")["Versions"]
    assert [item["IsLatest"] for item in versions] == [True]
    assert client.get_object(Bucket=BUCKET, Key="kept")["Body"].read() == b"second"


def test_what_a_table_uses_is_kept_while_the_rest_of_the_prefix_goes(client: Any) -> None:
    for key in ("results/1.csv", "results/tables/a/data", "results/tables/b/data"):
        for content in (b"old", b"new"):
            client.put_object(Bucket=BUCKET, Key=key, Body=content)
    delete_versions(client, BUCKET, "results/", keep_newest=False, kept_under=["results/tables/a/"])
    (left,) = client.list_object_versions(Bucket=BUCKET, Prefix="results/")["Versions"]
    assert (left["Key"], left["IsLatest"]) == ("results/tables/a/data", True)
