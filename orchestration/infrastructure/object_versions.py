"""Deletes objects of a versioned bucket for good."""

from typing import Any

from orchestration.errors import PipelineError


def delete_versions(client: Any, bucket: str, prefix: str = "", *, keep_newest: bool) -> None:
    """Delete all versions and delete markers under a prefix.

    Parameters
    ----------
    client
        S3 client.
    bucket, prefix
        Where.
    keep_newest
        Whether the object that is seen without asking for a version stays.

    Raises
    ------
    PipelineError
        S3 refused to delete one.
    """
    # Listed to the end before the first is deleted: a list must not change under its reader.
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in list(pages):
        kept = [item for item in page.get("Versions", []) if item["IsLatest"] and keep_newest]
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
                f"{len(errors)} objects of s3://{bucket}/{prefix} could not be deleted, the first "
                f"is {errors[0]['Key']}: {errors[0].get('Message', errors[0].get('Code'))}. Mend "
                "that, then repeat the command."
            )
