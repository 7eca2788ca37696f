"""S3: the actions are older than the operations' names.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html, and
"Permissions" on the page of each operation in the API reference.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

from localaws.permissions.arns import is_arn, partition_of
from localaws.permissions.context import Context
from localaws.permissions.facts import AccountFacts
from localaws.permissions.model import ApiRequest, Need
from localaws.permissions.rules.rule import Rule, ServiceRules

_NAMES = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetadataConfiguration": "DeleteBucketMetadataTableConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "CreateBucketMetadataConfiguration": "CreateBucketMetadataTableConfiguration",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetadataConfiguration": "GetBucketMetadataTableConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListBuckets": "ListAllMyBuckets",
    "ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PostObject": "PutObject",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "RenameObject": "s3express:CreateSession",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    "WriteGetObjectResponse": "s3-object-lambda:WriteGetObjectResponse",
    "CreateSession": "s3express:CreateSession",
}

_OF_VERSIONS = {
    "DeleteObject": "DeleteObjectVersion",
    "DeleteObjectTagging": "DeleteObjectVersionTagging",
    "GetObject": "GetObjectVersion",
    "GetObjectAcl": "GetObjectVersionAcl",
    "GetObjectAttributes": "GetObjectVersionAttributes",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectAcl": "PutObjectVersionAcl",
    "PutObjectTagging": "PutObjectVersionTagging",
}
"""The action for a named version of the object."""

_CONTEXT = {
    "s3:VersionId": "VersionId",
    "s3:authType": "AuthType",
    "s3:delimiter": "Delimiter",
    "s3:if-match": "IfMatch",
    "s3:if-none-match": "IfNoneMatch",
    "s3:max-keys": "MaxKeys",
    "s3:object-lock-legal-hold": "ObjectLockLegalHoldStatus",
    "s3:object-lock-mode": "ObjectLockMode",
    "s3:object-lock-retain-until-date": "ObjectLockRetainUntilDate",
    "s3:prefix": "Prefix",
    "s3:x-amz-acl": "ACL",
    "s3:x-amz-content-sha256": "ContentSHA256",
    "s3:x-amz-copy-source": "CopySource",
    "s3:x-amz-grant-full-control": "GrantFullControl",
    "s3:x-amz-grant-read": "GrantRead",
    "s3:x-amz-grant-read-acp": "GrantReadACP",
    "s3:x-amz-grant-write": "GrantWrite",
    "s3:x-amz-grant-write-acp": "GrantWriteACP",
    "s3:x-amz-metadata-directive": "MetadataDirective",
    "s3:x-amz-object-ownership": "ObjectOwnership",
    "s3:x-amz-server-side-encryption": "ServerSideEncryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "s3:x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "s3:x-amz-storage-class": "StorageClass",
    "s3:x-amz-website-redirect-location": "WebsiteRedirectLocation",
}
"""Condition keys by parameter. An empty prefix counts as one: consoles send it."""

_GRANTS = ("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWrite", "GrantWriteACP")
_NEW_OBJECT = (
    (_GRANTS, "s3:PutObjectAcl"),
    (("Tagging",), "s3:PutObjectTagging"),
    (("ObjectLockMode", "ObjectLockRetainUntilDate"), "s3:PutObjectRetention"),
    (("ObjectLockLegalHoldStatus",), "s3:PutObjectLegalHold"),
)
_BYPASS = ((("BypassGovernanceRetention",), "s3:BypassGovernanceRetention"),)
_BY_HEADER: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "CopyObject": _NEW_OBJECT,
    "CreateBucket": (
        (_GRANTS, "s3:PutBucketAcl"),
        (("ObjectOwnership",), "s3:PutBucketOwnershipControls"),
        (("ObjectLockEnabledForBucket",), "s3:PutBucketObjectLockConfiguration"),
        (("ObjectLockEnabledForBucket",), "s3:PutBucketVersioning"),
    ),
    "CreateMultipartUpload": _NEW_OBJECT,
    "DeleteObject": _BYPASS,
    "PutObject": _NEW_OBJECT,
    "PutObjectRetention": _BYPASS,
}
"""What headers ask for besides the operation itself, by the parameters that they are."""

_COPY_SOURCE = re.compile(r"/?(?P<bucket>[^/]+)/(?P<key>.+?)(?:\?versionId=(?P<version>[^&]+))?")


def bucket_arn(request: ApiRequest, bucket: str) -> str:
    """Return the ARN of a bucket: it has neither region nor account."""
    return bucket if is_arn(bucket) else f"arn:{partition_of(request.region)}:s3:::{bucket}"


def object_arn(request: ApiRequest, bucket: str, key: str) -> str:
    """Return the ARN of an object."""
    middle = "/object/" if is_arn(bucket) else "/"
    return f"{bucket_arn(request, bucket)}{middle}{key}"


def read_object(request: ApiRequest, bucket: str, key: str, version: str | None = None) -> Need:
    """Return what it takes to read an object."""
    name = "GetObjectVersion" if version else "GetObject"
    context: Context = {"s3:VersionId": version} if version else {}
    return Need(f"s3:{name}", (object_arn(request, bucket, key),), context)


def needs_for_missing_key(request: ApiRequest) -> list[Need]:
    """Return what a caller must be allowed so that S3 tells him that a key does not exist.

    Without it the answer is 403 instead of 404, for GetObject and HeadObject alike:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html ("Permissions").
    """
    if "Key" not in request.parameters:
        return []
    context = {**_context(request), "s3:prefix": request.text("Key")}
    return [Need("s3:ListBucket", (bucket_arn(request, request.text("Bucket")),), context)]


def _needs(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    return [Need(name, resources, _context(request)) for name, resources in _asked(request)]


def _asked(request: ApiRequest) -> Iterator[tuple[str, tuple[str, ...]]]:
    bucket, key = request.text("Bucket"), request.text("Key")
    name = _NAMES.get(request.operation, request.operation)
    if not bucket:
        yield (name if ":" in name else f"s3:{name}"), ("*",)
        return
    resources = (object_arn(request, bucket, key),) if key else (bucket_arn(request, bucket),)
    if request.get("VersionId"):
        name = _OF_VERSIONS.get(name, name)
    yield (name if ":" in name else f"s3:{name}"), resources
    yield from _besides(request, resources)


def _besides(
    request: ApiRequest, resources: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what the headers of a request ask for besides its own action."""
    for parameters, action in _BY_HEADER.get(request.operation, ()):
        if any(_is_set(request.parameters.get(name)) for name in parameters):
            yield action, resources
    if request.operation == "GetObjectAttributes":
        yield ("s3:GetObjectVersion" if request.get("VersionId") else "s3:GetObject"), resources


def _is_set(value: Any) -> bool:
    return value is not None and str(value).lower() not in {"", "false"}


def _copy(request: ApiRequest, facts: AccountFacts) -> list[Need]:
    source = _COPY_SOURCE.fullmatch(request.text("CopySource"))
    if source is None:  # of an access point, or not valid
        return [Need("s3:GetObject", ("*",)), *_needs(request, facts)]
    bucket, key = unquote(source["bucket"]), unquote(source["key"])
    return [read_object(request, bucket, key, source["version"]), *_needs(request, facts)]


def _delete_many(request: ApiRequest, _facts: AccountFacts) -> list[Need]:
    """Each key, with DeleteObjectVersion for a named version.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html ("Permissions"). AWS
    deletes the other keys and reports a refused one within an answer of 200.
    """
    bucket = request.text("Bucket")
    needs = []
    for key, version in _keys(request.get("Delete")):
        name = "DeleteObjectVersion" if version else "DeleteObject"
        context: Context = {**_context(request), **({"s3:VersionId": version} if version else {})}
        needs.append(Need(f"s3:{name}", (object_arn(request, bucket, key),), context))
        if str(request.get("BypassGovernanceRetention")).lower() == "true":
            resource = (object_arn(request, bucket, key),)
            needs.append(Need("s3:BypassGovernanceRetention", resource, context))
    # A list that cannot be read may hold anything.
    return needs or [
        Need("s3:DeleteObject", (object_arn(request, bucket, "*"),), _context(request))
    ]


def _keys(delete: Any) -> Iterator[tuple[str, str | None]]:
    objects = delete.get("Object") if isinstance(delete, dict) else None
    for item in objects if isinstance(objects, list) else [objects]:
        if isinstance(item, dict) and item.get("Key"):
            yield str(item["Key"]), item.get("VersionId") or None


def _context(request: ApiRequest) -> Context:
    context: Context = {"s3:signatureversion": "AWS4-HMAC-SHA256"}
    context["s3:ResourceAccount"] = request.account_id
    sent = request.parameters
    for key, parameter in _CONTEXT.items():
        value = sent.get(parameter)
        if value is not None:
            context[key] = str(value)
    if isinstance(sent.get("Tagging"), str):
        tags = dict(parse_qsl(sent["Tagging"], keep_blank_values=True))
        context |= {f"s3:RequestObjectTag/{name}": value for name, value in tags.items()}
        context["s3:RequestObjectTagKeys"] = list(tags)
    return context


_OPERATIONS: dict[str, Rule] = {
    "CopyObject": _copy,
    "UploadPartCopy": _copy,
    "DeleteObjects": _delete_many,
}

RULES = ServiceRules(operations=_OPERATIONS, names=_NAMES, otherwise=_needs)
