"""The controls of the server by which faults are added, listed and removed."""

from collections.abc import Callable
from typing import Any

from localaws.faults.rules import Faults

Json = dict[str, Any]


def controls(faults: Faults) -> dict[str, Callable[[Json], Json]]:
    """Return the handlers for ``ServerContext.add_control``, by name.

    Parameters
    ----------
    faults
        The account's faults.
    """

    def remove(payload: Json) -> Json:
        faults.remove(str(payload.get("id")))
        return {}

    def reset(_payload: Json) -> Json:
        faults.reset()
        return {}

    return {
        "fault-add": lambda payload: faults.add(**payload),
        "fault-list": lambda _payload: {"faults": faults.listed()},
        "fault-remove": remove,
        "fault-reset": reset,
    }
