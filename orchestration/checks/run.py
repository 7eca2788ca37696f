"""Asks checks one after the other; none of them ends the command."""

from collections.abc import Iterable, Iterator

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    OperationNotPageableError,
    UnknownServiceError,
)

from orchestration.checks.check import Check, Finding, NotHere, Site, bad, unknown
from orchestration.errors import PipelineError

_NOT_ALLOWED = ("AccessDenied", "Unauthorized", "NotAuthorized", "AuthorizationError")
_NOT_OFFERED = frozenset(
    {"InvalidAction", "NotImplemented", "UnknownOperation", "UnknownOperationException", "501"}
)
# What the stack has, and somebody deleted.
_GONE = frozenset(
    {
        *("404", "EntityNotFoundException", "NoSuchBucket", "NotFound"),
        *("ResourceNotFoundException", "StateMachineDoesNotExist"),
    }
)


def findings(checks: Iterable[Check], site: Site) -> Iterator[tuple[str, Finding]]:
    """Yield what each check found, with the check's name and what exactly it is about.

    Parameters
    ----------
    checks
        The questions, in order.
    site
        The account.
    """
    for check in checks:
        try:
            for finding in check.ask(site):
                yield " ".join(filter(None, (check.name, finding.about))), finding
        except PipelineError as error:
            yield check.name, bad(str(error), "Do that first")
        except (ClientError, BotoCoreError, NotHere, NotImplementedError) as error:
            yield check.name, _unanswered(error, site)
        except Exception as error:  # noqa: BLE001 - an answer in an unknown form; the others go on
            text = f"the answer could not be read: {type(error).__name__}: {error}"
            yield check.name, unknown(text, "Look in the console, and report this")


def _unanswered(error: Exception, site: Site) -> Finding:
    if isinstance(error, ClientError):
        code = str(error.response["Error"].get("Code", ""))
        if any(part in code for part in _NOT_ALLOWED):
            return unknown(
                f"not allowed to look: {error}",
                f"Let your principal call {error.operation_name}, or ask somebody who may",
            )
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _GONE:
            return bad(f"is missing: {error}", f"make deploy{site.target}")
        if code in _NOT_OFFERED or (site.settings.is_local and status in {404, 500, 501}):
            return unknown(f"cannot be checked here: {error.operation_name} is not offered")
        return unknown(f"AWS refused to say: {error}", "Look in the console")
    lacking = UnknownServiceError | OperationNotPageableError | NotHere | NotImplementedError
    if isinstance(error, lacking):
        return unknown(f"cannot be checked here: {error}")
    return unknown(f"no answer: {error}", "Check the network and the region, then run this again")
