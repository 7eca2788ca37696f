"""The data bucket: JSON documents with conditional writes, and files."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ingestion.errors import LandingFailed, StateConflict

_MISSING = {"404", "NoSuchKey", "NotFound"}
# 409 is what S3 answers when another conditional write to the key is under way.
_CONFLICT = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
_UPDATE_ATTEMPTS = 20


class PreconditionFailed(Exception):  # noqa: N818 - a normal answer that callers handle
    """A conditional write found another version than it expected."""


class ObjectStore:
    """One bucket.

    Parameters
    ----------
    client
        A boto S3 client.
    bucket
        Its name.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self.bucket = bucket

    def read_json(self, key: str) -> tuple[Any, str] | None:
        """Return a document and its ETag, or None if it does not exist."""
        try:
            answer = self._client.get_object(Bucket=self.bucket, Key=key)
            return json.loads(answer["Body"].read()), answer["ETag"]
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise self._failed("read", key, error) from error
        except BotoCoreError as error:
            raise self._failed("read", key, error) from error

    def write_json(
        self, key: str, document: Any, *, if_match: str | None = None, if_absent: bool = False
    ) -> str:
        """Write a document and return its ETag.

        Raises
        ------
        PreconditionFailed
            ``if_match`` is not the current ETag, or ``if_absent`` is set and the object exists.
        LandingFailed
            S3 refused or cannot be reached.
        """
        condition: dict[str, str] = {}
        if if_match is not None:
            condition["IfMatch"] = if_match
        if if_absent:
            condition["IfNoneMatch"] = "*"
        body = json.dumps(document, indent=2, ensure_ascii=False).encode()
        try:
            answer = self._client.put_object(
                Bucket=self.bucket, Key=key, Body=body, ContentType="application/json", **condition
            )
        except ClientError as error:
            gone = if_match is not None and _code(error) in _MISSING
            if gone or _code(error) in _CONFLICT:
                raise PreconditionFailed(key) from error
            raise self._failed("write", key, error) from error
        except BotoCoreError as error:
            raise self._failed("write", key, error) from error
        return str(answer["ETag"])

    def update_json(self, key: str, change: Callable[[Any], Any]) -> Any:
        """Replace a document with the result of ``change``, safe against concurrent writers.

        ``change`` receives the current document (None if it does not exist) and returns the new
        one, or None to keep it. It may be called several times.

        Raises
        ------
        StateConflict
            The document changed during every attempt.
        """
        for _ in range(_UPDATE_ATTEMPTS):
            current = self.read_json(key)
            document = change(None if current is None else current[0])
            if document is None:
                return None
            try:
                if current is None:
                    self.write_json(key, document, if_absent=True)
                else:
                    self.write_json(key, document, if_match=current[1])
            except PreconditionFailed:
                continue
            return document
        raise StateConflict(
            f"Could not update s3://{self.bucket}/{key}: it changed during each of "
            f"{_UPDATE_ATTEMPTS} attempts. Check whether another pipeline writes to this bucket."
        )

    def upload(self, key: str, path: Path, sha256: str) -> None:
        """Upload a file; S3 itself checks the SHA-256 of what arrives."""
        checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
        try:
            with path.open("rb") as body:
                self._client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=body,
                    ContentType="application/gzip",
                    ChecksumSHA256=checksum,
                    Metadata={"sha256": sha256},
                )
        except (ClientError, BotoCoreError) as error:
            raise self._failed("write", key, error) from error

    def describe(self, key: str) -> tuple[int, str] | None:
        """Return an object's size and the SHA-256 of its upload, or None if it does not exist."""
        try:
            answer = self._client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise self._failed("read", key, error) from error
        except BotoCoreError as error:
            raise self._failed("read", key, error) from error
        return int(answer["ContentLength"]), str(answer.get("Metadata", {}).get("sha256", ""))

    def _failed(self, verb: str, key: str, error: Exception) -> LandingFailed:
        reason, request_id = type(error).__name__, ""
        if isinstance(error, ClientError):
            reason = _code(error)
            request_id = error.response.get("ResponseMetadata", {}).get("RequestId", "")
        return LandingFailed(
            f"Could not {verb} s3://{self.bucket}/{key}: {reason}. Nothing from this step is "
            "visible. Check the bucket, the function's role and the endpoint, then redrive the run."
            f" [request_id={request_id or '-'}]"
        )


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))
