"""Athena's errors: those a request gets at once and those a query fails with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

SYSTEM, USER, OTHER = 1, 2, 3
"""Values of ``AthenaError.ErrorCategory``."""

# Values of AthenaError.ErrorType: the error catalog of Athena's user guide, and which of them a
# name gets as measured on Athena by github.com/aoyagikouhei/athena-local (docs/api.md, 2026-09).
_EXHAUSTED = 1
_INTERNAL = 200
_METASTORE = 204
_ICEBERG = 233
_USER = 1000
_DATA = 1001
_TYPE_MISMATCH = 1002
_DDL_FAILED = 1003
_SYNTAX = 1006
_REJECTED = 1008
_INVALID_ARGUMENT = 1100
_INVALID_TABLE_PROPERTY = 1103
_INVALID_FUNCTION_ARGUMENT = 1106
_INVALID_VIEW = 1107
NOT_SUPPORTED = 1200
_NO_SUCH_ENTITY = 1301
_NO_SUCH_FUNCTION = 1303
_NO_SUCH_BUCKET = 1306

_TYPES = {
    "SYNTAX_ERROR": _SYNTAX,
    "TABLE_NOT_FOUND": _NO_SUCH_ENTITY,
    "SCHEMA_NOT_FOUND": _NO_SUCH_ENTITY,
    "CATALOG_NOT_FOUND": _SYNTAX,
    "COLUMN_NOT_FOUND": _SYNTAX,
    "TYPE_MISMATCH": _TYPE_MISMATCH,
    "FUNCTION_NOT_FOUND": _NO_SUCH_FUNCTION,
    "NOT_SUPPORTED": NOT_SUPPORTED,
    "INVALID_TABLE_PROPERTY": _INVALID_TABLE_PROPERTY,
    "INVALID_FUNCTION_ARGUMENT": _INVALID_FUNCTION_ARGUMENT,
    "INVALID_ARGUMENTS": _INVALID_ARGUMENT,
    "INVALID_VIEW": _INVALID_VIEW,
    "VIEW_IS_STALE": _INVALID_VIEW,
    "DIVISION_BY_ZERO": _DATA,
    "INVALID_CAST_ARGUMENT": _INVALID_ARGUMENT,
    "NUMERIC_VALUE_OUT_OF_RANGE": _DATA,
    "HIVE_BAD_DATA": _DATA,
    "HIVE_CURSOR_ERROR": _DATA,
    "HIVE_METASTORE_ERROR": _METASTORE,
    "BYTES_SCANNED_LIMIT": _REJECTED,
    "NO_SUCH_BUCKET": _NO_SUCH_BUCKET,
    "DDL_TASK": _DDL_FAILED,
}
_CATEGORIES = {
    "USER_ERROR": USER,
    "INTERNAL_ERROR": SYSTEM,
    "EXTERNAL": SYSTEM,
    "INSUFFICIENT_RESOURCES": SYSTEM,
}


MALFORMED_QUERY = "MALFORMED_QUERY"
"""``AthenaErrorCode`` of a statement that cannot be read."""


class InvalidRequestError(Exception):
    """The request is refused at once, as ``InvalidRequestException``."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class MetadataError(Exception):
    """A metadata request names what is not there, as ``MetadataException``."""


class NoSuchResourceError(Exception):
    """The request names a resource that is not there, as ``ResourceNotFoundException``."""


@dataclass
class QueryFailedError(Exception):
    """A query ends in FAILED.

    Attributes
    ----------
    message
        ``StateChangeReason`` and ``AthenaError.ErrorMessage``.
    category
        ``AthenaError.ErrorCategory``.
    error_type
        ``AthenaError.ErrorType``.
    retryable
        Whether the same query might succeed if it is sent again.
    from_engine
        Whether the engine had begun with the query: it may have left data.
    """

    message: str
    category: int = USER
    error_type: int = _USER
    retryable: bool = False
    from_engine: bool = False

    def __str__(self) -> str:
        return self.message

    def as_athena_error(self) -> dict[str, Any]:
        """Return the error as ``Status.AthenaError``."""
        return {
            "ErrorCategory": self.category,
            "ErrorType": self.error_type,
            "Retryable": self.retryable,
            "ErrorMessage": self.message,
        }


class QueryCancelledError(Exception):
    """The query was stopped by StopQueryExecution."""


def failure(name: str, message: str, category: int = USER) -> QueryFailedError:
    """Return the failure that Athena words as ``NAME: message``."""
    error_type = _TYPES.get(name)
    if error_type is None:
        if name.startswith("ICEBERG_"):
            error_type = _ICEBERG
        else:
            error_type = _USER if category == USER else _INTERNAL
    return QueryFailedError(
        f"{name}: {message}", category, error_type, retryable=name == "ICEBERG_COMMIT_ERROR"
    )


def disk_failure(error: OSError) -> QueryFailedError:
    """Return the failure of a query whose result or data this machine has no room for."""
    return failure(
        "GENERIC_INTERNAL_ERROR",
        f"This machine could not store what the query wrote: {error.strerror or error}. Free some "
        "space and send the query again",
        SYSTEM,
    )


def permission_failure(reason: str) -> QueryFailedError:
    """Return the failure of a query whose caller lacks a permission of Glue or S3."""
    return QueryFailedError(
        f"Insufficient permissions to execute the query. {reason}", USER, _REJECTED
    )


def denied_path(path: str) -> QueryFailedError:
    """Return the failure of a query whose caller may not read or write an object."""
    return QueryFailedError(f"Permission denied on S3 path: {path}", USER, _REJECTED)


def ddl_failure(message: str) -> QueryFailedError:
    """Return the failure of a statement that Athena's Hive part runs."""
    return QueryFailedError(f"FAILED: {message}", USER, _DDL_FAILED)


def engine_failure(error: Mapping[str, Any], hide: Mapping[str, str]) -> QueryFailedError:
    """Turn Trino's error into Athena's.

    Parameters
    ----------
    error
        ``error`` of a response of Trino's client protocol.
    hide
        Names that must not reach the user, with what to write instead.
    """
    name = str(error.get("errorName") or "GENERIC_INTERNAL_ERROR")
    message = str(error.get("message") or "")
    for text, replacement in hide.items():
        message = message.replace(text, replacement)
    if name == "NOT_SUPPORTED" and message.startswith("Incorrect timestamp precision for "):
        finer = message.removeprefix("Incorrect timestamp precision for ").split(";")[0]
        message = f"Unsupported Hive type: {finer}. Supported Hive types: timestamp(3)"
    kind = str(error.get("errorType"))
    if message.startswith("Unexpected FilterNode found in plan"):
        name, kind = "NOT_SUPPORTED", "USER_ERROR"
        message = "The WHERE clause of OPTIMIZE may only select whole partitions"
    category = _CATEGORIES.get(kind, OTHER)
    if name == "COLUMN_NOT_FOUND" and message.endswith("cannot be resolved"):
        message += " or requester is not authorized to access requested resources"
    if name == "CATALOG_NOT_FOUND" and message.endswith("not found"):
        message = message.removesuffix("not found") + "does not exist"
    if (path := _denied_path(error)) is not None:
        return replace(denied_path(path), from_engine=True)
    if kind == "INSUFFICIENT_RESOURCES":
        return QueryFailedError(
            f"Query exhausted resources at this scale factor: {message}",
            category,
            _EXHAUSTED,
            from_engine=True,
        )
    return replace(failure(name, message, category), from_engine=True)


_S3_PATH = re.compile(r"s3://[^\s,:)\]]+")
_DENIED = "Status Code: 403"


def _denied_path(error: Mapping[str, Any]) -> str | None:
    """Return the S3 address that was denied to the engine; None if the error is another one."""
    texts, cause = [str(error.get("message"))], error.get("failureInfo")
    while isinstance(cause, Mapping):
        texts.append(str(cause.get("message")))
        cause = cause.get("cause")
    if not any(_DENIED in text for text in texts):
        return None
    found = _S3_PATH.search(" ".join(texts))
    return found.group() if found else "unknown"
