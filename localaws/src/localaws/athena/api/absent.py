"""The API's operations that nothing here answers: each is refused by its name."""

from typing import Any

from botocore import xform_name
from moto.athena.responses import AthenaResponse

from localaws.athena.api.errors import Handler, operation
from localaws.athena.errors import InvalidRequestError
from localaws.athena.support import entries


def _refusal(name: str, reason: str) -> Handler:
    @operation
    def refuse(response: AthenaResponse, body: dict[str, Any]) -> dict[str, Any]:
        del response, body
        raise InvalidRequestError(f"{name} is not part of localaws. {reason}")

    return refuse


OPERATIONS: dict[str, Handler] = {
    xform_name(name): _refusal(name, entry["difference"])
    for entry in entries()["operation"]
    if entry["supported"] == "no"
    for name in entry["operations"]
}
