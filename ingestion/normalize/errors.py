"""The errors that end the normalise job."""

from __future__ import annotations


class NormalizeError(Exception):
    """The job cannot go on; the message says on what, why, and what to do."""


class QuarantineThresholdError(NormalizeError):
    """More records were quarantined than the threshold allows."""
