"""S3 in a dictionary: the client calls of `ObjectStore`, a hundred times as fast as moto.

For tests that run hundreds of nights. `test_object_store.py` compares it with moto.
"""

import hashlib
import io
from typing import Any, NoReturn

from botocore.exceptions import ClientError


class MemoryS3:
    """The few operations that ingestion uses, with S3's conditional writes."""

    def __init__(self) -> None:
        self._objects: dict[tuple[str, str], tuple[bytes, dict[str, str]]] = {}

    def put_object(self, **request: Any) -> dict[str, Any]:
        """Write an object if its conditions hold."""
        name = (request["Bucket"], request["Key"])
        current = self._objects.get(name)
        if request.get("IfNoneMatch") == "*" and current is not None:
            _refuse("PreconditionFailed", "PutObject")
        if (expected := request.get("IfMatch")) is not None:
            if current is None:
                _refuse("NoSuchKey", "PutObject")
            if _tag(current[0]) != expected:
                _refuse("PreconditionFailed", "PutObject")
        body = request["Body"]
        content = body if isinstance(body, bytes) else body.read()
        self._objects[name] = (content, dict(request.get("Metadata", {})))
        return {"ETag": _tag(content)}

    def get_object(self, **request: Any) -> dict[str, Any]:
        """Read an object."""
        content, _ = self._find(request, "GetObject", "NoSuchKey")
        return {"Body": io.BytesIO(content), "ETag": _tag(content)}

    def head_object(self, **request: Any) -> dict[str, Any]:
        """Describe an object."""
        content, metadata = self._find(request, "HeadObject", "404")
        return {"ContentLength": len(content), "Metadata": metadata, "ETag": _tag(content)}

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        """List a bucket."""
        keys = sorted(key for bucket, key in self._objects if bucket == request["Bucket"])
        return {"Contents": [{"Key": key} for key in keys]}

    def _find(
        self, request: dict[str, Any], operation: str, missing: str
    ) -> tuple[bytes, dict[str, str]]:
        found = self._objects.get((request["Bucket"], request["Key"]))
        if found is None:
            _refuse(missing, operation)
        return found


def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _refuse(code: str, operation: str) -> NoReturn:
    raise ClientError({"Error": {"Code": code, "Message": code}}, operation)
