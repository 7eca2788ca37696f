"""Requests to S3 need what Amazon S3's user guide and API reference say."""

from typing import Any

import pytest
from localaws_support.known_facts import KnownFacts
from localaws_support.signed_requests import ACCOUNT_ID, signed

from localaws.permissions.needs import Need, needs_for_missing_key, needs_of
from localaws.permissions.requests import ApiRequest, read_request

BUCKET = "arn:aws:s3:::data"
OBJECT = "arn:aws:s3:::data/raw/a b+ü.json"
KEY = {"Bucket": "data", "Key": "raw/a b+ü.json"}


def unread() -> bytes:
    raise AssertionError("the body of an object was read")


def request_of(method: str, *, reads_body: bool = False, **parameters: Any) -> ApiRequest:
    environ, body = signed("s3", method, **parameters)
    request = read_request(environ, body if reads_body else unread, account_id=ACCOUNT_ID)
    assert request is not None
    return request


def needs(method: str, **parameters: Any) -> list[Need]:
    return needs_of(request_of(method, **parameters), KnownFacts())


def plain(found: list[Need]) -> list[tuple[str, str]]:
    return [(need.action, resource) for need in found for resource in need.resources]


@pytest.mark.parametrize(
    ("method", "parameters", "needed"),
    [
        ("list_buckets", {}, [("s3:ListAllMyBuckets", "*")]),
        ("head_bucket", {"Bucket": "data"}, [("s3:ListBucket", BUCKET)]),
        ("list_objects", {"Bucket": "data"}, [("s3:ListBucket", BUCKET)]),
        ("list_objects_v2", {"Bucket": "data"}, [("s3:ListBucket", BUCKET)]),
        ("list_object_versions", {"Bucket": "data"}, [("s3:ListBucketVersions", BUCKET)]),
        (
            "list_multipart_uploads",
            {"Bucket": "data"},
            [("s3:ListBucketMultipartUploads", BUCKET)],
        ),
        ("get_bucket_location", {"Bucket": "data"}, [("s3:GetBucketLocation", BUCKET)]),
        ("get_bucket_policy", {"Bucket": "data"}, [("s3:GetBucketPolicy", BUCKET)]),
        ("get_bucket_versioning", {"Bucket": "data"}, [("s3:GetBucketVersioning", BUCKET)]),
        (
            "get_bucket_lifecycle_configuration",
            {"Bucket": "data"},
            [("s3:GetLifecycleConfiguration", BUCKET)],
        ),
        (
            "put_public_access_block",
            {"Bucket": "data", "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
            [("s3:PutBucketPublicAccessBlock", BUCKET)],
        ),
        ("delete_bucket_tagging", {"Bucket": "data"}, [("s3:PutBucketTagging", BUCKET)]),
        (
            "get_bucket_inventory_configuration",
            {"Bucket": "data", "Id": "all"},
            [("s3:GetInventoryConfiguration", BUCKET)],
        ),
        (
            "list_bucket_inventory_configurations",
            {"Bucket": "data"},
            [("s3:GetInventoryConfiguration", BUCKET)],
        ),
        ("create_bucket", {"Bucket": "data"}, [("s3:CreateBucket", BUCKET)]),
        ("delete_bucket", {"Bucket": "data"}, [("s3:DeleteBucket", BUCKET)]),
        (
            "create_bucket",
            {"Bucket": "data", "ACL": "private", "ObjectLockEnabledForBucket": True},
            [
                ("s3:CreateBucket", BUCKET),
                ("s3:PutBucketAcl", BUCKET),
                ("s3:PutBucketObjectLockConfiguration", BUCKET),
                ("s3:PutBucketVersioning", BUCKET),
            ],
        ),
        ("get_object", KEY, [("s3:GetObject", OBJECT)]),
        ("get_object", {**KEY, "Range": "bytes=0-1"}, [("s3:GetObject", OBJECT)]),
        ("get_object", {**KEY, "VersionId": "null"}, [("s3:GetObjectVersion", OBJECT)]),
        ("head_object", KEY, [("s3:GetObject", OBJECT)]),
        ("head_object", {**KEY, "VersionId": "v"}, [("s3:GetObjectVersion", OBJECT)]),
        ("get_object_tagging", KEY, [("s3:GetObjectTagging", OBJECT)]),
        (
            "get_object_tagging",
            {**KEY, "VersionId": "v"},
            [("s3:GetObjectVersionTagging", OBJECT)],
        ),
        ("get_object_acl", KEY, [("s3:GetObjectAcl", OBJECT)]),
        (
            "get_object_attributes",
            {**KEY, "ObjectAttributes": ["ETag"]},
            [("s3:GetObjectAttributes", OBJECT), ("s3:GetObject", OBJECT)],
        ),
        ("put_object", {**KEY, "Body": b"{}"}, [("s3:PutObject", OBJECT)]),
        (
            "put_object",
            {**KEY, "Body": b"{}", "ACL": "bucket-owner-full-control", "Tagging": "a=b"},
            [
                ("s3:PutObject", OBJECT),
                ("s3:PutObjectAcl", OBJECT),
                ("s3:PutObjectTagging", OBJECT),
            ],
        ),
        ("delete_object", KEY, [("s3:DeleteObject", OBJECT)]),
        ("delete_object", {**KEY, "VersionId": "v"}, [("s3:DeleteObjectVersion", OBJECT)]),
        ("create_multipart_upload", KEY, [("s3:PutObject", OBJECT)]),
        (
            "upload_part",
            {**KEY, "PartNumber": 1, "UploadId": "u", "Body": b"x"},
            [("s3:PutObject", OBJECT)],
        ),
        ("list_parts", {**KEY, "UploadId": "u"}, [("s3:ListMultipartUploadParts", OBJECT)]),
        (
            "complete_multipart_upload",
            {**KEY, "UploadId": "u", "MultipartUpload": {"Parts": []}},
            [("s3:PutObject", OBJECT)],
        ),
        ("abort_multipart_upload", {**KEY, "UploadId": "u"}, [("s3:AbortMultipartUpload", OBJECT)]),
        (
            "copy_object",
            {**KEY, "CopySource": {"Bucket": "from", "Key": "x y/ä"}},
            [("s3:GetObject", "arn:aws:s3:::from/x y/ä"), ("s3:PutObject", OBJECT)],
        ),
        (
            "copy_object",
            {**KEY, "CopySource": {"Bucket": "from", "Key": "x", "VersionId": "v"}},
            [("s3:GetObjectVersion", "arn:aws:s3:::from/x"), ("s3:PutObject", OBJECT)],
        ),
        (
            "upload_part_copy",
            {**KEY, "PartNumber": 1, "UploadId": "u", "CopySource": "from/x"},
            [("s3:GetObject", "arn:aws:s3:::from/x"), ("s3:PutObject", OBJECT)],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("addressing", ["path", "virtual"])
def test_a_request_to_s3_needs(method, parameters, needed, addressing):
    endpoint = None if addressing == "virtual" else "http://127.0.0.1:4566"
    found = needs(method, endpoint=endpoint, addressing=addressing, **parameters)
    assert plain(found) == needed


def test_a_list_of_deletions_needs_each_of_them():
    objects = [{"Key": "a&b"}, {"Key": " c", "VersionId": "v"}]
    found = needs("delete_objects", reads_body=True, Bucket="data", Delete={"Objects": objects})
    assert plain(found) == [
        ("s3:DeleteObject", "arn:aws:s3:::data/a&b"),
        ("s3:DeleteObjectVersion", "arn:aws:s3:::data/ c"),
    ]
    assert found[1].context["s3:VersionId"] == "v"


def test_a_list_of_deletions_that_cannot_be_read_needs_all_keys():
    environ, _ = signed("s3", "delete_objects", Bucket="data", Delete={"Objects": [{"Key": "a"}]})
    request = read_request(environ, b"<Delete", account_id=ACCOUNT_ID)
    assert plain(needs_of(request, KnownFacts())) == [("s3:DeleteObject", "arn:aws:s3:::data/*")]


def test_a_replication_rule_passes_its_role():
    rules = [{"Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::copy"}}]
    role = "arn:aws:iam::123456789012:role/copy"
    found = needs(
        "put_bucket_replication",
        reads_body=True,
        Bucket="data",
        ReplicationConfiguration={"Role": role, "Rules": rules},
    )
    assert plain(found) == [("s3:PutReplicationConfiguration", BUCKET), ("iam:PassRole", role)]
    assert found[1].context["iam:PassedToService"] == "s3.amazonaws.com"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/data/a%2Fb", "a/b"),
        ("/data//a", "/a"),
        ("/data/folder/", "folder/"),
        ("/data/a%20b%2Bc%25", "a b+c%"),
        ("/data/../other/x", "../other/x"),
    ],
)
def test_the_key_is_what_was_sent(path, key):
    environ, _ = signed("s3", "get_object", **KEY)
    request = read_request(environ | {"REQUEST_URI": path}, unread, account_id=ACCOUNT_ID)
    assert (request.operation, request.text("Key")) == ("GetObject", key)


def test_a_presigned_address_is_read_like_a_signed_request():
    environ, _ = signed("s3", "get_object", **KEY)
    del environ["HTTP_AUTHORIZATION"]
    scope = "AKIAIOSFODNN7EXAMPLE%2F20260101%2Feu-west-1%2Fs3%2Faws4_request"
    environ["REQUEST_URI"] += f"?X-Amz-Credential={scope}&X-Amz-Signature=0&versionId=v"
    request = read_request(environ, unread, account_id=ACCOUNT_ID)
    [need] = needs_of(request, KnownFacts())
    assert (need.action, need.resources) == ("s3:GetObjectVersion", (OBJECT,))
    assert need.context["s3:authType"] == "REST-QUERY-STRING"


def test_a_browsers_upload_may_be_to_any_key():
    environ, _ = signed("s3", "head_bucket", Bucket="data")
    request = read_request(environ | {"REQUEST_METHOD": "POST"}, unread, account_id=ACCOUNT_ID)
    assert plain(needs_of(request, KnownFacts())) == [("s3:PutObject", "arn:aws:s3:::data/*")]


def test_the_context_tells_what_is_listed():
    [need] = needs("list_objects_v2", Bucket="data", Prefix="raw/", Delimiter="/", MaxKeys=5)
    expected = {"s3:prefix": "raw/", "s3:delimiter": "/", "s3:max-keys": "5"}
    assert expected.items() <= need.context.items()
    assert need.context["aws:SecureTransport"] == "true"
    assert need.context["s3:ResourceAccount"] == ACCOUNT_ID


def test_a_list_without_a_prefix_has_none_in_its_context():
    [need] = needs("list_objects_v2", Bucket="data")
    assert "s3:prefix" not in need.context


def test_the_context_tells_how_an_object_is_put():
    [need, *_] = needs(
        "put_object",
        **KEY,
        Body=b"",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId="k",
        StorageClass="GLACIER",
        IfNoneMatch="*",
        Tagging="team=data",
    )
    assert {
        "s3:x-amz-server-side-encryption": "aws:kms",
        "s3:x-amz-server-side-encryption-aws-kms-key-id": "k",
        "s3:x-amz-storage-class": "GLACIER",
        "s3:if-none-match": "*",
        "s3:RequestObjectTag/team": "data",
    }.items() <= need.context.items()


def test_a_missing_key_is_told_to_who_may_list_it():
    [need] = needs_for_missing_key(request_of("head_object", **KEY))
    assert (need.action, need.resources) == ("s3:ListBucket", (BUCKET,))
    assert need.context["s3:prefix"] == KEY["Key"]
    assert needs_for_missing_key(request_of("head_bucket", Bucket="data")) == []
