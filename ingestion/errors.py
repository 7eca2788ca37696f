"""The errors that ingestion raises.

Step Functions sees a Python exception as ``errorType`` = class name, so the class names here are
the names that the state machine's Retry and Catch fields match. Messages never contain a token or
anything about a viewer: they end up in logs, alarms and e-mails. The only part of a response body
in them is the text in which Wistia refuses a token, redacted.
"""

# ruff: noqa: N818 - the names are conditions that the state machine matches, as AWS's own are

from ingestion.redaction import printable


class IngestionError(Exception):
    """Base of every error that this package raises on purpose."""


class InvalidSettings(IngestionError):
    """The function's environment is incomplete or contradicts itself."""


class InvalidInput(IngestionError):
    """The execution's input cannot be turned into a run."""


class RunInProgress(IngestionError):
    """Another execution holds the run lease."""


class LeaseLost(IngestionError):
    """The run's lease was taken over by another execution while it was working."""


class UnknownMedia(IngestionError):
    """A media id in the input or in MEDIA_IDS is not in the account."""


class WistiaError(IngestionError):
    """A request to Wistia failed for good.

    Parameters
    ----------
    message
        What happened and what to do next.
    stream, path, media_id, status, request_id
        Where it happened. They are appended to the message, so one log line is enough to ask
        Wistia's support.
    """

    def __init__(
        self,
        message: str,
        *,
        stream: str,
        path: str,
        media_id: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
    ) -> None:
        self.stream = stream
        self.path = path
        self.media_id = media_id
        self.status = status
        self.request_id = request_id
        super().__init__(
            printable(
                f"{message} [stream={stream} media={media_id or '-'} path={path} "
                f"status={status or '-'} request_id={request_id or '-'}]"
            )
        )


class WistiaUnauthorized(WistiaError):
    """401: the token is wrong, revoked or lacks a permission. Never retried, always fatal."""


class WistiaForbidden(WistiaError):
    """403: the plan or the token's permissions lack this feature. Permanent."""


class WistiaNotFound(WistiaError):
    """404: no such media, or the server does not have the endpoint."""


class WistiaBadRequest(WistiaError):
    """400, 422 and other answers that a repetition would not change."""


class WistiaUnavailable(WistiaError):
    """Still failing after every retry: 5xx, dropped connections, time-outs, unreadable bodies."""


class WistiaThrottled(WistiaError):
    """Still 429 after every retry: something else uses up the account's requests."""


class WistiaRedirected(WistiaError):
    """The server answered with a redirect, which is not followed: the token would go with it."""


class LandingFailed(IngestionError):
    """A file could not be written to the scratch disk or to the bucket."""


class RunAlreadySealed(IngestionError):
    """The run's files are already visible and immutable: this task may not write more."""


class SealIncomplete(IngestionError):
    """A task of the plan has not finished, or its files are not the ones it reported."""


class CrawlIncomplete(IngestionError):
    """Staging has partitions that the catalog does not know and that could not be registered."""


class StateConflict(IngestionError):
    """A state object kept changing under a conditional write."""
