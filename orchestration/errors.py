"""Errors that end a command with one line for a person, without a traceback."""


class PipelineError(Exception):
    """Something outside this code is wrong; the text says what failed, why, and what to do."""


class NightFailedError(PipelineError):
    """The execution ran and did not succeed; its failure was already shown."""
