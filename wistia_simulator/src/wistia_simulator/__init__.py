"""A stand-in for the Wistia API: its documented behaviour and its observed quirks, from a seed."""
