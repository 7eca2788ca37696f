"""wistia_simulator."""
