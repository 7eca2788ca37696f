"""Errors of localaws that a person reads: what was tried, on what, why it failed, what to do."""


class LocalAwsError(Exception):
    """Base of all errors that ``localaws`` prints as one line instead of a traceback."""


class DownloadError(LocalAwsError):
    """An engine could not be fetched into the cache."""


class StartError(LocalAwsError):
    """A part of localaws did not start."""


class NotRunningError(LocalAwsError):
    """A command needs a running localaws and there is none in this home."""


class TrinoUnavailableError(StartError):
    """Trino did not come up in time, or keeps dying."""


class StateError(LocalAwsError):
    """The saved state could not be written or read."""
