"""Trino, the engine behind Athena: its process, its configuration and its HTTP client."""
