"""What goes wrong before the simulator serves anything."""


class SimulatorInputError(ValueError):
    """A world, a fault or a command that the simulator cannot act on; the text says what to write."""
