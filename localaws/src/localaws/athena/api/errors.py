"""Athena's errors as its API sends them."""

import functools
import json
from collections.abc import Callable
from typing import Any

from moto.athena.responses import AthenaResponse
from moto.core.exceptions import JsonRESTError

from localaws.athena.errors import InvalidRequestError, MetadataError, NoSuchResourceError

Handler = Callable[[AthenaResponse], str]
Operation = Callable[[AthenaResponse, dict[str, Any]], dict[str, Any]]


class AthenaApiError(JsonRESTError):
    """An error response of Athena."""

    code = 400

    def __init__(self, name: str, message: str, code: str | None = None) -> None:
        super().__init__(name, message)
        body = {"__type": name, "Message": message}
        if code is not None:
            body["AthenaErrorCode"] = code
        self.description = json.dumps(body)


def operation(function: Operation) -> Handler:
    """Return a handler of moto that calls a function with the request's JSON."""

    @functools.wraps(function)
    def handler(response: AthenaResponse) -> str:
        try:
            return json.dumps(function(response, json.loads(response.body or "{}")), default=str)
        except InvalidRequestError as error:
            code = error.code or "INVALID_INPUT"
            raise AthenaApiError("InvalidRequestException", error.message, code) from error
        except NoSuchResourceError as error:
            raise AthenaApiError("ResourceNotFoundException", str(error)) from error
        except MetadataError as error:
            raise AthenaApiError("MetadataException", str(error)) from error

    return handler


def paged(items: list[Any], body: dict[str, Any], default: int) -> tuple[list[Any], dict[str, Any]]:
    """Return one page of a list.

    Returns
    -------
    tuple
        The page's items, and ``{"NextToken": …}`` if there are more.
    """
    token = body.get("NextToken")
    if token is not None and not str(token).isdigit():
        raise InvalidRequestError("Invalid NextToken")
    start = int(token or 0)
    end = start + int(body.get("MaxResults") or default)
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}
