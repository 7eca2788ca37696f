"""What there is to pull: one declaration per stream, and how each shape is pulled."""
