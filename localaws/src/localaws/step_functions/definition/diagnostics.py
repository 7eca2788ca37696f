"""What is wrong with a definition, and where."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SCHEMA = "SCHEMA_VALIDATION_FAILED"
NO_TARGET = "MISSING_TRANSITION_TARGET"
NO_END = "MISSING_END_STATE"
NO_JSON = "INVALID_JSON_DESCRIPTION"
DUPLICATE = "DUPLICATE_STATE_NAME"


@dataclass(frozen=True)
class Diagnostic:
    """One fault of a definition.

    Attributes
    ----------
    code
        Step Functions' code of the kind.
    message
        What is wrong.
    location
        Path to the place, such as ``/States/A/Next``; None for the whole definition.
    """

    code: str
    message: str
    location: str | None

    def __str__(self) -> str:
        """Return the text inside the message of ``InvalidDefinition``.

        It is as localstack/localstack#12487 and floci-io/floci#2735 quote it, with the word null
        where there is no place.
        """
        return f"{self.code}: {self.message} at {self.location or 'null'}"


Diagnostics = Iterator[Diagnostic]
State = dict[str, Any]


def schema(message: str, location: str) -> Diagnostic:
    """Describe a field that is missing, unknown or of the wrong form."""
    return Diagnostic(SCHEMA, message, location)


def required(names: str, location: str) -> Diagnostic:
    """Describe fields that are missing."""
    return schema(f"These fields are required: [{names}]", location)
