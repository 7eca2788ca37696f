"""Helpers that several tests of the pipeline share."""
