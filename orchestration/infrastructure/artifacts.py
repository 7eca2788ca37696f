"""The bucket of the packaged code: its settings, and what is uploaded."""

import json

from botocore.exceptions import ClientError

from orchestration.cloud import Cloud
from orchestration.errors import PipelineError
from orchestration.infrastructure import packaging

OLD_VERSIONS_DAYS = 30


def upload(cloud: Cloud, package: packaging.Package) -> None:
    """Upload what the bucket does not have yet; create the bucket, or set it up again.

    Raises
    ------
    PipelineError
        The bucket belongs to somebody else.
    """
    client, bucket = cloud.client("s3"), cloud.artifacts_bucket
    _ensure_bucket(cloud)
    _set_up(cloud)
    present = {
        item["Key"]
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for item in page.get("Contents", [])
    }
    for artifact in package.artifacts:
        if artifact.key not in present:
            client.upload_file(str(artifact.file), bucket, artifact.key)


def _ensure_bucket(cloud: Cloud) -> None:
    client, bucket = cloud.client("s3"), cloud.artifacts_bucket
    try:
        client.head_bucket(Bucket=bucket, ExpectedBucketOwner=cloud.account_id)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
            raise PipelineError(
                f"The artifacts bucket {bucket} cannot be used: {error}. It may belong to another "
                "account: check the credentials and AWS_REGION, or set another STACK_NAME."
            ) from None
    else:
        return
    where = (
        {}
        if cloud.settings.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": cloud.settings.region}}
    )
    client.create_bucket(Bucket=bucket, **where)


def _set_up(cloud: Cloud) -> None:
    """Set everything at each deploy: what somebody changed by hand does not last."""
    client, bucket = cloud.client("s3"), cloud.artifacts_bucket
    client.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={
            "Rules": [
                {
                    # Current versions stay: the Glue job reads its script at every start.
                    "ID": "old-versions",
                    "Status": "Enabled",
                    "Filter": {"Prefix": ""},
                    "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS},
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 2},
                }
            ]
        },
    )
    arn = f"arn:{cloud.partition}:s3:::{bucket}"
    client.put_bucket_policy(
        Bucket=bucket,
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "TlsOnly",
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:*",
                        "Resource": [arn, f"{arn}/*"],
                        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                    }
                ],
            }
        ),
    )
