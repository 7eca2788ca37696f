"""Errors in what the simulator is given."""


class SimulatorInputError(ValueError):
    """A world, fault or command that is not valid; the message says what to write instead."""
