"""``python -m wistia_simulator``."""

from wistia_simulator.cli import app

app()
