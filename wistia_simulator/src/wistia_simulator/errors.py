"""What goes wrong before the simulator serves anything."""


class SimulatorInputError(ValueError):
    """A world, fault or command that cannot be acted on; the text says what to write."""
