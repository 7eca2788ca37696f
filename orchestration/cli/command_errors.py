"""Turns the error that ends a command into one message for a person and an exit code."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
)
from botocore.exceptions import ConnectionError as NoConnectionError
from pydantic import ValidationError

from orchestration.errors import PipelineError

EXPECTED = (PipelineError, ValidationError, BotoCoreError, ClientError, OSError)
_WRONG_VARIABLE = 2


def explain(error: Exception, *, is_local: bool) -> tuple[str, int]:
    """Return the message and the exit code for one of the `EXPECTED` errors.

    Parameters
    ----------
    error
        The error that ended the command.
    is_local
        Whether the command acts on the local AWS.
    """
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])).upper()
        text = f"the variable {name} cannot be used: {first['msg']} (given: {first['input']!r})."
        return text, _WRONG_VARIABLE
    if isinstance(error, NoConnectionError | HTTPClientError):
        return _unreachable(error, is_local=is_local), 1
    if isinstance(error, BotoCoreError | ClientError):
        return f"AWS refused: {error}", 1
    if isinstance(error, OSError):
        where = error.filename or "no file"
        return f"{error.strerror or error} ({where}). Fix that, then run the command again.", 1
    return str(error), 1


def _unreachable(error: BotoCoreError, *, is_local: bool) -> str:
    """Return what to do when AWS does not answer; its work may continue or be lost."""
    if is_local:
        return (
            "The local AWS has stopped answering: its server was stopped or killed, perhaps "
            "because memory ran out. Nothing is lost: the next `make nightly` starts it again and "
            f"repairs everything. ({error})"
        )
    return (
        "AWS cannot be reached. A night that is running there continues on its own: follow it with "
        f"`make watch TARGET=aws` when the network is back. ({error})"
    )
