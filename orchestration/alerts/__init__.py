"""Turns a failed night into a message."""
