"""The errors that end the normalise job."""


class NormalizeError(Exception):
    """The job cannot go on; the message says on what, why, and what to do."""


class QuarantineThresholdError(NormalizeError):
    """More records were quarantined than the threshold allows."""
