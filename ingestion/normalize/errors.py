"""Errors that end the normalize job."""


class NormalizeError(Exception):
    """The job cannot continue; the message says where, why, and what to do."""


class QuarantineThresholdError(NormalizeError):
    """More records were quarantined than the threshold allows."""
