"""Trino: its client protocol, and running statements on it for one execution."""
