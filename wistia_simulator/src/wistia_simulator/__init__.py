"""A simulated Wistia API: its documented behavior and its observed quirks, from a seed."""
