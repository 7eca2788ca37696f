"""Faults on demand: an operation of AWS that fails, is slow or is denied, as often as wanted."""
