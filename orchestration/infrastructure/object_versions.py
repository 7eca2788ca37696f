"""Permanently deletes objects of a versioned bucket."""

from collections.abc import Collection
from typing import Any

from orchestration.errors import PipelineError


def delete_versions(
    client: Any,
    bucket: str,
    prefix: str = "",
    *,
    keep_newest: bool,
    kept_under: Collection[str] = (),
) -> None:
    """Delete all versions and delete markers under a prefix.

    Parameters
    ----------
    client
        S3 client.
    bucket, prefix
        Bucket, and the prefix of the keys to delete; an empty prefix is the whole bucket.
    keep_newest
        Whether the current version of each object stays.
    kept_under
        Prefixes under which it stays in any case.

    Raises
    ------
    PipelineError
        S3 refused to delete one.
    """
    # The whole list is read before the first delete: it must not change while it is being read.
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in list(pages):
        kept = [
            item
            for item in page.get("Versions", [])
            if item["IsLatest"] and (keep_newest or item["Key"].startswith(tuple(kept_under)))
        ]
        found = page.get("Versions", []) + page.get("DeleteMarkers", [])
        keys = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for item in found
            if item not in kept
        ]
        if not keys:
            continue
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        if errors := answer.get("Errors"):
            raise PipelineError(
                f"{len(errors)} objects of s3://{bucket}/{prefix} could not be deleted. The first "
                f"is {errors[0]['Key']}: {errors[0].get('Message', errors[0].get('Code'))}. Fix "
                "that, then run the command again."
            )
